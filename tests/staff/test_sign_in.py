"""Two factors, locked when guessed at, ended when it is time; and who is added by command."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pyotp
import pytest
from argon2.profiles import RFC_9106_LOW_MEMORY
from flask import Flask

from flexapp.demo.staff import PASSWORD
from flexapp.rules.limits import STAFF_CODE, STAFF_PASSWORD
from flexapp.staff import sessions
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import execute, raw_bytes, rows
from tests.support.html import Page
from tests.support.staff import CODE, enter, give_password
from tests.support.thrift import PASSWORD_PARAMETERS

Another = Callable[[], LintingClient]

WRONG = "用户名或密码不对"
LOCKED = "输错次数太多"


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
