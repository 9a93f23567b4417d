"""Guessing passwords and codes of staff: nobody learns a name, nobody else is locked out."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from flask import Flask
from werkzeug.exceptions import ServiceUnavailable

from flexapp.demo.staff import PASSWORD
from flexapp.rules.limits import STAFF_CODE, STAFF_PASSWORD, STAFF_PASSWORD_FOR
from flexapp.staff.passwords import (
    PLACES_EACH,
    PLACES_UNKNOWN,
    password_check_slot,
)
from tests.staff.test_sign_in import LOCKED, WRONG, Another, code_page
from tests.support.addresses import from_address
from tests.support.at_once import at_once
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import rows, stored
from tests.support.staff import enter, give_password
from tests.support.walks import newcomer, request_code


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
