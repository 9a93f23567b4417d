"""Signing in by mobile number and code, as the pages let one."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import raw_bytes, rows, stored
from tests.support.walks import MA_LAN, newcomer, request_code, shown_code, sign_in

Another = Callable[[], LintingClient]

NEW = newcomer()


def wrong(code: str) -> str:
    """Another code of six digits."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_the_code_is_six_digits_in_the_status_element_and_nowhere_else(
    client: LintingClient,
) -> None:
    page, code = request_code(client, MA_LAN.phone)
    assert re.fullmatch(r"[0-9]{6}", code)
    assert page.html.count(code) == 1
    assert page.texts("p", role="status") == [f"演示验证码：{code}"]


def test_codes_are_not_predictable(another: Callable[[], LintingClient]) -> None:
    codes = {request_code(another(), newcomer(number).phone)[1] for number in range(1, 9)}
    assert len(codes) > 6


def test_the_number_that_got_the_code_stands_in_the_form_again(client: LintingClient) -> None:
    page, _ = request_code(client, MA_LAN.phone)
    assert page.value("phone") == MA_LAN.phone


@pytest.mark.parametrize(
    "typed",
    [
        "１９９００００００01",
        "199 0000 0001",
        "+8619900000001",
        "199-0000-0001",
        "(+86)19900000001",
        "（+86）199 0000 0001",
        "0086-199-0000-0001",
        "+86-19900000001",
        "199.0000.0001",
        "199·0000·0001",
        "1\ufe0f99\u200b0000\u202d0001",
        "手机号：19900000001。",
        "Tel: +86 199 0000 0001",
        "019900000001",
        "1990000000119900000001",
    ],
)
def test_a_number_is_understood_however_it_is_typed(client: LintingClient, typed: str) -> None:
    page, code = request_code(client, typed)
    assert page.value("phone") == MA_LAN.phone
    assert client.submit(page, "登录", code=code).path == "/"


@pytest.mark.parametrize(
    "typed",
    ["", "1990000000", "199000000012", "abc", "110", "1990000000a", "199", "٠١٢٣٤٥٦٧٨٩٠"],
)
def test_what_is_no_mobile_number_is_refused_beside_the_field(
    client: LintingClient, app: Flask, typed: str
) -> None:
    before = stored(app)
    page = client.submit(client.page("/sign-in"), "获取验证码", 422, phone=typed)
    assert page.errors == {"phone": "请输入 11 位手机号码。"}
    assert page.value("phone") == typed
    assert stored(app) == before


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("12345678901", "暂不支持这个号段"),
        ("(+86)110 1234 5678", "暂不支持这个号段"),
        ("09516012345", "这是固定电话"),
        ("0951-6012345", "这是固定电话"),
        ("（0951）6012345", "这是固定电话"),
        ("010-62345678", "这是固定电话"),
        ("6012345", "这是固定电话"),
        ("+12025550123", "暂不支持境外的号码"),
        ("00852 5123 4567", "暂不支持境外的号码"),
    ],
)
def test_a_number_that_gets_no_code_is_told_why(
    client: LintingClient, app: Flask, typed: str, says: str
) -> None:
    before = stored(app)
    page = client.submit(client.page("/sign-in"), "获取验证码", 422, phone=typed)
    assert says in page.errors["phone"]
    assert stored(app) == before


@pytest.mark.parametrize(
    "written",
    [
        "{0}{0}",
        "{1}-{2}",
        "{1} {2}",
        "{1}—{2}",
        "{0} {0}",
        "验证码：{0}",
        "{1}.{2}",
        "【宁夏社保】验证码{0}，5分钟内有效。",
        "\u200b{1}\ufe0f{2}",
    ],
)
def test_a_code_is_understood_however_the_phone_fills_it_in(
    client: LintingClient, written: str
) -> None:
    page, code = request_code(client, MA_LAN.phone)
    typed = written.format(code, code[:3], code[3:])
    assert client.submit(page, "登录", code=typed).path == "/"


def test_a_code_typed_with_full_width_digits_and_blanks_is_accepted(client: LintingClient) -> None:
    page, code = request_code(client, MA_LAN.phone)
    typed = " ".join(chr(ord(digit) + 0xFEE0) for digit in code)
    assert client.submit(page, "登录", code=typed).path == "/"


def test_a_wrong_code_is_refused_and_the_right_one_still_works(client: LintingClient) -> None:
    page, code = request_code(client, MA_LAN.phone)
    refused = client.submit(page, "登录", 422, code=wrong(code))
    assert refused.errors == {"code": "验证码不对，请核对短信后再输入。"}
    assert (refused.value("phone"), refused.value("code")) == (MA_LAN.phone, wrong(code))
    assert client.submit(refused, "登录", code=code).path == "/"


def test_signing_in_without_asking_for_a_code_says_what_to_do(client: LintingClient) -> None:
    page = client.submit(client.page("/sign-in"), "登录", 422, phone=MA_LAN.phone, code="123456")
    assert page.errors == {"code": "请先点“获取验证码”。"}


