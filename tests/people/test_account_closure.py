"""注销账号: what is the account's goes, what is the insurance's stays, and one can come back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from flexapp.db.session import db
from flexapp.people import handover_codes
from flexapp.people.models import Account, SmsCode
from flexapp.people.service import phone_index
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import REFUSED, execute, rows, stored
from tests.support.html import Page
from tests.support.walks import (
    DING,
    MA_LAN,
    WANG,
    YANG,
    arrive,
    assess,
    clerk,
    newcomer,
    proxy_for,
    real_name,
    request_code,
    revoke,
    serials,
    sign_in,
    state,
    transmit,
    work,
)

CLOSE = "/me/close-account"


@pytest.fixture
def ma_lan(client: LintingClient) -> LintingClient:
    sign_in(client, MA_LAN.phone)
    return client


def close(client: LintingClient, status: int = 200) -> Page:
    """Read what it means, and press 确认注销."""
    return client.submit(client.page(CLOSE), "确认注销", status)


def account_row(app: Flask, number: int) -> tuple[object, ...]:
    (row,) = rows(
        app,
        "SELECT phone_index, person_id, real_name_at, elder, vouched_by, closed_at IS NOT NULL"
        " FROM account WHERE id = ?",
        number,
    )
    return row


def account_of(app: Flask) -> int:
    """The account that signed in last."""
    ((number,),) = rows(app, "SELECT account_id FROM sign_in ORDER BY id DESC LIMIT 1")
    assert isinstance(number, int)
    return number


def test_what_goes_and_what_stays_is_said_before(ma_lan: LintingClient, app: Flask) -> None:
    before = stored(app)
    page = ma_lan.page(CLOSE)
    assert page.title == "注销账号"
    assert page.texts("h2") == ["注销后就没有了", "依法要留下的", "以后还想办"]
    for kept in ("参保登记", "缴费核定和缴费记录", "办理记录", "注销账号不是退保"):
        assert kept in page.words
    assert page.links()["不注销"] == "/me/privacy"
    assert stored(app) == before


def test_closed_everywhere_at_once(
    ma_lan: LintingClient, app: Flask, another: Callable[[], LintingClient], clock: Clock
) -> None:
    clock.advance(minutes=2)
    other = another()
    sign_in(other, MA_LAN.phone)
    number = account_of(app)
    done = close(ma_lan)
    assert (done.path, done.title) == ("/account-closed", "账号已注销")
    for phone in (ma_lan, other):
        assert phone.page("/me/messages").path == "/sign-in"
    assert account_row(app, number) == (f"closed:{number}", None, None, None, None, 1)
    assert rows(app, "SELECT 1 FROM sign_in WHERE ended_at IS NULL") == []


def test_with_htmx_too(ma_lan: LintingClient, app: Flask) -> None:
    page = ma_lan.submit(ma_lan.page(CLOSE), "确认注销", htmx=True)
    assert page.title == "账号已注销"


def test_the_number_is_nowhere_any_more(ma_lan: LintingClient, app: Flask) -> None:
    def known() -> tuple[set[str], set[str]]:
        """Numbers that can be read, and fingerprints by which an account can be found."""
        with app.app_context():
            accounts, codes = list(db.session.query(Account)), list(db.session.query(SmsCode))
            numbers = {row.phone for row in accounts} | {row.phone for row in codes}
            return numbers, {row.phone_index for row in accounts} & {phone_index(MA_LAN.phone)}

    assert MA_LAN.phone in known()[0]
    assert known()[1]
    close(ma_lan)
    assert MA_LAN.phone not in known()[0]
    assert known()[1] == set()


def test_drafts_codes_look_cases_and_what_was_handed_over_go(
    ma_lan: LintingClient, app: Flask
) -> None:
    ma_lan.submit(ma_lan.page("/me"), "长辈版")
    ma_lan.submit(ma_lan.page("/me"), "退出长辈版")
    proxy_for(ma_lan, DING)
    ma_lan.submit(ma_lan.page("/registration"), "到窗口继续办理", address="没交的新地址五号")
    ma_lan.submit(ma_lan.page("/assessment/self/new"), "核定", 422, base="59")
    for table in ("draft", "hand_over", "proxy_case"):
        assert rows(app, f"SELECT 1 FROM {table}") != []
    close(ma_lan)
    for table in ("draft", "hand_over", "proxy_case"):
        assert rows(app, f"SELECT 1 FROM {table}") == [], table


def test_what_a_clerk_has_taken_over_is_finished_at_the_counter(
    ma_lan: LintingClient, app: Flask
) -> None:
    ma_lan.submit(ma_lan.page("/registration"), "到窗口继续办理", address="没交的新地址五号")
    execute(app, "UPDATE hand_over SET taken_by = 'staff:2'")
    close(ma_lan)
    assert rows(app, "SELECT taken_by FROM hand_over") == [("staff:2",)]


def test_the_insurance_stays_and_the_person(ma_lan: LintingClient, app: Flask) -> None:
    assess(ma_lan, "2026-01", "2026-02")
    tables = ("person", "registration", "assessment", "assessed_month")
    before = stored(app)
    events = len(before["audit_event"])
    close(ma_lan)
    after = stored(app)
    assert {name: after[name] for name in tables} == {name: before[name] for name in tables}
    assert len(after["audit_event"]) == events + 1
    (event,) = rows(
        app,
        "SELECT subject, actor_label FROM audit_event WHERE action = 'account.closed'",
    )
    assert event == ("account", "马*（199****0001）")


def test_the_chain_of_events_is_whole_afterwards(ma_lan: LintingClient, app: Flask) -> None:
    close(ma_lan)
    result = app.test_cli_runner().invoke(args=["audit", "verify"])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE rating SET account_id = (SELECT max(id) FROM account)",
        "UPDATE rating SET account_id = NULL, level = 1",
        "UPDATE rating SET level = 1",
        "DELETE FROM rating",
    ],
)
def test_the_database_lets_a_rating_go_and_nothing_else(
    ma_lan: LintingClient, app: Flask, statement: str
) -> None:
    record = ma_lan.page(f"/assessment/records/{assess(ma_lan, '2026-01', '2026-01')}")
    ma_lan.submit(ma_lan.page(record.links()["评价"]), "提交评价", level="4", sentence="好")
    with pytest.raises(REFUSED, match="a rating is not changed"):
        execute(app, statement)
    execute(app, "UPDATE rating SET account_id = NULL")


def test_ratings_let_go_of_the_account_even_answered_ones(
    ma_lan: LintingClient, app: Flask
) -> None:
    for month in ("01", "02"):
        record = ma_lan.page(
            f"/assessment/records/{assess(ma_lan, f'2026-{month}', f'2026-{month}')}"
        )
        rate = ma_lan.page(record.links()["评价"])
        ma_lan.submit(rate, "提交评价", level="4", sentence="好")
    execute(
        app,
        "UPDATE rating SET handled_by = (SELECT min(id) FROM staff), handled_at = created_at"
        " WHERE id = 1",
    )
    close(ma_lan)
    assert rows(app, "SELECT level, account_id FROM rating") == [(4, None), (4, None)]


def test_whoever_comes_back_is_the_same_person_with_a_new_account(
    ma_lan: LintingClient, app: Flask, clock: Clock
) -> None:
    old, serial = account_of(app), assess(ma_lan, "2026-01", "2026-02")
    close(ma_lan)
    clock.advance(minutes=2)
    landed = sign_in(ma_lan, MA_LAN.phone)
    assert landed.path == "/real-name"
    assert account_of(app) != old
    real_name(ma_lan, MA_LAN)
    assert serials(ma_lan.page("/assessment/self")) == [serial]
    assert rows(app, "SELECT count(*) FROM person WHERE identity_index IS NOT NULL")[0][0] == 5
    revoke(ma_lan, serial)
    assert state(ma_lan, serial) == "已撤销"


def test_what_one_did_with_the_closed_account_is_not_somebody_elses_doing(
    ma_lan: LintingClient, clock: Clock
) -> None:
    assess(ma_lan, "2026-01", "2026-02")
    close(ma_lan)
    clock.advance(minutes=2)
    sign_in(ma_lan, MA_LAN.phone)
    real_name(ma_lan, MA_LAN)
    page = ma_lan.page("/me/messages")
    assert "注销了账号" in page.texts("h2")
    assert "不是我办的" not in page.buttons()


def test_another_number_may_be_the_persons_next(
    ma_lan: LintingClient, another: Callable[[], LintingClient]
) -> None:
    """Before, somebody with a new number had to go to a counter."""
    phone = another()
    sign_in(phone, "13800000188")
    assert "没有通过核验" in real_name(phone, MA_LAN, 422).words
    close(ma_lan)
    assert real_name(phone, MA_LAN).path == "/"


@pytest.mark.parametrize("whose", ["own", "for another"])
def test_what_the_tax_bureau_has_not_answered_is_finished_first(
    ma_lan: LintingClient, app: Flask, whose: str
) -> None:
    who = "self" if whose == "own" else proxy_for(ma_lan, WANG).path.rpartition("/")[2]
    serial = assess(ma_lan, "2026-01", "2026-02", who=who)
    form = ma_lan.page(CLOSE)
    transmit(ma_lan, serial)
    before = stored(app)
    page = ma_lan.submit(form, "确认注销", 422)
    assert f"核定流水号 {serial}还是“传输中”，等税务接收后再来注销" in page.words
    assert "确认注销" not in page.buttons()
    assert stored(app) == before
    assert "确认注销" not in ma_lan.page(CLOSE).buttons()
    work(app)
    assert close(ma_lan).title == "账号已注销"


def test_a_revocation_that_was_asked_for_is_answered_first(
    ma_lan: LintingClient, app: Flask
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-02")
    transmit(ma_lan, serial)
    work(app)
    ask = ma_lan.page(f"/assessment/records/{serial}/ask-tax")
    ma_lan.submit(ask, "确认", reason="填错了月份")
    assert "等税务答复撤销申请" in ma_lan.page(CLOSE).words
    work(app)
    clerk(ma_lan, serial, "同意撤销")
    work(app)
    assert close(ma_lan).title == "账号已注销"


def test_what_the_person_may_still_do_does_not_stand_in_the_way(
    ma_lan: LintingClient, app: Flask
) -> None:
    assess(ma_lan, "2026-01", "2026-02")
    assert close(ma_lan).title == "账号已注销"
    assert rows(app, "SELECT state FROM assessment") == [("assessed",)]


def test_a_number_without_a_real_name_is_closed_as_well(client: LintingClient, app: Flask) -> None:
    sign_in(client, newcomer().phone)
    number = account_of(app)
    assert close(client).title == "账号已注销"
    assert account_row(app, number)[-1] == 1
    assert rows(app, "SELECT person_id FROM audit_event WHERE action = 'account.closed'") == [
        (None,)
    ]


def test_closing_is_no_way_to_new_tries(client: LintingClient) -> None:
    sign_in(client, newcomer().phone)
    assert "没有通过核验" in real_name(client, MA_LAN, 422).words
    before = client.page(CLOSE)
    assert "请明天再来注销" in before.words
    assert "确认注销" not in before.buttons()


def test_once_a_day(ma_lan: LintingClient, app: Flask, clock: Clock) -> None:
    close(ma_lan)
    clock.advance(minutes=2)
    sign_in(ma_lan, MA_LAN.phone)
    real_name(ma_lan, MA_LAN)
    before = stored(app)
    assert "请明天再来" in ma_lan.page(CLOSE).words
    assert "确认注销" not in ma_lan.page(CLOSE).buttons()
    assert stored(app) == before


def test_codes_count_for_the_day_whatever_was_closed(
    client: LintingClient, app: Flask, clock: Clock
) -> None:
    who = newcomer(7)
    sign_in(client, who.phone)  # from here on this phone is known, with a count of its own
    client.submit(client.page("/me"), "退出登录")
    for _ in range(4):
        clock.advance(minutes=2)
        request_code(client, who.phone)
    clock.advance(minutes=2)
    sign_in(client, who.phone)
    close(client)
    for _ in range(5):
        clock.advance(minutes=2)
        request_code(client, who.phone)
    clock.advance(minutes=2)
    page = client.submit(client.page("/sign-in"), "获取验证码", 422, phone=who.phone)
    assert "今天获取验证码的次数已用完" in page.words


def test_a_code_that_was_sent_before_opens_nothing_afterwards(
    ma_lan: LintingClient, another: Callable[[], LintingClient], clock: Clock
) -> None:
    clock.advance(minutes=2)
    other = another()
    page, code = request_code(other, MA_LAN.phone)
    close(ma_lan)
    assert "获取验证码" in other.submit(page, "登录", 422, code=code).words


def test_a_number_that_only_a_vendor_vouched_for_proves_itself_first(
    client: LintingClient, app: Flask
) -> None:
    execute(app, "UPDATE account SET vouched_by = 'boc'")
    sign_in(client, MA_LAN.phone)
    before = stored(app)
    page = client.page(CLOSE)
    assert "请先在“我的”里实名认证" in page.words
    assert "确认注销" not in page.buttons()
    token = client.page("/me").form("退出登录")[0].fields["csrf_token"]
    assert client.post(CLOSE, data={"csrf_token": token}).status_code == 422
    assert stored(app) == before


def test_either_all_of_it_or_nothing(
    ma_lan: LintingClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last of the steps fails: none of those before it has happened."""

    def broken(**_: object) -> None:
        raise RuntimeError("the power went out")

    ma_lan.submit(ma_lan.page("/assessment/self/new"), "核定", 422, base="59")
    form = ma_lan.page(CLOSE)
    before, drafts = stored(app), rows(app, "SELECT account_id, form FROM draft")
    monkeypatch.setattr(handover_codes, "close", broken)
    ma_lan.faults_expected = True
    assert ma_lan.repeat(form, "确认注销").status_code == 500
    assert stored(app) == before
    assert rows(app, "SELECT account_id, form FROM draft") == drafts
    assert rows(app, "SELECT 1 FROM sign_in WHERE ended_at IS NOT NULL") == []


def test_the_same_press_twice_closes_once(client: LintingClient, app: Flask) -> None:
    arrive(client, newcomer(9))
    form = client.page(CLOSE)
    assert client.repeat(form, "确认注销").status_code == 303
    assert client.repeat(form, "确认注销").status_code in (303, 400)
    assert len(rows(app, "SELECT 1 FROM audit_event WHERE action = 'account.closed'")) == 1


def test_yang_without_a_registration_closes_too(client: LintingClient) -> None:
    sign_in(client, YANG.phone)
    assert close(client).title == "账号已注销"
