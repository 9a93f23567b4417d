"""What every page has in common: tokens, double posts, limits, methods, error pages, logs."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

import pytest
from flask import Flask

from flexapp.audit import verification
from flexapp.demo.residents import FICTIONAL_RESIDENTS
from flexapp.web.access import Access, allow
from tests.support.at_once import at_once
from tests.support.client import HTMX, LintingClient
from tests.support.database import rows, stored
from tests.support.html import Page
from tests.support.walks import (
    ADDRESS,
    DING,
    MA_LAN,
    WANG,
    YANG,
    assess,
    newcomer,
    proxy_for,
    real_name,
    register,
    request_code,
    revoke,
    serials,
    sign_in,
    transmit,
    work,
)

TYPED = {"start": "2026-02", "end": "2026-04", "base": "100"}


@pytest.fixture
def ma_lan(client: LintingClient) -> LintingClient:
    """马兰, insured since 2008."""
    sign_in(client, MA_LAN.phone)
    return client


TOKENS = [
    pytest.param({"csrf_token": "stale"}, id="stale"),
    pytest.param({"csrf_token": ""}, id="empty"),
    pytest.param({}, id="missing"),
]


@pytest.mark.parametrize("token", TOKENS)
def test_a_bad_token_stores_nothing_and_keeps_what_was_typed(
    ma_lan: LintingClient, app: Flask, token: dict[str, str]
) -> None:
    before = stored(app)
    page = Page(ma_lan.post("/assessment/self/new", data=TYPED | token))
    assert (page.status, page.title) == (400, "页面放得太久")
    assert stored(app) == before
    form = ma_lan.submit(page, "继续填写")
    assert {name: form.value(name) for name in TYPED} == TYPED
    assert stored(app) == before
    done = ma_lan.submit(form, "核定")
    assert len(serials(done)) == 1


def test_the_token_of_another_session_is_refused(
    ma_lan: LintingClient, another: Callable[[], LintingClient], app: Flask
) -> None:
    other = another()
    sign_in(other, WANG.phone)
    token = other.page("/assessment").form("提交")[0].fields["csrf_token"]
    before = stored(app)
    answer = ma_lan.post("/assessment/self/new", data=TYPED | {"csrf_token": token})
    assert answer.status_code == 400
    assert stored(app) == before


def test_a_stale_page_of_each_form_gives_the_form_back(
    ma_lan: LintingClient, another: Callable[[], LintingClient], app: Flask
) -> None:
    new = another()
    sign_in(new, newcomer().phone)
    cases = [
        (another(), "/sign-in/code", {"phone": "19900000001"}),
        (another(), "/sign-in", {"phone": "19900000001"}),
        (new, "/real-name", {"name": "李明", "identity": "64"}),
        (ma_lan, "/registration", {"division": "640502", "ethnic_group": "03", "address": ADDRESS}),
        (ma_lan, "/assessment", {"who": "other", "name": "丁海燕", "identity": "64"}),
    ]
    for browser, path, typed in cases:
        before = stored(app)
        page = Page(browser.post(path, data=typed, headers={"Origin": "http://localhost"}))
        assert page.status == 400
        form = browser.submit(page, "继续填写")
        shown = {name: form.value(name) for name in typed}
        assert shown == typed, path
        assert stored(app) == before


def test_a_stale_switch_is_shown_again_and_not_thrown(ma_lan: LintingClient, app: Flask) -> None:
    before = stored(app)
    page = Page(ma_lan.post("/me/proxy-handling", data={"allowed": "no"}))
    again = ma_lan.submit(page, "继续填写")
    assert again.path == "/me/proxy-handling"
    assert stored(app) == before


def test_a_stale_button_says_to_go_back(ma_lan: LintingClient, app: Flask) -> None:
    serial = assess(ma_lan, "2026-01", "2026-02")
    before = stored(app)
    page = Page(ma_lan.post(f"/assessment/records/{serial}/transmit"))
    assert page.status == 400
    assert "请回到上一页，再办理一次。" in page.words
    assert stored(app) == before


def test_a_code_that_was_typed_is_never_written_into_a_page(client: LintingClient) -> None:
    page = Page(client.post("/sign-in", data={"phone": "19900000001", "code": "135790"}))
    assert "135790" not in page.html


def test_with_htmx_a_stale_page_comes_as_a_fragment_for_the_main_part(
    ma_lan: LintingClient,
) -> None:
    answer = ma_lan.post("/assessment/self/new", data=TYPED, headers=HTMX)
    assert answer.headers["HX-Retarget"] == "#main"
    assert Page(answer).root.tag != "html"


def test_what_was_typed_into_a_stale_page_is_text_there_too(ma_lan: LintingClient) -> None:
    page = Page(ma_lan.post("/assessment/self/new", data={"base": '"><script>x</script>'}))
    assert len(page.all("script")) == 1  # our own, by its address


@pytest.mark.parametrize("times", [2, 5])
def test_the_same_post_again_makes_one_record(
    ma_lan: LintingClient, app: Flask, times: int
) -> None:
    form = ma_lan.page("/assessment/self/new")
    answers = [ma_lan.repeat(form, "核定", **TYPED) for _ in range(times)]
    assert {answer.status_code for answer in answers} == {303}
    assert {answer.headers["Location"] for answer in answers} == {"/assessment/self"}
    assert rows(app, "SELECT count(*) FROM assessment") == [(1,)]


def test_a_button_pressed_twice_acts_once(ma_lan: LintingClient, app: Flask) -> None:
    assess(ma_lan, "2026-01", "2026-02")
    listed = ma_lan.page("/assessment/self")
    assert [ma_lan.repeat(listed, "传输").status_code for _ in range(2)] == [303, 303]
    assert rows(app, "SELECT count(*) FROM outbox_message") == [(1,)]


def test_a_registration_posted_twice_is_one(client: LintingClient, app: Flask) -> None:
    sign_in(client, YANG.phone)
    form = client.page("/registration")
    typed = {"division": "640502", "ethnic_group": "01", "address": ADDRESS}
    count = rows(app, "SELECT count(*) FROM registration")[0][0]
    for _ in range(2):
        answer = client.repeat(form, "提交", **typed)
        assert answer.headers["Location"] == "/registration/done"
    assert rows(app, "SELECT count(*) FROM registration") == [(int(str(count)) + 1,)]


def test_a_refused_post_may_be_mended_with_the_same_key(ma_lan: LintingClient) -> None:
    form = ma_lan.page("/assessment/self/new")
    assert ma_lan.repeat(form, "核定", base="1").status_code == 422
    assert ma_lan.repeat(form, "核定", base="60").status_code == 303


def test_a_key_of_one_session_means_nothing_to_another(
    ma_lan: LintingClient, another: Callable[[], LintingClient], app: Flask
) -> None:
    key = ma_lan.page("/assessment/self/new").form("核定")[0].fields["once"]
    for browser in (ma_lan, other := another()):
        if browser is other:
            sign_in(other, WANG.phone)
        ma = browser.page("/assessment/self/new")
        assert browser.repeat(ma, "核定", once=key, **TYPED).status_code == 303
    assert rows(app, "SELECT count(*) FROM assessment") == [(2,)]


def test_of_eight_simultaneous_overlapping_assessments_exactly_one_wins(
    client: LintingClient, app: Flask, another: Callable[[], LintingClient]
) -> None:
    sign_in(client, MA_LAN.phone)
    cookie = client.get_cookie("session")
    assert cookie is not None
    browsers = [another() for _ in range(8)]
    forms = []
    for browser in browsers:
        browser.set_cookie("session", cookie.value)
        forms.append(browser.page("/assessment/self/new"))
    answers: list[Page] = []

    def post(number: int) -> None:
        typed = {"start": f"2026-0{number % 4 + 1}", "end": "2026-06", "base": "60"}
        answers.append(Page(browsers[number].repeat(forms[number], "核定", **typed)))

    at_once(8, post)
    assert sorted(answer.status for answer in answers) == [303] + [422] * 7
    ((serial,),) = rows(app, "SELECT serial FROM assessment")
    for answer in answers:
        if answer.status == 422:
            (sentence,) = answer.errors.values()
            assert sentence.startswith("该月份已核定")
            assert f"查看已核定的记录 {serial}" in answer.links()


def test_eight_identical_posts_at_once_make_one_record_and_lead_to_it(
    client: LintingClient, app: Flask, another: Callable[[], LintingClient]
) -> None:
    sign_in(client, MA_LAN.phone)
    form = client.page("/assessment/self/new")
    cookie = client.get_cookie("session")
    assert cookie is not None
    browsers = [another() for _ in range(8)]
    statuses: list[int] = []
    for browser in browsers:
        browser.set_cookie("session", cookie.value)
    at_once(8, lambda n: statuses.append(browsers[n].repeat(form, "核定", **TYPED).status_code))
    assert statuses == [303] * 8
    assert rows(app, "SELECT count(*) FROM assessment") == [(1,)]


def test_thirty_two_people_signing_in_at_once_all_succeed(
    app: Flask, another: Callable[[], LintingClient]
) -> None:
    browsers = [another() for _ in range(32)]
    asked = [request_code(browser, newcomer(n).phone) for n, browser in enumerate(browsers)]
    answers: list[tuple[int, str]] = []

    def post(number: int) -> None:
        page, code = asked[number]
        answer = browsers[number].repeat(page, "登录", code=code)
        answers.append((answer.status_code, answer.headers["Location"]))

    at_once(32, post)
    assert answers == [(303, "/real-name")] * 32
    assert rows(app, "SELECT count(*) FROM sign_in") == [(32,)]
    with app.app_context():
        assert verification.verify().whole


def test_an_oversized_body_is_refused_in_words(ma_lan: LintingClient, app: Flask) -> None:
    token = ma_lan.page("/assessment").form("提交")[0].fields["csrf_token"]
    before = stored(app)
    page = Page(ma_lan.post("/registration", data={"csrf_token": token, "address": "a" * 70_000}))
    assert (page.status, page.title) == (413, "内容太长")
    assert "请返回上一页，缩短后再提交。" in page.words
    assert stored(app) == before


def test_an_oversized_multipart_body_is_refused_too(ma_lan: LintingClient) -> None:
    answer = ma_lan.post(
        "/registration", data={"address": "a" * 70_000}, content_type="multipart/form-data"
    )
    assert answer.status_code == 413


METHODS = [
    ("/", "POST"),
    ("/assessment/self", "DELETE"),
    ("/registration", "PUT"),
    ("/me/messages", "POST"),
    ("/sign-out", "PUT"),
    ("/assessment/records/1/transmit", "DELETE"),
]


@pytest.mark.parametrize(("path", "method"), METHODS)
def test_an_unsupported_method_is_answered_with_what_is_allowed(
    ma_lan: LintingClient, app: Flask, path: str, method: str
) -> None:
    before = stored(app)
    page = Page(ma_lan.open(path, method=method))
    assert (page.status, page.title) == (405, "无法处理")
    assert method not in page.response.headers["Allow"]
    assert stored(app) == before


def test_an_unknown_address_says_where_to_go(client: LintingClient) -> None:
    page = client.page("/no-such-page", 404)
    assert page.title == "没有这个页面"
    assert page.links()["回到首页"] == "/"
    fragment = client.page("/no-such-page", 404, htmx=True)
    assert fragment.root.tag != "html"


def test_a_fault_is_a_page_that_gives_nothing_away(
    app: Flask, client: LintingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble() -> str:
        raise RuntimeError("secret detail")

    monkeypatch.setitem(app.view_functions, "portal.social_security", allow(Access.PUBLIC)(stumble))
    client.faults_expected = True
    page = Page(client.get("/social-security?from=a%20b"))
    assert (page.status, page.title) == (500, "系统出错了")
    assert "secret detail" not in page.html
    assert page.links()["再试一次"] == "/social-security?from=a%20b"


def test_what_will_not_pass_by_itself_is_not_offered_again(client: LintingClient) -> None:
    assert "再试一次" not in client.page("/no-such-page", 404).links()


def test_a_fault_of_something_submitted_offers_no_second_try(
    app: Flask, ma_lan: LintingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble() -> str:
        raise RuntimeError

    form = ma_lan.page("/assessment").form("提交")[0]
    monkeypatch.setitem(app.view_functions, "assessment.begin", allow(Access.PERSON)(stumble))
    ma_lan.faults_expected = True
    page = Page(ma_lan.post(form.action, data=form.fields))
    assert page.status == 500
    assert page.links()["回到首页"] == "/"
    assert "再试一次" not in page.links()


def test_head_answers_like_get_without_a_body(client: LintingClient) -> None:
    answer = client.head("/")
    assert (answer.status_code, answer.data) == (200, b"")


def test_built_files_are_kept_for_ever_and_served_compressed(
    app: Flask, client: LintingClient
) -> None:
    page = client.page("/")
    (style,) = page.all("link", rel="stylesheet")
    answer = client.get(style.get("href", ""), headers={"Accept-Encoding": "br"})
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "br"
    answer.close()


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(
    client: LintingClient,
) -> None:
    answer = client.get("/sign-in")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_the_log_of_a_whole_walk_names_nobody(
    app: Flask,
    client: LintingClient,
    another: Callable[[], LintingClient],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    sign_in(client, MA_LAN.phone)
    serial = assess(client, "2026-01", "2026-02")
    transmit(client, serial)
    work(app)
    revoke(client, assess(client, "2026-03", "2026-04"))
    proxy_for(client, DING)
    proxy_for(client, YANG, 422)
    other = another()
    sign_in(other, YANG.phone)
    register(other)
    new = another()
    sign_in(new, newcomer().phone)
    real_name(new, newcomer())
    client.post("/assessment/self/new", data=TYPED)
    with app.app_context():
        logging.getLogger("flexapp").warning("the log is being read")
    wanted = [
        text
        for person in FICTIONAL_RESIDENTS.values()
        for text in (person.name, person.identity, person.phone, person.address)
        if text
    ]
    wanted += [ADDRESS, newcomer().name, newcomer().identity, newcomer().phone]
    assert "the log is being read" in caplog.text
    assert [text for text in wanted if text in caplog.text] == []


def test_no_address_holds_anything_personal(ma_lan: LintingClient) -> None:
    pages = [ma_lan.page(path) for path in ("/", "/me", "/registration", "/assessment/self")]
    pages.append(proxy_for(ma_lan, DING))
    for page in pages:
        addresses = re.findall(r'(?:href|action|hx-get|hx-post)="([^"]*)"', page.html)
        assert addresses
        for text in (MA_LAN.identity, MA_LAN.phone, DING.identity):
            assert not any(text in address for address in [*addresses, page.path])
