"""Another site's page changes nothing here, signs nobody out and uses nobody's limits up."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flexapp.rules.limits import SMS_CODES
from flexapp.web.access import Access, access_of
from tests.support.client import LintingClient
from tests.support.database import rows, stored
from tests.support.html import Page
from tests.support.staff import enter
from tests.support.vendor import Vendor
from tests.support.walks import MA_LAN, newcomer, sign_in

Another = Callable[[], LintingClient]

OURS = "http://localhost"
FOREIGN = [
    pytest.param(
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}, id="another site"
    ),
    pytest.param({"Sec-Fetch-Site": "cross-site", "Origin": "null"}, id="a sandboxed frame"),
    pytest.param({"Sec-Fetch-Site": "cross-site"}, id="another site that hides its origin"),
    pytest.param(
        {"Sec-Fetch-Site": "same-site", "Origin": "https://sister.localhost"}, id="a sister host"
    ),
    pytest.param({"Sec-Fetch-Site": "something new"}, id="what no browser says today"),
    pytest.param({"Origin": "https://elsewhere.example"}, id="an old browser"),
    pytest.param({"Origin": "http://localhost:8080"}, id="another port"),
    pytest.param({"Origin": "https://localhost"}, id="another scheme"),
    pytest.param({"Origin": "null"}, id="an old browser that hides it"),
    pytest.param({"Origin": "http://["}, id="what is no origin"),
]


FIRST_IN_WEBVIEW = {
    "channels.follow_launch",
    "channels.decline_launch",
    "vendors.receive_self_check",
}
"""What a webview opens before there is a session that could say so; old ones hide their origin."""


def posts(app: Flask) -> list[tuple[str, str, Access]]:
    """(endpoint, an address of it, its access) of whatever takes a form, pages of the demo too."""
    return [
        (rule.endpoint, re.sub("<[^>]+>", "2026", rule.rule), access_of(app, rule.endpoint))
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
    ]


def token_of(client: LintingClient) -> str:
    """The token of the session in this browser."""
    return client.page("/").form("长辈版")[0].fields["csrf_token"]


def is_signed_in(client: LintingClient) -> bool:
    """Whether 我的 offers to sign out."""
    return "退出登录" in client.page("/me").buttons()


def kept(client: LintingClient) -> str:
    """The session cookie in this browser."""
    cookie = client.get_cookie("session")
    assert cookie is not None
    return cookie.value


@pytest.fixture(params=["resident", "clerk"])
def somebody(request: pytest.FixtureRequest, client: LintingClient) -> LintingClient:
    """Somebody is signed in in this browser."""
    if request.param == "resident":
        sign_in(client, MA_LAN.phone)
    else:
        enter(client, "jb01")
    return client


@pytest.mark.parametrize("headers", FOREIGN)
def test_no_form_of_another_site_is_taken_whatever_token_it_carries(
    somebody: LintingClient, app: Flask, headers: Mapping[str, str]
) -> None:
    token, before, cookie = token_of(somebody), stored(app), kept(somebody)
    counts = rows(app, "SELECT * FROM try_count")
    passed = FIRST_IN_WEBVIEW if headers == {"Origin": "null"} else set()
    asked = [each for each in posts(app) if each[2] is not Access.MACHINE and each[0] not in passed]
    assert len(asked) > 50
    for endpoint, path, _ in asked:
        answer = somebody.post(path, data={"csrf_token": token}, headers=headers)
        assert (endpoint, answer.status_code) == (endpoint, 403)
        assert "Set-Cookie" not in answer.headers, endpoint
    assert stored(app) == before
    assert rows(app, "SELECT * FROM try_count") == counts
    assert kept(somebody) == cookie


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_browser_that_keeps_its_cookie_back_is_given_no_other(
    client: LintingClient, app: Flask, headers: Mapping[str, str]
) -> None:
    paths = [path for _, path, _ in posts(app)]
    for path in (*paths, "/nothing-there", "/channels", "/static/nothing.js"):
        for body in ({}, {"x": "y" * 70_000}):
            answer = client.post(path, data=body, headers=headers)
            assert answer.status_code >= 300, path
            assert "Set-Cookie" not in answer.headers, path


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_sign_out_from_elsewhere_signs_nobody_out(
    client: LintingClient, headers: Mapping[str, str]
) -> None:
    sign_in(client, MA_LAN.phone)
    for path in ("/sign-out", "/open/self-check", "/display", "/launch/x"):
        away = client.application.test_client(use_cookies=False)
        assert "Set-Cookie" not in away.post(path, headers=headers).headers
        client.post(path, headers=headers)
    assert is_signed_in(client)


def test_what_says_nothing_of_where_it_comes_from_is_given_no_cookie_over_one_kept_back(
    client: LintingClient, app: Flask
) -> None:
    for _, path, access in posts(app):
        if access is not Access.MACHINE:
            assert "Set-Cookie" not in client.post(path).headers, path


@pytest.mark.parametrize("path", ["/sign-in", "/", "/assessment", "/open/self-check", "/nowhere"])
@pytest.mark.parametrize("mode", ["no-cors", "cors", ""])
def test_a_picture_or_a_script_of_another_site_gets_no_cookie(
    client: LintingClient, path: str, mode: str
) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": mode}
    assert "Set-Cookie" not in client.get(path, headers=headers).headers


def test_who_follows_a_link_from_another_site_can_sign_in(client: LintingClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert "Set-Cookie" in client.get("/sign-in", headers=headers).headers


OWN = [
    pytest.param({"Sec-Fetch-Site": "same-origin", "Origin": OURS}, id="a new browser"),
    pytest.param({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, id="without referrers"),
    pytest.param({"Sec-Fetch-Site": "none"}, id="by the person's own hand"),
    pytest.param({"Origin": OURS}, id="an old browser"),
    pytest.param({}, id="one that says nothing"),
]


@pytest.mark.parametrize("headers", OWN)
def test_our_own_forms_are_taken(
    client: LintingClient, app: Flask, headers: Mapping[str, str]
) -> None:
    sign_in(client, MA_LAN.phone)
    fields = client.page("/me").form("退出登录")[0].fields
    assert client.post("/sign-out", data=fields, headers=headers).status_code == 303
    assert not is_signed_in(client)


def test_a_launched_webview_may_hide_where_its_forms_come_from(
    client: LintingClient, app: Flask
) -> None:
    hidden = {"Origin": "null"}
    page = client.page(Vendor(app).register().launch(MA_LAN))
    form, _ = page.form("继续")
    assert client.post(form.action, data=form.fields, headers=hidden).status_code == 303
    fields = client.page("/me").form("退出登录")[0].fields
    assert client.post("/sign-out", data={}, headers=hidden).status_code == 400
    assert client.post("/sign-out", data=fields, headers=hidden).status_code == 303
    assert not is_signed_in(client)


def test_what_is_refused_says_that_nothing_was_done(client: LintingClient) -> None:
    page = Page(client.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"}))
    assert (page.status, page.title) == (403, "没有办理")
    assert "不是从本网站的页面发出的，什么也没有办" in page.words


def test_who_came_by_a_browser_may_not(client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    fields = client.page("/me").form("退出登录")[0].fields
    assert client.post("/sign-out", data=fields, headers={"Origin": "null"}).status_code == 403
    assert is_signed_in(client)


def test_another_sites_page_sends_no_launches(app: Flask, client: LintingClient) -> None:
    vendor = Vendor(app).register()
    answer = client.post(
        "/open/v1/launches",
        data=vendor.signed(MA_LAN),
        content_type="application/jose",
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")


def limited(app: Flask) -> list[str]:
    """Addresses whose forms are limited by network address."""
    found = [
        re.sub("<[^>]+>", "1", rule.rule)
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and hasattr(app.view_functions[rule.endpoint], "limited")
    ]
    assert found
    return [*found, "/sign-in/code", "/sign-in", "/counter/sign-in", "/verify"]


def test_forms_without_a_token_use_up_nobodys_limit(
    client: LintingClient, another: Another, app: Flask
) -> None:
    for path in limited(app):
        if path == "/csp-reports":  # has no token; what another site makes of it is refused above
            continue
        for _ in range(3):
            answer = client.post(path, data={"phone": newcomer(2).phone})
            assert answer.status_code == 400, path
    assert rows(app, "SELECT * FROM try_count") == []
    sent = _ask_for_code(another())
    assert sent.status_code == 303
    assert rows(app, "SELECT count(*) FROM try_count") != [(0,)]


def test_more_forms_without_a_token_than_the_limit_lock_no_neighbour_out(
    client: LintingClient, another: Another
) -> None:
    for _ in range(SMS_CODES.most + 1):
        client.post("/sign-in/code", data={"phone": newcomer(2).phone}, headers={"Origin": OURS})
    assert _ask_for_code(another()).status_code == 303


def _ask_for_code(client: LintingClient) -> TestResponse:
    form, pressed = client.page("/sign-in").form("获取验证码")
    fields = form.fields | {"phone": newcomer(1).phone}
    return client.post(pressed.get("formaction", ""), data=fields)


def test_where_a_page_was_open_too_long_the_form_comes_back_only_to_our_own(
    client: LintingClient,
) -> None:
    typed = {"phone": "19900000001"}
    ours = Page(client.post("/sign-in", data=typed, headers={"Origin": OURS}))
    assert "继续填写" in ours.buttons()
    silent = Page(client.application.test_client(use_cookies=False).post("/sign-in", data=typed))
    assert (silent.status, silent.buttons()) == (400, [])
