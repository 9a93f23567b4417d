"""Limits hold for an account, a channel, an address; on every node; and say when to come again."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flexapp.rules.limits import (
    BY_ADDRESS,
    BY_SOMEBODY,
    DAY,
    HOUR,
    LAUNCHES,
    LAUNCHES_FALSE,
    MINUTE,
    PROXY_WRONG,
    QUARTER,
    REAL_NAME_WRONG,
    SIGN_IN_WRONG,
    SMS_CODES,
    STAFF_WRONG,
    Limit,
)
from flexapp.web import client_ip, rate_limit
from flexapp.web.unit_of_work import write_transaction
from tests.architecture.checkout import ROOT
from tests.conftest import MakeApp
from tests.support.addresses import from_address
from tests.support.client import HTMX, LintingClient, linting
from tests.support.clock import Clock
from tests.support.database import rows
from tests.support.html import Page
from tests.support.staff import enter, give_password
from tests.support.vendor import Vendor, reason_of
from tests.support.walks import (
    DING,
    MA_LAN,
    YANG,
    arrive,
    identity,
    newcomer,
    proxy_for,
    real_name,
    request_code,
    sign_in,
)

Another = Callable[[], LintingClient]


@pytest.fixture
def few(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Limit]:
    """`few("people.request_code", 2)`: only so often at that view."""

    def make(endpoint: str, most: int) -> Limit:
        view = app.view_functions[endpoint]
        made: Limit = replace(vars(view)["limited"], most=most)
        monkeypatch.setattr(view, "limited", made)
        return made

    return make


def ask_for_code(client: LintingClient, number: int, htmx: bool = False) -> TestResponse:
    """Press 获取验证码 with the phone of a newcomer."""
    form, pressed = client.page("/sign-in").form("获取验证码")
    fields = form.fields | {"phone": newcomer(number).phone}
    return client.post(pressed.get("formaction", ""), data=fields, headers=HTMX if htmx else {})


def test_codes_for_many_phones_from_one_address_end_with_a_page_that_says_when_to_come_again(
    another: Another, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flexapp.people.views.SMS_CODES", replace(SMS_CODES, most=3))
    for number in (1, 2, 3):
        assert ask_for_code(another(), number).status_code == 303
    refused = ask_for_code(another(), 4)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= HOUR.total_seconds()
    page = Page(refused)
    assert page.title == "操作太频繁"
    assert "60 分钟后再试" in page.words
    assert "换一个网络" in page.words
    fragment = ask_for_code(another(), 4, htmx=True)
    assert (fragment.status_code, fragment.headers["HX-Retarget"]) == (429, "#notice")
    elsewhere = another()
    from_address(elsewhere, "192.0.2.7")
    assert ask_for_code(elsewhere, 4).status_code == 303
    clock.advance(minutes=61)
    assert ask_for_code(another(), 5).status_code == 303


def test_of_a_code_that_was_refused_nothing_was_sent(
    another: Another, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flexapp.people.views.SMS_CODES", replace(SMS_CODES, most=1))
    ask_for_code(another(), 1)
    ask_for_code(another(), 2)
    assert len(rows(app, "SELECT * FROM sms_code")) == 1


def test_wrong_codes_from_one_address_close_the_sign_in_of_that_address(
    another: Another, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flexapp.people.views.SIGN_IN_WRONG", replace(SIGN_IN_WRONG, most=2))
    client = another()
    page, code = request_code(client, newcomer(2).phone)
    for _ in range(2):
        client.submit(page, "登录", 422, code=f"{(int(code) + 1) % 1_000_000:06d}")
    client.submit(page, "登录", 429, code=code)
    from_address(client, "192.0.2.7")
    assert client.submit(page, "登录", code=code).path == "/real-name"


def test_codes_that_are_typed_without_one_that_was_sent_shut_nobody_out(
    another: Another, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flexapp.people.views.SIGN_IN_WRONG", replace(SIGN_IN_WRONG, most=2))
    stranger = another()
    for _ in range(5):
        page = stranger.page("/sign-in")
        stranger.submit(page, "登录", 422, phone=newcomer(2).phone, code="000000")
    assert sign_in(another(), newcomer(3).phone).path == "/real-name"


def test_behind_an_address_from_which_many_guessed_the_first_try_of_a_code_is_judged(
    another: Another, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flexapp.people.views.SIGN_IN_WRONG", replace(SIGN_IN_WRONG, most=1))
    stranger = another()
    page, code = request_code(stranger, newcomer(2).phone)
    stranger.submit(page, "登录", 422, code=f"{(int(code) + 1) % 1_000_000:06d}")
    stranger.submit(page, "登录", 429, code=code)
    assert sign_in(another(), newcomer(3).phone).path == "/real-name"


def test_codes_that_are_asked_for_too_soon_use_up_nothing_of_the_address(
    another: Another, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flexapp.people.views.SMS_CODES", replace(SMS_CODES, most=2))
    stranger = another()
    assert ask_for_code(stranger, 2).status_code == 303
    for _ in range(4):
        assert ask_for_code(stranger, 2).status_code == 422
    assert ask_for_code(another(), 3).status_code == 303


def test_a_phone_that_signed_in_before_is_not_closed_out_with_the_others_of_its_address(
    another: Another, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = another()
    sign_in(known, MA_LAN.phone)
    known.submit(known.page("/me"), "退出登录")
    clock.advance(minutes=2)
    monkeypatch.setattr("flexapp.people.views.SMS_CODES", replace(SMS_CODES, most=2))
    monkeypatch.setattr("flexapp.people.views.SIGN_IN_WRONG", replace(SIGN_IN_WRONG, most=1))
    stranger = another()
    page, code = request_code(stranger, newcomer(2).phone)
    stranger.submit(page, "登录", 422, code=f"{(int(code) + 1) % 1_000_000:06d}")
    assert ask_for_code(another(), 3).status_code == 429
    stranger.submit(page, "登录", 429, code=code)
    assert sign_in(known, MA_LAN.phone).path == "/"


def test_right_codes_are_not_counted(another: Another, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flexapp.people.views.SIGN_IN_WRONG", replace(SIGN_IN_WRONG, most=1))
    for number in range(1, 5):
        assert sign_in(another(), newcomer(number).phone).path == "/real-name"


def test_names_and_numbers_that_do_not_fit_are_counted_over_all_accounts_of_an_address(
    another: Another, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flexapp.people.views.REAL_NAME_WRONG", replace(REAL_NAME_WRONG, most=2))
    for number in (1, 2):
        client = another()
        sign_in(client, newcomer(number).phone)
        real_name(client, replace(MA_LAN, name="马蓝"), 422)
    real_name(client, newcomer(2), 429)
    # Whoever has tried nothing today is not kept out with them.
    client = another()
    sign_in(client, newcomer(3).phone)
    assert real_name(client, newcomer(3)).path == "/"


def test_who_looks_for_people_by_proxy_with_many_accounts_is_stopped_at_the_address(
    another: Another, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = replace(PROXY_WRONG, most=2)
    monkeypatch.setattr("flexapp.assessment.views.PROXY_WRONG", limit)
    for number, who in enumerate((MA_LAN, YANG), start=1):
        client = another()
        sign_in(client, who.phone)
        stranger = replace(DING, identity=identity(f"64032419920229{number:03d}"))
        proxy_for(client, stranger, 422)
    proxy_for(client, DING, 429)
    third = another()
    arrive(third, newcomer(3))
    # Whoever has named nobody today is not kept out with them, and what is one's own never is.
    assert proxy_for(third, DING).texts("output")[0] == "丁**"
    assert third.submit(third.page("/assessment"), "提交", 422, who="self").errors == {}


def test_wrong_passwords_for_many_users_of_the_counters_are_counted_together(
    another: Another, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = another()
    enter(known, "jb02")
    known.submit(known.page("/counter"), "退出登录")
    monkeypatch.setattr("flexapp.staff.views.STAFF_WRONG", replace(STAFF_WRONG, most=3))
    for user in ("xz01", "dt01", "nobody"):
        give_password(another(), user, "wrong", 422)
    give_password(another(), "jb01", status=429)
    elsewhere = another()
    from_address(elsewhere, "192.0.2.7")
    assert give_password(elsewhere, "jb01").path == "/counter/code"
    # Whoever has signed in before on a computer behind that address is not kept out with them.
    assert give_password(known, "jb02").path == "/counter/code"


def test_sandboxes_of_one_address_are_limited_beside_those_of_everybody(
    few: Callable[..., Limit], client: LintingClient
) -> None:
    few("vendors.make_sandbox", 1)
    page = client.page("/open/sandbox")
    client.submit(page, "登记公钥", 422, key="x")
    client.submit(page, "登记公钥", 429, key="x")


def test_launches_of_a_channel_are_limited_and_those_of_another_are_not(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flexapp.channels.launch.LAUNCHES", replace(LAUNCHES, most=2))
    busy, quiet = Vendor(app).register(), Vendor(app, "boc").register()
    for _ in range(2):
        busy.launch(MA_LAN)
    refused = busy.post(busy.signed(MA_LAN))
    assert reason_of(refused) == (429, "too_many")
    assert int(refused.headers["Retry-After"]) == MINUTE.total_seconds()
    quiet.launch(MA_LAN)


def test_what_no_vendor_has_signed_is_turned_away_by_address_for_a_minute_and_then_only_read(
    app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = replace(LAUNCHES_FALSE, most=2)
    monkeypatch.setattr("flexapp.channels.launch.LAUNCHES_FALSE", limit)
    vendor = Vendor(app).register()
    for _ in range(2):
        assert vendor.refused(MA_LAN, aud="somebody else") == (401, "wrong_audience")
    before = rows(app, "SELECT * FROM try_count")
    for _ in range(3):
        assert vendor.refused(MA_LAN, aud="somebody else") == (429, "too_many")
        assert reason_of(vendor.post("no message at all")) == (429, "too_many")
    assert rows(app, "SELECT * FROM try_count") == before
    clock.advance(seconds=61)
    assert vendor.refused(MA_LAN, aud="somebody else") == (401, "wrong_audience")


def test_what_others_send_from_a_vendors_address_keeps_the_vendor_from_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = replace(LAUNCHES_FALSE, most=2)
    monkeypatch.setattr("flexapp.channels.launch.LAUNCHES_FALSE", limit)
    vendor = Vendor(app).register()
    for _ in range(4):
        vendor.post("no message at all")
    vendor.launch(MA_LAN)


@pytest.mark.parametrize(
    ("sender", "forwarded", "same"),
    [
        ("10.1.2.3", "203.0.113.9", True),
        ("10.1.2.3", "6.6.6.6, 203.0.113.9", True),
        ("10.1.2.3", "6.6.6.6, 203.0.113.9, 10.1.9.9", True),
        ("10.1.2.3", "203.0.113.9:4711", True),
        ("10.1.2.3", "::ffff:203.0.113.9", True),
        ("10.1.2.3", "203.0.113.9, nonsense", False),
        ("10.1.2.3", None, False),
        ("6.6.6.6", "203.0.113.9", False),
        ("203.0.113.9", "6.6.6.6", True),
    ],
)
def test_behind_our_proxies_the_address_is_the_nearest_one_that_is_not_ours(
    make_app: MakeApp, sender: str, forwarded: str | None, same: bool
) -> None:
    app = make_app(FLEXAPP_TRUSTED_PROXIES="10.1.0.0/16")
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    with app.test_request_context(environ_base={"REMOTE_ADDR": sender}, headers=headers):
        assert (client_ip.client() == "203.0.113.9") is same


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("[2001:db8:1:2::1]:443", "2001:db8:1:2::2", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
    ],
)
def test_all_addresses_of_one_ipv6_subscriber_are_one(
    app: Flask, first: str, second: str, same: bool
) -> None:
    found = []
    for forwarded in (first, second):
        with app.test_request_context(
            environ_base={"REMOTE_ADDR": "127.0.0.1"}, headers={"X-Forwarded-For": forwarded}
        ):
            found.append(client_ip.client())
    assert (found[0] == found[1]) is same


def test_no_address_and_no_account_is_stored_as_it_is(app: Flask, client: LintingClient) -> None:
    from_address(client, "203.0.113.9")
    ask_for_code(client, 1)
    counted = rows(app, "SELECT key, number FROM try_count")
    # Of the address; and for the number: the wait, the day of whoever asks, the day of everybody.
    assert [number for _, number in counted] == [1, 1, 1, 1]
    assert all(re.fullmatch(r"[0-9a-f]{64}", str(key)) for key, _ in counted)


def test_a_count_that_is_over_is_removed_at_night(make_app: MakeApp, clock: Clock) -> None:
    app = make_app(FLEXAPP_TODAY="")  # where the business date is pinned, the earlier clock counts
    ask_for_code(linting(app.test_client()), 1)
    clock.advance(hours=25)
    done = app.test_cli_runner().invoke(args=["retention", "run"])
    assert "try_count: 4" in done.output
    assert rows(app, "SELECT * FROM try_count") == []


def test_two_nodes_share_a_count_in_the_database(make_app: MakeApp) -> None:
    limit = Limit("tried", 2, HOUR)
    one, two = make_app(), make_app()
    assert count(one, limit) == 1
    assert count(two, limit) == 2
    for node in (one, two):
        with node.app_context():
            assert rate_limit.retry_after(limit, "whoever") is not None


def test_nodes_that_count_at_once_overlook_nothing(make_app: MakeApp) -> None:
    limit = Limit("tried", 1000, HOUR)
    nodes = [make_app() for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda turn: count(nodes[turn % 4], limit), range(40)))
    assert sorted(numbers) == list(range(1, 41))


def count(node: Flask, limit: Limit) -> int:
    """Count once on that node."""
    with node.app_context(), write_transaction():
        return rate_limit.hit(limit, "whoever")


def test_what_is_counted_is_told_by_its_name_in_the_metrics(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "only-for-the-tests-of-the-metrics"
    app = make_app(FLEXAPP_METRICS_TOKEN=token)
    limit = Limit("of_this_test", 1, HOUR)
    count(app, limit)
    with app.app_context():
        rate_limit.retry_after(limit, "whoever")
    told = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert 'flexapp_limited_total{limit="of_this_test"} 1.0' in told.text


def test_every_figure_stands_in_the_document_with_its_reason() -> None:
    document = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    for limit in (*BY_ADDRESS, *BY_SOMEBODY):
        within = {
            MINUTE: "a minute",
            QUARTER: "in 15 minutes",
            HOUR: "an hour",
            DAY: "a day",
        }[limit.within]
        (line,) = [line for line in document.splitlines() if line.startswith(f"| `{limit.name}`")]
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert cells[2] == f"{limit.most:,} {within}"
        assert len(cells[3]) > 20, line