def test_a_code_expires_after_five_minutes(client: LintingClient, clock: Clock) -> None:
    page, code = request_code(client, MA_LAN.phone)
    clock.advance(minutes=5, seconds=1)
    assert client.submit(page, "登录", 422, code=code).errors == {
        "code": "验证码已过期，请重新获取。"
    }


def test_a_code_works_until_its_fifth_minute_is_over(client: LintingClient, clock: Clock) -> None:
    page, code = request_code(client, MA_LAN.phone)
    clock.advance(minutes=5)
    assert client.submit(page, "登录", code=code).path == "/"


def test_after_five_wrong_tries_even_the_right_code_is_refused(client: LintingClient) -> None:
    page, code = request_code(client, MA_LAN.phone)
    for _ in range(5):
        assert "不对" in client.submit(page, "登录", 422, code=wrong(code)).errors["code"]
    assert client.submit(page, "登录", 422, code=code).errors == {
        "code": "验证码输错次数太多，请重新获取。"
    }


def test_the_fifth_try_may_be_the_right_one(client: LintingClient) -> None:
    page, code = request_code(client, MA_LAN.phone)
    for _ in range(4):
        client.submit(page, "登录", 422, code=wrong(code))
    assert client.submit(page, "登录", code=code).path == "/"


def test_a_code_works_once(client: LintingClient, another: Callable[[], LintingClient]) -> None:
    page, code = request_code(client, MA_LAN.phone)
    thief = another()
    cookie = client.get_cookie("session")
    assert cookie is not None
    thief.set_cookie("session", cookie.value)
    client.submit(page, "登录", code=code)
    again = thief.submit(thief.page("/sign-in"), "登录", 422, code=code, phone=MA_LAN.phone)
    assert "code" in again.errors
    assert thief.page("/assessment").path == "/sign-in"


def test_a_code_is_good_for_the_number_it_was_sent_to_only(client: LintingClient) -> None:
    page, code = request_code(client, NEW.phone)
    refused = client.submit(page, "登录", 422, phone=MA_LAN.phone, code=code)
    assert refused.errors == {"code": "请先点“获取验证码”。"}


def test_a_code_is_good_for_the_browser_it_was_asked_from_only(
    client: LintingClient, another: Callable[[], LintingClient]
) -> None:
    _, code = request_code(client, MA_LAN.phone)
    other = another()
    refused = other.submit(other.page("/sign-in"), "登录", 422, phone=MA_LAN.phone, code=code)
    assert refused.errors == {"code": "请先点“获取验证码”。"}


def test_another_code_is_sent_after_sixty_seconds_and_not_before(
    client: LintingClient, clock: Clock
) -> None:
    page, _ = request_code(client, MA_LAN.phone)
    clock.advance(seconds=59)
    early = client.submit(page, "获取验证码", 422)
    assert early.errors == {"code": "验证码刚刚发过，请 1 秒后再获取。"}
    clock.advance(seconds=1)
    later = client.submit(page, "获取验证码")
    assert client.submit(later, "登录", code=shown_code(later)).path == "/"


def test_a_new_code_replaces_the_one_before(client: LintingClient, clock: Clock) -> None:
    page, first = request_code(client, MA_LAN.phone)
    clock.advance(seconds=60)
    page = client.submit(page, "获取验证码")
    while shown_code(page) == first:
        clock.advance(seconds=60)
        page = client.submit(page, "获取验证码")
    refused = client.submit(page, "登录", 422, code=first)
    assert refused.errors == {"code": "这是前面一条短信里的验证码，请用最新一条。"}
    assert client.submit(refused, "登录", code=shown_code(page)).path == "/"


def test_the_seconds_until_another_code_can_be_had_are_on_the_page(
    client: LintingClient, clock: Clock
) -> None:
    page, _ = request_code(client, MA_LAN.phone)
    assert "60 秒后重发" in page.words
    clock.advance(seconds=2)
    page = client.page("/sign-in")
    assert "58 秒后重发" in page.words
    wrong = client.submit(page, "登录", 422, code="000000")
    assert "58 秒后重发" in wrong.words
    assert page.root.find(".//*[@data-countdown='58']") is not None
    clock.advance(seconds=58)
    assert "秒后重发" not in client.page("/sign-in").words


def test_the_number_stays_when_the_webview_was_killed_meanwhile(
    client: LintingClient, clock: Clock
) -> None:
    _, code = request_code(client, MA_LAN.phone)
    client.delete_cookie("session")  # it ends with the browser
    page = client.page("/sign-in")
    assert page.value("phone") == MA_LAN.phone
    assert client.submit(page, "登录", code=code).path == "/"


def test_the_number_goes_with_the_code_and_with_the_sign_in(
    client: LintingClient, another: Callable[[], LintingClient], clock: Clock
) -> None:
    cookie = "code"
    request_code(client, MA_LAN.phone)
    kept = client.get_cookie(cookie, path="/sign-in")
    assert kept is not None
    assert MA_LAN.phone not in kept.value
    assert another().page("/sign-in").value("phone") == ""
    clock.advance(minutes=5, seconds=1)
    assert client.page("/sign-in").value("phone") == ""
    sign_in(client, MA_LAN.phone)
    assert client.get_cookie(cookie, path="/sign-in") is None
    client.submit(client.page("/me"), "退出登录")
    assert client.page("/sign-in").value("phone") == ""


