"""How many codes a number is sent, and that strangers who ask for some lock no owner out."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask

from flexapp.people.external_services import GatewayDown
from flexapp.rules.limits import SMS_BY, SMS_FOR
from flexapp.services import services_of
from tests.support.addresses import from_address
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import rows
from tests.support.walks import MA_LAN, newcomer, request_code, sign_in

Another = Callable[[], LintingClient]


def use_up(another: Another, clock: Clock, address: str, most: int = SMS_BY.most) -> int:
    """Ask for codes for 马兰's number from an address until one is refused; how many there were."""
    for sent in range(most):
        stranger = another()
        from_address(stranger, address)
        page = stranger.page("/sign-in")
        answer = stranger.repeat(page, "获取验证码", phone=MA_LAN.phone)
        if answer.status_code != 303:
            return sent
        clock.advance(seconds=61)
    return most


def test_ten_codes_a_day_for_a_number_from_one_address_and_then_it_says_what_else_to_do(
    client: LintingClient, clock: Clock, another: Another
) -> None:
    assert use_up(another, clock, "127.0.0.1") == 10
    page = client.submit(client.page("/sign-in"), "获取验证码", 422, phone=MA_LAN.phone)
    assert page.errors == {
        "code": "从您这个网络为这个手机号获取验证码的次数，今天已用完。"
        "请换一个网络再获取（比如关掉无线网络），或从手机银行、政务 App 里进入，不用验证码。"
    }
    request_code(client, newcomer(1).phone)
    clock.advance(hours=24)
    request_code(client, MA_LAN.phone)


def test_a_stranger_who_uses_up_an_address_locks_nobody_out_elsewhere(
    client: LintingClient, clock: Clock, another: Another
) -> None:
    use_up(another, clock, "203.0.113.9")
    sign_in(client, MA_LAN.phone)


def test_a_code_just_sent_for_a_stranger_makes_the_owner_wait_for_nothing(
    client: LintingClient, another: Another
) -> None:
    stranger = another()
    from_address(stranger, "203.0.113.9")
    request_code(stranger, MA_LAN.phone)
    sign_in(client, MA_LAN.phone)


def test_wrong_codes_of_a_stranger_end_no_code_of_the_owner(
    client: LintingClient, another: Another
) -> None:
    page, code = request_code(client, MA_LAN.phone)
    stranger = another()
    from_address(stranger, "203.0.113.9")
    theirs, _ = request_code(stranger, MA_LAN.phone)
    for _ in range(7):
        stranger.submit(theirs, "登录", 422, code="000000")
    assert client.submit(page, "登录", code=code).path == "/"


def test_strangers_with_many_addresses_pester_with_twenty_codes_and_then_one_an_hour(
    client: LintingClient, clock: Clock, another: Another, app: Flask
) -> None:
    for number in range(1, 6):
        use_up(another, clock, f"203.0.113.{number}")
    assert len(rows(app, "SELECT * FROM sms_code")) == SMS_FOR.most + 1
    page = client.submit(client.page("/sign-in"), "获取验证码", 422, phone=MA_LAN.phone)
    found = re.fullmatch(
        "今天有人多次为这个手机号获取验证码，请 ([0-9]+) 分钟后再获取。"
        "用以前登录过的手机，或从手机银行、政务 App 里进入，不用等。",
        page.errors["code"],
    )
    assert found is not None
    assert 1 <= int(found[1]) <= 60
    # Never a day: whoever has never signed in here before waits for the hour.
    clock.advance(minutes=61)
    sign_in(client, MA_LAN.phone)


def test_a_phone_that_signed_in_before_is_held_up_by_nobody(
    client: LintingClient, clock: Clock, another: Another
) -> None:
    sign_in(client, MA_LAN.phone)
    client.submit(client.page("/me"), "退出登录")
    for number in range(1, 6):
        use_up(another, clock, f"203.0.113.{number}")
    # From whatever address, that of a stranger too.
    from_address(client, "203.0.113.1")
    page, code = request_code(client, MA_LAN.phone)
    assert client.submit(page, "登录", code=code).path == "/"
    # For another number it is as unknown as any.
    client.submit(client.page("/me"), "退出登录")
    clock.advance(minutes=2)
    request_code(client, newcomer(2).phone)


def test_a_phone_that_signed_in_before_gets_ten_codes_a_day(
    client: LintingClient, clock: Clock
) -> None:
    sign_in(client, MA_LAN.phone)
    client.submit(client.page("/me"), "退出登录")
    for _ in range(SMS_BY.most):
        clock.advance(seconds=61)
        request_code(client, MA_LAN.phone)
    clock.advance(seconds=61)
    page = client.submit(client.page("/sign-in"), "获取验证码", 422, phone=MA_LAN.phone)
    assert page.errors["code"].startswith("这部手机今天获取验证码的次数已用完")


def test_a_phone_is_known_for_the_last_four_numbers_that_signed_in(
    client: LintingClient, clock: Clock
) -> None:
    for number in range(1, 6):
        sign_in(client, newcomer(number).phone)
        with client.session_transaction() as session:
            session.clear()
    device = client.get_cookie("device", path="/sign-in")
    assert device is not None
    assert re.fullmatch(r"[\w-]{16}(\.[0-9a-f]{32}){4}", device.value)


def test_codes_that_never_left_use_up_no_days_number(
    client: LintingClient, clock: Clock, app: Flask
) -> None:
    class Down:
        def send(self, phone: str, code: str) -> str | None:
            raise GatewayDown("open")

    demo, services_of(app).sms = services_of(app).sms, Down()
    for _ in range(SMS_BY.most + 2):
        page = client.submit(client.page("/sign-in"), "获取验证码", 422, phone=MA_LAN.phone)
        assert "短信没有发出去，请稍后再试" in page.errors["code"]
        clock.advance(seconds=61)
    services_of(app).sms = demo
    sign_in(client, MA_LAN.phone)
