"""The session of a page inside another site's page: a cookie of its own, and only there."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from flask import Flask

from tests.conftest import MakeApp
from tests.support.client import LintingClient, linting
from tests.support.html import Page
from tests.support.vendor import Vendor, channels
from tests.support.walks import MA_LAN

BANK = "https://m.bank.example"
FIRST = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
INSIDE = FIRST | {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def framed(app: Flask) -> Vendor:
    """A vendor whose page may frame ours."""
    channels(app, "webview", "abc", "--frame-ancestor", BANK)
    return Vendor(app).register()


def in_frame(client: LintingClient) -> LintingClient:
    """The same browser, of whose pages the bank shows some."""
    client.framed_by = (BANK,)
    return client


def enter(client: LintingClient, vendor: Vendor) -> str:
    """Launch in the frame; the answer's cookie."""
    path = vendor.launch(MA_LAN)
    form, _ = Page(in_frame(client).get(path, headers=FIRST)).form("继续")
    answer = client.post(form.action, data=form.fields, headers=INSIDE)
    assert answer.status_code == 303
    return answer.headers["Set-Cookie"]


def test_a_launch_in_a_frame_gets_a_partitioned_cookie(
    client: LintingClient, framed: Vendor
) -> None:
    cookie = enter(client, framed)
    assert cookie.startswith("session-framed=")
    parts = set(cookie.split("; "))
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=None", "Partitioned"} <= parts
    assert "退出登录" in Page(client.get("/me", headers=INSIDE)).buttons()


def test_after_signing_out_the_pages_are_still_shown_in_the_frame(
    client: LintingClient, framed: Vendor
) -> None:
    enter(client, framed)
    fields = Page(client.get("/me", headers=INSIDE)).form("退出登录")[0].fields
    assert client.post("/sign-out", data=fields, headers=INSIDE).status_code == 303
    answer = client.get("/me", headers=INSIDE)
    assert "退出登录" not in Page(answer).buttons()
    assert f"frame-ancestors {BANK}" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere", 404), ("/sign-out", 400), ("/sign-in/code", 400)]
)
def test_what_is_refused_is_said_in_the_frame_too(
    client: LintingClient, framed: Vendor, path: str, status: int
) -> None:
    enter(client, framed)
    answer = client.open(path, method="GET" if status == 404 else "POST", headers=INSIDE)
    assert answer.status_code == status
    assert f"frame-ancestors {BANK}" in answer.headers["Content-Security-Policy"]


def test_the_look_that_is_chosen_there_is_kept_there(client: LintingClient, framed: Vendor) -> None:
    enter(client, framed)
    fields = Page(client.get("/me", headers=INSIDE)).form("长辈版")[0].fields
    answer = client.post("/display", data=fields | {"look": "elder"}, headers=INSIDE)
    (cookie,) = (each for each in answer.headers.getlist("Set-Cookie") if "look" in each)
    assert "Partitioned" in cookie
    assert "SameSite=None" in cookie


def test_a_browser_that_kept_no_cookie_is_led_out_of_the_frame(app: Flask, framed: Vendor) -> None:
    path = framed.launch(MA_LAN)
    without = linting(app.test_client(use_cookies=False))
    form, _ = Page(in_frame(without).get(path, headers=FIRST)).form("继续")
    answer = without.post(form.action, data=form.fields, headers=INSIDE)
    page = Page(answer)
    assert (page.status, page.title) == (400, "请单独打开")
    assert page.links()["单独打开"] == path
    assert 'target="_top"' in page.html
    assert f"frame-ancestors {BANK}" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("headers", [FIRST, INSIDE])
@pytest.mark.parametrize("path", ["/", "/sign-in", "/counter/sign-in", "/open/self-check"])
def test_a_page_that_nobody_may_frame_leaves_no_cookie_in_a_frame(
    client: LintingClient, path: str, headers: Mapping[str, str]
) -> None:
    answer = client.get(path, headers=headers)
    assert "Set-Cookie" not in answer.headers
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_the_counters_are_in_nobodys_frame(client: LintingClient, framed: Vendor) -> None:
    enter(client, framed)
    client.framed_by = ()
    answer = client.get("/counter/sign-in", headers=INSIDE)
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_outside_a_frame_the_cookie_is_the_usual_one(client: LintingClient, framed: Vendor) -> None:
    headers = {"Sec-Fetch-Site": "none", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}
    answer = in_frame(client).get(framed.launch(MA_LAN), headers=headers)
    assert answer.headers["Set-Cookie"].startswith("session=")
    assert "SameSite=Lax" in answer.headers["Set-Cookie"]


def test_a_browser_too_old_to_say_where_a_page_is_shown_gets_the_cookie_that_works_in_both(
    make_app: MakeApp,
) -> None:
    app = make_app(FLEXAPP_PUBLIC_URL="https://h5.example")
    channels(app, "webview", "abc", "--frame-ancestor", BANK)
    old = in_frame(linting(app.test_client()))
    answer = old.get(Vendor(app).register().launch(MA_LAN))
    assert answer.headers["Set-Cookie"].startswith("session-framed=")
    assert "SameSite=None" in answer.headers["Set-Cookie"]
    form, _ = Page(answer).form("继续")
    old.post(form.action, data=form.fields, headers={"Origin": "https://h5.example"})
    assert "退出登录" in old.page("/me").buttons()