def test_neither_code_nor_number_is_stored_in_clear(app: Flask, client: LintingClient) -> None:
    _, code = request_code(client, NEW.phone)
    ((digest,),) = rows(app, "SELECT code_digest FROM sms_code")
    assert re.fullmatch(r"[0-9a-f]{64}", str(digest))
    held = raw_bytes(app)
    assert NEW.phone.encode() not in held
    texts = rows(app, "SELECT phone, phone_index, code_digest FROM sms_code")
    assert all(code != text for row in texts for text in row)


def test_every_sign_in_is_a_new_session(client: LintingClient, clock: Clock, app: Flask) -> None:
    sign_in(client, MA_LAN.phone)
    with client.session_transaction() as session:
        first = session["sid"]
    client.submit(client.page("/me"), "退出登录")
    clock.advance(minutes=2)
    sign_in(client, MA_LAN.phone)
    with client.session_transaction() as session:
        assert session["sid"] != first
    digests = {digest for (digest,) in rows(app, "SELECT token_digest FROM sign_in")}
    assert len(digests) == 2
    assert first not in digests


def test_nothing_of_the_anonymous_session_survives_the_sign_in(client: LintingClient) -> None:
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
    page, code = request_code(client, MA_LAN.phone)
    with client.session_transaction() as session:
        before = dict(session)
    client.submit(page, "登录", code=code)
    with client.session_transaction() as session:
        assert "planted" not in session
        assert session.get("csrf_token") != before["csrf_token"]
        assert "shown_code" not in session


def test_after_signing_out_a_copied_cookie_is_worth_nothing(
    client: LintingClient, another: Callable[[], LintingClient]
) -> None:
    sign_in(client, MA_LAN.phone)
    cookie = client.get_cookie("session")
    assert cookie is not None
    copy = another()
    copy.set_cookie("session", cookie.value)
    assert copy.page("/assessment").path == "/assessment"
    client.submit(client.page("/me"), "退出登录")
    assert copy.page("/assessment").path == "/sign-in"


def test_a_session_ends_after_two_idle_hours(client: LintingClient, clock: Clock) -> None:
    sign_in(client, MA_LAN.phone)
    clock.advance(hours=1, minutes=59)
    assert client.page("/assessment").path == "/assessment"
    clock.advance(hours=2, seconds=1)
    assert client.page("/assessment").path == "/sign-in"


def test_a_session_ends_after_twelve_hours_however_busy(
    client: LintingClient, clock: Clock
) -> None:
    sign_in(client, MA_LAN.phone)
    for _ in range(8):
        clock.advance(minutes=90)
        assert client.page("/assessment").path == "/assessment"
    clock.advance(minutes=1)
    assert client.page("/assessment").path == "/sign-in"


def test_the_person_lands_where_they_were_going(client: LintingClient) -> None:
    assert client.page("/assessment/self/new?start=2026-03").path == "/sign-in"
    landed = sign_in(client, MA_LAN.phone)
    assert landed.path == "/assessment/self/new?start=2026-03"


def test_a_newcomer_lands_there_after_the_real_name(client: LintingClient) -> None:
    client.page("/registration")
    page = sign_in(client, NEW.phone)
    assert (page.path, page.title) == ("/real-name", "实名认证")
    landed = client.submit(page, "确认", name=NEW.name, identity=NEW.identity)
    assert landed.path == "/registration"


@pytest.mark.parametrize(
    "address",
    [
        "//elsewhere.example/",
        "/\\elsewhere.example",
        "/sign-in?next=https://elsewhere.example/",
        "/sign-in?going_to=//elsewhere.example",
        "/%2f%2felsewhere.example/",
        "/assessment//x.example",
    ],
)
def test_nobody_can_be_sent_elsewhere_after_signing_in(client: LintingClient, address: str) -> None:
    client.get(address)
    page, code = request_code(client, MA_LAN.phone)
    answer = client.submit(page, "登录", 303, code=code, follow=False)
    assert answer.location.startswith("/")
    assert not answer.location.startswith(("//", "/\\"))


def test_with_htmx_the_sign_in_answers_with_a_redirect_header(client: LintingClient) -> None:
    page = client.submit(client.page("/sign-in"), "获取验证码", htmx=True, phone=MA_LAN.phone)
    code = shown_code(page)
    answer = client.submit(page, "登录", htmx=True, follow=False, code=code)
    assert answer.response.headers["HX-Redirect"] == "/"
    assert "Location" not in answer.response.headers
    assert not answer.html


def test_with_htmx_a_refusal_is_the_form_alone_with_status_422(client: LintingClient) -> None:
    answer = client.submit(client.page("/sign-in"), "获取验证码", 422, htmx=True, phone="1")
    assert answer.root.tag != "html"
    assert "phone" in answer.errors


def test_who_is_signed_in_already_is_not_asked_again(client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    assert client.page("/sign-in").path == "/"
    assert client.page("/real-name").path == "/"
