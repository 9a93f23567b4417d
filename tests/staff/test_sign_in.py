"""Two factors, locked when guessed at, ended when it is time; and who is added by command."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

import pyotp
import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from argon2.profiles import RFC_9106_LOW_MEMORY
from flask import Flask
from werkzeug.exceptions import ServiceUnavailable

from flexapp.demo.staff import PASSWORD
from flexapp.rules.limits import STAFF_CODE, STAFF_PASSWORD, STAFF_PASSWORD_FOR
from flexapp.staff import sessions
from flexapp.staff.passwords import (
    PLACES_EACH,
    PLACES_UNKNOWN,
    password_check_slot,
)
from tests.support.addresses import from_address
from tests.support.at_once import at_once
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import execute, raw_bytes, rows, stored
from tests.support.html import Page
from tests.support.staff import CODE, enter, give_password
from tests.support.thrift import PASSWORD_PARAMETERS
from tests.support.walks import newcomer, request_code

Another = Callable[[], LintingClient]

WRONG = "用户名或密码不对"


def code_page(client: LintingClient, user_name: str = "jb01") -> tuple[Page, str]:
    """The page that asks for the second factor, and the code the demo shows."""
    page = give_password(client, user_name)
    shown = CODE.fullmatch(page.texts("p", role="status")[0])
    assert shown is not None
    return page, shown[1]


def staff(app: Flask, *words: str) -> str:
    """What a command prints."""
    done = app.test_cli_runner().invoke(args=["staff", *words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.output


def test_passwords_are_hashed_as_rfc_9106_recommends() -> None:
    assert PASSWORD_PARAMETERS == RFC_9106_LOW_MEMORY


def test_with_both_factors_one_is_at_the_desk_and_it_is_noted(
    client: LintingClient, app: Flask
) -> None:
    desk = enter(client, "dt01")
    assert desk.title == "经办工作台"
    assert "李秀梅" in desk.words
    assert "大厅经办员" in desk.words
    assert "兴庆区、大武口区" in desk.words
    ((label, channel),) = rows(
        app, "SELECT actor_label, channel FROM audit_event WHERE action = 'staff.signed_in'"
    )
    assert (label, channel) == ("大厅经办员 李**（dt01）", "hall")


@pytest.mark.parametrize(
    ("user_name", "password"),
    [("jb01", "wrong-password"), ("nobody", PASSWORD), ("", ""), ("jb01", "x" * 5000)],
)
def test_a_wrong_name_and_a_wrong_password_are_refused_alike(
    client: LintingClient, user_name: str, password: str
) -> None:
    page = client.page("/counter/sign-in")
    answer = client.submit(page, "登录", 422, user_name=user_name, password=password)
    assert WRONG in answer.alert
    assert answer.value("password") == ""
    assert client.page("/counter").path == "/counter/sign-in"


LOCKED = "输错次数太多"


@pytest.mark.parametrize("user_name", ["jb01", "nobody", "JB01", "dt01 "])
def test_five_wrong_passwords_and_time_tell_nothing_of_whether_there_is_such_a_user(
    client: LintingClient, clock: Clock, user_name: str
) -> None:
    answers = []
    for _ in range(STAFF_PASSWORD.most + 2):
        page = give_password(client, user_name, "wrong-password", 422)
        answers.append(page.alert)
    assert [WRONG in answer for answer in answers] == [True] * 5 + [False] * 2
    assert (
        answers[5:]
        == [
            "输错次数太多，请 15 分钟后再试，或在您以前登录过的电脑上登录；"
            "忘了密码的请联系管理员重置。"
        ]
        * 2
    )
    # The right one is not looked at either.
    assert LOCKED in give_password(client, user_name, status=422).alert
    clock.advance(minutes=16)
    assert WRONG in give_password(client, user_name, "wrong-password", 422).alert


def test_a_flood_from_many_addresses_leaves_a_place_for_the_usual_computer() -> None:
    with ExitStack() as flood:
        for number in range(PLACES_UNKNOWN):
            flood.enter_context(password_check_slot(f"address {number}"))
        with pytest.raises(ServiceUnavailable), password_check_slot("one more address"):
            pass
        with password_check_slot("the usual computer", known=True):
            pass


def test_of_wrong_passwords_nothing_is_stored_that_differs_between_known_and_unknown_names(
    client: LintingClient, another: Another, app: Flask
) -> None:
    before = stored(app)
    for user_name in ("jb01", "nobody"):
        browser = another()
        for _ in range(STAFF_PASSWORD.most + 1):
            give_password(browser, user_name, "wrong-password", 422)
    assert stored(app) == before
    # For each name: its own count, and the one for all addresses; and one for the address.
    assert sorted(rows(app, "SELECT number FROM try_count")) == [(5,)] * 4 + [(10,)]


def test_passwords_for_unknown_and_known_names_are_checked_with_equal_patience(
    client: LintingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []

    def verify(self: PasswordHasher, kept: str, password: str) -> bool:
        checked.append(kept.rpartition("$")[0].rpartition("$")[0])
        raise VerifyMismatchError

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    for user_name in ("jb01", "nobody", "jb01", "nobody"):
        give_password(client, user_name, "wrong-password", 422)
    assert len(checked) == 4
    assert len(set(checked)) == 1


def test_a_stranger_who_guesses_locks_nobody_out_of_another_computer(
    client: LintingClient, another: Another
) -> None:
    stranger = another()
    from_address(stranger, "203.0.113.9")
    for _ in range(STAFF_PASSWORD.most + 1):
        give_password(stranger, "jb01", "wrong-password", 422)
    assert LOCKED in give_password(stranger, "jb01", status=422).alert
    assert give_password(client, "jb01").path == "/counter/code"


def test_strangers_with_many_addresses_are_stopped_together_and_the_clerk_still_comes_in(
    client: LintingClient, another: Another
) -> None:
    enter(client, "jb01")
    client.submit(client.page("/counter"), "退出登录")
    # Wrong twice before the strangers came, from a new computer.
    fresh = another()
    from_address(fresh, "198.51.100.7")
    give_password(fresh, "jb01", "wrong-password", 422)
    addresses = [f"203.0.113.{number}" for number in range(1, 9)]
    answers = []
    for address in addresses:
        stranger = another()
        from_address(stranger, address)
        for _ in range(STAFF_PASSWORD.most):
            page = give_password(stranger, "jb01", "wrong-password", 422)
            answers.append(LOCKED in page.alert)
    # With the last addresses only the first try of each was looked at.
    looked_at = answers.count(False)
    assert STAFF_PASSWORD_FOR.most - 1 <= looked_at < STAFF_PASSWORD_FOR.most + len(addresses)
    assert answers[-4:] == [True] * 4
    # Where the clerk has signed in before, whatever address it has now; and a first try elsewhere.
    from_address(client, addresses[0])
    assert give_password(client, "jb01").path == "/counter/code"
    elsewhere = another()
    from_address(elsewhere, "192.0.2.7")
    assert give_password(elsewhere, "jb01").path == "/counter/code"
    assert LOCKED in give_password(fresh, "jb01", status=422).alert


def test_a_known_computer_is_known_for_its_own_users_only_and_not_for_ever_wrong(
    client: LintingClient, another: Another
) -> None:
    enter(client, "jb01")
    device = client.get_cookie("staff-device", path="/counter")
    assert device is not None
    client.submit(client.page("/counter"), "退出登录")
    for _ in range(STAFF_PASSWORD.most):
        give_password(client, "jb01", "wrong-password", 422)
    assert LOCKED in give_password(client, "jb01", status=422).alert
    # Taken to another place it is the same browser; for another user it is nobody.
    copy = another()
    from_address(copy, "192.0.2.7")
    copy.set_cookie("staff-device", device.value, path="/counter")
    assert LOCKED in give_password(copy, "jb01", status=422).alert
    assert give_password(copy, "jb02").path == "/counter/code"


@pytest.mark.parametrize(
    "forged", ["", "x", "a" * 16, "a" * 16 + "." + "0" * 32, "a" * 16 + ("." + "0" * 32) * 9]
)
def test_a_cookie_that_we_did_not_make_makes_no_known_computer(
    client: LintingClient, forged: str
) -> None:
    client.set_cookie("staff-device", forged, path="/counter")
    for _ in range(STAFF_PASSWORD.most):
        give_password(client, "jb01", "wrong-password", 422)
    client.set_cookie("staff-device", forged + "x", path="/counter")
    assert LOCKED in give_password(client, "jb01", status=422).alert


def test_wrong_codes_are_slowed_as_well_and_only_where_they_are_typed(
    client: LintingClient, another: Another
) -> None:
    page, shown = code_page(client)
    wrong = f"{(int(shown) + 1) % 1_000_000:06d}"
    for _ in range(STAFF_CODE.most):
        page = client.submit(page, "确认", 422, code=wrong)
        assert "动态码不对" in page.errors["code"]
    page = client.submit(page, "确认", 422, code=wrong)
    assert LOCKED in page.alert
    assert LOCKED in client.submit(page, "确认", 422, code=shown).alert
    elsewhere = another()
    from_address(elsewhere, "192.0.2.7")
    page, shown = code_page(elsewhere)
    assert elsewhere.submit(page, "确认", code=shown).path == "/counter"


def test_a_flood_from_one_address_leaves_a_place_to_others_and_makes_no_page_wait(
    app: Flask, another: Another, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, at_work = threading.Event(), list[str]()

    def verify(self: PasswordHasher, kept: str, password: str) -> bool:
        at_work.append(kept)
        assert go_on.wait(20)
        raise VerifyMismatchError

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    statuses = list[int]()

    def flood(number: int) -> None:
        browser = another()
        page = browser.page("/counter/sign-in")
        statuses.append(
            browser.repeat(page, "登录", user_name=f"user{number}", password="x" * 12).status_code
        )

    clerk = another()
    from_address(clerk, "192.0.2.7")
    flooding = threading.Thread(target=at_once, args=(6, flood))
    waiting = threading.Thread(target=lambda: give_password(clerk, "jb01", "wrong-password", 422))
    flooding.start()
    try:
        until = time.monotonic() + 15
        while (len(statuses) < 6 - PLACES_EACH or not at_work) and time.monotonic() < until:
            time.sleep(0.01)
        # Two have places and one of them is at it, four were turned away at once.
        assert statuses == [503] * (6 - PLACES_EACH)
        assert len(at_work) == 1
        # Nobody waits with them: no page, and nobody who writes.
        began = time.monotonic()
        request_code(another(), newcomer(1).phone)
        assert time.monotonic() - began < 2
        # The place that is left is somebody else's.
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
    finally:
        go_on.set()
    waiting.join(20)
    flooding.join(20)
    assert sorted(statuses) == [422] * PLACES_EACH + [503] * (6 - PLACES_EACH)


def test_who_was_turned_away_is_told_to_try_again_in_a_moment_and_it_does_not_count(
    client: LintingClient, app: Flask
) -> None:
    with ExitStack() as places:
        for _ in range(PLACES_EACH):
            places.enter_context(password_check_slot("address:127.0.0.1"))
        page = give_password(client, "jb01", status=503)
        assert "请稍等一会儿再试" in page.words
        assert page.response.headers["Retry-After"] == "2"
    assert rows(app, "SELECT * FROM try_count") == []
    assert give_password(client, "jb01").path == "/counter/code"


def test_a_code_is_taken_once(client: LintingClient, app: Flask, clock: Clock) -> None:
    page, shown = code_page(client)
    client.submit(page, "确认", code=shown)
    other = app.test_client()
    assert isinstance(other, LintingClient)
    page = give_password(other, "jb01")
    assert "每个动态码只能用一次" in other.submit(page, "确认", 422, code=shown).errors["code"]
    clock.advance(seconds=61)
    page, fresh = code_page(other)
    assert other.submit(page, "确认", code=fresh).path == "/counter"


def test_the_whole_session_has_another_token_than_the_half_one(
    client: LintingClient, app: Flask
) -> None:
    page, shown = code_page(client)
    before = rows(app, "SELECT token_digest FROM staff_session")
    client.submit(page, "确认", code=shown)
    assert rows(app, "SELECT token_digest FROM staff_session") != before
    assert rows(app, "SELECT passed FROM staff_session") == [("code",)]


@pytest.mark.parametrize(
    "change",
    ["staff_id = (SELECT id FROM staff WHERE user_name = 'sj01')", "passed = 'code'"],
)
def test_a_session_that_was_changed_in_the_database_opens_nothing(
    client: LintingClient, app: Flask, change: str
) -> None:
    code_page(client)
    execute(app, f"UPDATE staff_session SET {change}")
    assert client.get("/counter").location.endswith("/counter/sign-in")


def test_an_idle_session_ends_and_so_does_a_half_one(
    client: LintingClient, app: Flask, clock: Clock
) -> None:
    enter(client, "jb01")
    clock.advance(minutes=29)
    assert client.page("/counter").path == "/counter"
    clock.advance(minutes=29)
    assert client.page("/counter").path == "/counter"
    clock.advance(minutes=31)
    assert client.page("/counter").path == "/counter/sign-in"
    give_password(client, "jb02")
    clock.advance(minutes=11)
    assert client.page("/counter/code").path == "/counter/sign-in"


def test_signing_out_ends_the_session_on_the_server(client: LintingClient, app: Flask) -> None:
    desk = enter(client, "jb01")
    assert client.submit(desk, "退出登录").path == "/counter/sign-in"
    assert rows(app, "SELECT * FROM staff_session") == []


def test_somebody_new_chooses_a_password_and_sets_up_the_second_factor(
    client: LintingClient, app: Flask
) -> None:
    printed = staff(app, "add", "dt02", "--name", "陈明", "--role", "hall", "--division", "640104")
    first = printed.split()[-1]
    page = give_password(client, "dt02", first)
    assert page.title == "设置新密码"
    assert client.page("/counter").path == "/counter/password"
    assert client.page("/counter/code").path == "/counter/password"
    short = client.submit(page, "确认", 422, password="short", again="short")
    assert "12 到 128" in short.errors["password"]
    differs = client.submit(page, "确认", 422, password="gust lemon wander ox", again="another")
    assert "不一样" in differs.errors["again"]
    same = client.submit(page, "确认", 422, password=first, again=first)
    assert "不能与原来的相同" in same.errors["password"]
    page = client.submit(
        page, "确认", password="my own long password", again="my own long password"
    )
    assert page.title == "绑定动态码"
    page = client.submit(page, "显示二维码")
    secret = page.texts("code")[0].replace(" ", "")
    page = client.submit(page, "确认", 422, code="000000")
    assert page.texts("code")[0].replace(" ", "") == secret
    desk = client.submit(page, "确认", code=pyotp.TOTP(secret).now())
    assert desk.path == "/counter"
    assert secret.encode() not in raw_bytes(app)
    again = app.test_client()
    assert isinstance(again, LintingClient)
    assert WRONG in give_password(again, "dt02", first, 422).alert
    assert give_password(again, "dt02", "my own long password").path == "/counter/code"


def test_who_is_disabled_is_out_at_once_and_a_reset_lets_in_again(
    client: LintingClient, app: Flask
) -> None:
    enter(client, "jb01")
    assert staff(app, "disable", "jb01") == "jb01 is disabled\n"
    assert client.page("/counter").path == "/counter/sign-in"
    assert WRONG in give_password(client, "jb01", status=422).alert
    assert "jb01 agency - disabled" in staff(app, "list")
    first = staff(app, "reset", "jb01").split()[-1]
    assert give_password(client, "jb01", first).title == "设置新密码"


def test_a_reset_while_somebody_chooses_a_password_is_not_undone(
    client: LintingClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = staff(app, "reset", "jb01").split()[-1]
    page = give_password(client, "jb01", first)
    printed: list[str] = []
    right = sessions._right

    def reset_meanwhile(password_hash: str, password: str) -> bool:
        if not printed:
            printed.append("")
            thread = threading.Thread(target=lambda: printed.append(staff(app, "reset", "jb01")))
            thread.start()
            thread.join()
        return right(password_hash, password)

    monkeypatch.setattr(sessions, "_right", reset_meanwhile)
    password = "my own long password"
    answer = client.submit(page, "确认", password=password, again=password)
    assert answer.path == "/counter/sign-in"
    second = printed[-1].split()[-1]
    assert WRONG in give_password(client, "jb01", password, 422).alert
    assert give_password(client, "jb01", second).title == "设置新密码"


def test_a_reset_ends_the_wait_for_the_password_and_for_the_code(
    client: LintingClient, app: Flask
) -> None:
    for _ in range(STAFF_PASSWORD.most):
        give_password(client, "jb01", "wrong-password", 422)
    assert LOCKED in give_password(client, "jb01", status=422).alert
    first = staff(app, "reset", "jb01").split()[-1]
    page = give_password(client, "jb01", first)
    password = "my own long password"
    client.submit(page, "确认", password=password, again=password)
    page = client.submit(client.page("/counter/enrol"), "显示二维码")
    for _ in range(STAFF_CODE.most):
        page = client.submit(page, "确认", 422, code="000000")
    assert LOCKED in client.submit(page, "确认", 422, code="000000").alert
    page = give_password(client, "jb01", staff(app, "reset", "jb01").split()[-1])
    client.submit(page, "确认", password=password, again=password)
    page = client.submit(client.page("/counter/enrol"), "显示二维码")
    assert LOCKED not in client.submit(page, "确认", 422, code="000000").alert


def test_who_has_to_wait_is_told_what_helps_where_they_are(
    client: LintingClient, another: Another
) -> None:
    def wrong(browser: LintingClient) -> str:
        page, shown = code_page(browser)
        for _ in range(STAFF_CODE.most + 1):
            page = browser.submit(page, "确认", 422, code=f"{(int(shown) + 1) % 1_000_000:06d}")
        return page.alert

    said = "输错次数太多，请 15 分钟后再试{}；动态码用不了的请联系管理员重置。"
    assert wrong(another()) == said.format("，或在您以前登录过的电脑上登录")
    from_address(client, "192.0.2.7")
    enter(client, "jb01")
    client.submit(client.page("/counter"), "退出登录")
    assert wrong(client) == said.format("")
    for _ in range(STAFF_PASSWORD.most):
        give_password(client, "jb01", "wrong-password", 422)
    known = give_password(client, "jb01", status=422).alert
    assert known == "输错次数太多，请 15 分钟后再试；忘了密码的请联系管理员重置。"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["X!", "--name", "陈明", "--role", "agency"], "a user name is"),
        (["jb01", "--name", "陈明", "--role", "agency"], "is there already"),
        (["dt09", "--name", " ", "--role", "agency"], "a name is"),
        (["dt09", "--name", "陈明", "--role", "hall"], "needs at least one division"),
        (["dt09", "--name", "陈明", "--role", "hall", "--division", "110101"], "no such division"),
        (["jb09", "--name", "陈明", "--role", "agency", "--division", "640104"], "takes no"),
        (["jb09", "--name", "陈明", "--role", "boss"], "boss"),
    ],
)
def test_what_cannot_be_added_is_said(app: Flask, words: list[str], sentence: str) -> None:
    before = rows(app, "SELECT count(*) FROM staff")
    assert sentence in staff(app, "add", *words)
    assert rows(app, "SELECT count(*) FROM staff") == before


def test_unknown_user_names_are_said(app: Flask) -> None:
    assert "there is no nobody" in staff(app, "reset", "nobody")
    assert "there is no nobody" in staff(app, "disable", "nobody")


def test_names_and_secrets_are_encrypted_at_rest(client: LintingClient, app: Flask) -> None:
    enter(client, "jb01")
    data = raw_bytes(app)
    for text in ("王淑华", "李秀梅", PASSWORD):
        assert text.encode() not in data
