"""不是我办的 on the phone: a case is opened, the record held back, and it can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from flask import Flask

from flexapp.assessment import disputes
from flexapp.audit import service as audit
from flexapp.audit.service import Event
from flexapp.rules.limits import DISPUTES
from tests.support.at_once import at_once
from tests.support.client import LintingClient, linting
from tests.support.clock import Clock
from tests.support.database import opened, rows, stored
from tests.support.html import Page
from tests.support.tax import lost_answer, receipt, through, unreachable
from tests.support.walks import (
    MA_LAN,
    WANG,
    ZHANG,
    assess,
    proxy_for,
    revoke,
    sign_in,
    state,
    transmit,
    work,
)

NOT_ME = "不是我办的"
WITHDRAW = "说错了，是我同意办的"


@pytest.fixture
def wang(client: LintingClient) -> LintingClient:
    """王建国, who is handled for."""
    sign_in(client, WANG.phone)
    return client


@pytest.fixture
def proxy(another: Callable[[], LintingClient]) -> LintingClient:
    """马兰, who handles for him."""
    found = another()
    sign_in(found, MA_LAN.phone)
    return found


@pytest.fixture
def serial(wang: LintingClient, proxy: LintingClient) -> str:
    """What she made in his name."""
    return assess(proxy, "2026-01", "2026-03", "60", proxy_for(proxy, WANG).path.rpartition("/")[2])


def record(serial: str) -> str:
    """The address of a record."""
    return f"/assessment/records/{serial}"


def dispute(client: LintingClient, serial: str) -> None:
    """Press 不是我办的 on the record's page."""
    client.submit(client.page(record(serial)), NOT_ME)


def audit_event(app: Flask, action: str) -> Event:
    """The only event of that action."""
    ((seq,),) = rows(app, f"SELECT seq FROM audit_event WHERE action = '{action}'")
    with app.app_context():
        found = audit.one(int(str(seq)))
    assert found is not None
    return found


def grid(page: Page) -> list[str]:
    """The boxes of the months."""
    return [text.replace(" ", "") for text in page.texts("li") if "月" in text]


def cases(app: Flask) -> list[tuple[object, ...]]:
    return rows(app, "SELECT state, assessment_id IS NOT NULL, under_way FROM dispute ORDER BY id")


def test_not_my_doing_opens_a_case_and_the_button_to_transmit_goes(
    wang: LintingClient, proxy: LintingClient, serial: str, app: Flask
) -> None:
    dispute(wang, serial)
    assert cases(app) == [("open", 1, 0)]
    for client in (wang, proxy):
        page = client.page(record(serial))
        assert "起在核实。核实前不会传输" in page.words
        assert "传输" not in page.buttons()
        assert "撤销" in page.buttons()
    assert "从" in wang.page(record(serial)).words
    assert "经办机构从 2026-11-24" in wang.page("/me/messages").words


def test_neither_person_nor_proxy_can_transmit_what_is_disputed(
    wang: LintingClient, proxy: LintingClient, serial: str, app: Flask
) -> None:
    before = [client.page(record(serial)) for client in (wang, proxy)]
    dispute(wang, serial)
    for client, page in zip((wang, proxy), before, strict=True):
        said = client.submit(page, "传输", 422)
        assert "核实前不能传输" in said.words
    assert state(wang, serial) == "已核定"


def test_what_is_queued_already_is_not_sent_and_goes_out_once_it_is_taken_back(
    wang: LintingClient, proxy: LintingClient, serial: str, app: Flask
) -> None:
    transmit(proxy, serial)
    dispute(wang, serial)
    work(app)
    assert state(wang, serial) == "传输中"
    assert rows(app, "SELECT status, attempt FROM outbox_message") == [("waiting", 0)]
    page = wang.submit(wang.page("/me/messages"), WITHDRAW)
    assert page.texts("h2")[0] == "撤回了“不是我办的”的反映，可以继续办理"
    assert cases(app) == [("withdrawn", 1, 0)]
    work(app)
    assert state(wang, serial) == "已传输"


def test_what_is_held_back_is_not_in_the_way_of_others(
    wang: LintingClient, proxy: LintingClient, serial: str, app: Flask
) -> None:
    transmit(proxy, serial)
    dispute(wang, serial)
    later = [assess(proxy, f"2026-{m:02d}", f"2026-{m:02d}") for m in (4, 5, 6)]
    for each in later:
        transmit(proxy, each)
    work(app)
    assert {state(proxy, each) for each in later} == {"已传输"}


def test_what_the_tax_bureau_has_already_is_flagged_and_nothing_is_stopped(
    wang: LintingClient, proxy: LintingClient, serial: str, app: Flask
) -> None:
    transmit(proxy, serial)
    work(app)
    dispute(wang, serial)
    assert cases(app) == [("open", 1, 1)]
    page = wang.page(record(serial))
    assert "这一笔已经交给税务，要先由税务撤销" in page.words
    assert "申请税务撤销" in page.buttons()


def test_what_may_have_left_is_looked_for_and_not_sent_again(
    wang: LintingClient, proxy: LintingClient, serial: str, app: Flask, clock: Clock
) -> None:
    transmit(proxy, serial)
    work(app, through(lost_answer))
    dispute(wang, serial)
    assert cases(app) == [("open", 1, 1)]
    posted: list[str] = []

    def there(request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            posted.append(request.url.path)
        elif "/assessments/" in request.url.path:
            return httpx.Response(404, json={"reason": "unknown_serial"})
        return receipt(request)

    clock.advance(minutes=10)
    work(app, through(there))
    assert posted == []
    assert rows(app, "SELECT status, maybe_sent FROM outbox_message") == [("waiting", 0)]
    clock.advance(minutes=10)
    work(app, through(there))
    assert posted == []
    wang.submit(wang.page(record(serial)), WITHDRAW)
    work(app, through(there))
    assert len(posted) == 1


def test_while_the_tax_bureau_is_down_a_disputed_one_says_why_it_waits(
    wang: LintingClient, proxy: LintingClient, serial: str, app: Flask
) -> None:
    transmit(proxy, serial)
    work(app, through(unreachable))
    work(app, through(unreachable))
    dispute(wang, serial)
    page = wang.page(record(serial))
    assert "起在核实。核实前不会传输" in page.words
    assert "税务系统维护中" not in page.words


def test_two_disputes_of_one_record_are_one_case(
    wang: LintingClient, proxy: LintingClient, serial: str, app: Flask
) -> None:
    transmit(proxy, serial)
    page = wang.page("/me/messages")
    assert page.texts("h2")[:2] == [
        "把 2026年1月至3月 的核定传输给税务",
        "核定 2026年1月至3月，3013.80 元",
    ]
    wang.submit(page, NOT_ME)
    wang.submit(wang.page("/me/messages"), NOT_ME)
    assert cases(app) == [("open", 1, 0)]
    assert rows(app, "SELECT count(*) FROM audit_event WHERE action = 'person.disputed'") == [(2,)]
    assert rows(app, "SELECT count(*) FROM audit_event WHERE action = 'proxy.disputed'") == [(1,)]


def test_double_taps_open_one_case_and_take_it_back_once(
    wang: LintingClient, serial: str, app: Flask
) -> None:
    page = wang.page(record(serial))
    cookies = wang.get_cookie("session")
    assert cookies is not None

    def press(_: int) -> None:
        client = linting(app.test_client())
        client.set_cookie("session", cookies.value)
        assert client.repeat(page, NOT_ME).status_code == 303

    at_once(4, press)
    assert cases(app) == [("open", 1, 0)]
    back = wang.page("/me/messages")
    for _ in range(2):
        assert wang.repeat(back, WITHDRAW).status_code == 303
    assert rows(app, "SELECT count(*) FROM audit_event WHERE action = 'dispute.withdrawn'") == [
        (1,)
    ]


def test_both_people_are_told_when_it_opens_and_when_it_is_taken_back(
    wang: LintingClient, proxy: LintingClient, serial: str
) -> None:
    dispute(wang, serial)
    told = proxy.page("/me/messages")
    assert told.texts("h2")[0] == (
        "您代办的 2026年1月至3月 的核定，参保人反映不是本人办的；"
        "核实前不会传输，您不用再操作，经办机构会核实"
    )
    assert "不是我办的" not in told.buttons()
    for secret in (WANG.name, WANG.phone[-4:] + "）", "199****0003"):
        assert secret not in told.texts("article")[0]
    wang.submit(wang.page("/me/messages"), WITHDRAW)
    assert proxy.page("/me/messages").texts("h2")[0] == (
        "您代办的 2026年1月至3月 的核定有结果了：本人已撤回，可以继续办理"
    )


def test_nobody_is_told_to_pay_what_is_being_looked_into_nor_that_it_is_held_back(
    wang: LintingClient, proxy: LintingClient, serial: str, app: Flask
) -> None:
    transmit(proxy, serial)
    work(app)
    dispute(wang, serial)
    for client in (wang, proxy):
        page = client.page(record(serial))
        assert "核实完以前请先不要缴费" in page.words
        assert "请到税务渠道缴费" not in page.words
    assert "核实前不会传输" not in proxy.page("/me/messages").texts("h2")[0]
    assert "您不用再操作" in proxy.page("/me/messages").texts("h2")[0]


def test_what_was_disputed_in_a_case_taken_back_is_disputed_again_in_the_open_one(
    wang: LintingClient, proxy: LintingClient, serial: str, app: Flask
) -> None:
    dispute(wang, serial)
    wang.submit(wang.page("/me/messages"), WITHDRAW)
    transmit(proxy, serial)
    wang.submit(wang.page("/me/messages"), NOT_ME)
    assert cases(app) == [("withdrawn", 1, 0), ("open", 1, 0)]
    before = wang.page("/me/messages")
    assert "后来撤回了" in before.words
    wang.submit(before, NOT_ME)
    after = wang.page("/me/messages")
    assert "后来撤回了" not in after.words
    # What is left is that she looked.
    assert after.buttons().count(NOT_ME) == 1
    assert after.buttons().count(WITHDRAW) == 2
    assert cases(app) == [("withdrawn", 1, 0), ("open", 1, 0)]
    told = rows(app, "SELECT count(*) FROM audit_event WHERE action = 'person.disputed'")
    wang.repeat(before, NOT_ME)
    assert rows(app, "SELECT count(*) FROM audit_event WHERE action = 'person.disputed'") == told


def test_what_was_disputed_before_there_were_cases_belongs_to_the_case_of_its_assessment(
    wang: LintingClient, proxy: LintingClient, serial: str, app: Flask
) -> None:
    transmit(proxy, serial)
    wang.submit(wang.page("/me/messages"), NOT_ME)
    event = (
        "INSERT INTO audit_event (seq, at, action, person_id, subject, actor_kind, actor_id,"
        " actor_label, channel, data, previous, digest)"
        " SELECT 900, at, action, person_id, subject, actor_kind, actor_id, actor_label, channel,"
        " ?, 'p', 'd' FROM audit_event WHERE action = 'person.disputed'"
    )
    ((assessed,),) = rows(app, "SELECT seq FROM audit_event WHERE action = 'assessment.assess'")
    with opened(app) as database:
        database.execute(event, f'{{"about":"{assessed}"}}')
    page = wang.page("/me/messages")
    assert page.buttons().count(NOT_ME) == 1  # that she looked
    assert page.words.count("经办机构从 2026-11-24") == 2


def test_an_account_opens_only_so_many_cases_a_day(
    wang: LintingClient, serial: str, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disputes, "DISPUTES", replace(DISPUTES, most=2))
    for _ in range(2):
        dispute(wang, serial)
        wang.submit(wang.page("/me/messages"), WITHDRAW)
    page = wang.page("/me/messages")
    before = rows(app, "SELECT count(*) FROM audit_event")
    assert "今天已经反映满" in wang.submit(page, NOT_ME, 422).alert
    assert cases(app) == [("withdrawn", 1, 0), ("withdrawn", 1, 0)]
    assert rows(app, "SELECT count(*) FROM audit_event") == before


def test_a_page_of_messages_fetches_only_the_cases_that_its_messages_name(
    wang: LintingClient, serial: str, app: Flask
) -> None:
    dispute(wang, serial)
    wang.submit(wang.page("/me/messages"), WITHDRAW)
    ((person,),) = rows(app, "SELECT person_id FROM dispute")
    looked = replace(
        audit_event(app, "assessment.assess"), seq=900, subject="another", data={"case": ""}
    )
    with app.app_context():
        assert disputes.named_by(int(str(person)), numbers=[""], events=[looked]) == ()
        assert len(disputes.named_by(int(str(person)), numbers=["1"], events=[looked])) == 1
        assert len(disputes.of_person(int(str(person)))) == 1


def test_months_that_are_looked_into_are_neither_to_be_transmitted_nor_paid_for(
    wang: LintingClient, proxy: LintingClient, serial: str, app: Flask
) -> None:
    dispute(wang, serial)
    for path in ("/", "/me"):
        page = wang.page(path)
        assert "去传输" not in page.words
        assert grid(page)[:4] == ["1月核实中", "2月核实中", "3月核实中", "4月可核定"]
    assess(wang, "2026-04", "2026-04")
    assert "去传输2026年4月核定好了" in wang.page("/").words
    transmit(wang, assess(wang, "2026-05", "2026-05"))
    work(app)
    who = proxy_for(proxy, WANG).path.rpartition("/")[2]
    for client, whom in ((wang, "self"), (proxy, who)):
        assert grid(client.page(f"/assessment/{whom}"))[:3] == [
            "1月核实中",
            "2月核实中",
            "3月核实中",
        ]
        words = client.page(f"/assessment/{whom}/new").words
        assert "2026年1月至3月 正在核实“不是我办的”，核实前不能传输。" in words
        assert "2026年1月至3月 核定好了" not in words
    words = wang.page("/assessment/self/new").words
    assert "2026年4月 核定好了，还没有传输给税务" in words
    assert "2026年5月 税务已收到，请到税务渠道缴费" in words


def test_months_that_the_tax_bureau_has_and_that_are_looked_into_are_not_to_be_paid_for_yet(
    wang: LintingClient, proxy: LintingClient, app: Flask
) -> None:
    who = proxy_for(proxy, WANG).path.rpartition("/")[2]
    serial = assess(proxy, "2026-01", "2026-05", "60", who)
    transmit(proxy, serial)
    work(app)
    dispute(wang, serial)
    words = wang.page("/assessment/self/new").words
    assert "2026年1月至5月 正在核实“不是我办的”，核实完以前请先不要缴费。" in words
    assert "请到税务渠道缴费" not in words
    wang.submit(wang.page("/me/messages"), WITHDRAW)
    assert "请到税务渠道缴费" in wang.page("/assessment/self/new").words


def test_a_message_of_a_revoked_record_promises_no_months_that_may_be_taken_again(
    wang: LintingClient, proxy: LintingClient, serial: str
) -> None:
    dispute(wang, serial)
    revoke(proxy, serial)
    assert "这些月份可以重新核定" in wang.page(record(serial)).words
    assess(wang, "2026-01", "2026-03")
    assert "可以重新核定" not in wang.page("/me/messages").words
    assert "可以重新核定" not in wang.page(record(serial)).words


def test_what_is_taken_back_can_be_disputed_again(
    wang: LintingClient, serial: str, app: Flask
) -> None:
    dispute(wang, serial)
    wang.submit(wang.page("/me/messages"), WITHDRAW)
    assert "传输" in wang.page(record(serial)).buttons()
    dispute(wang, serial)
    assert cases(app) == [("withdrawn", 1, 0), ("open", 1, 0)]


def test_revoking_settles_the_case_whoever_does_it(
    wang: LintingClient, proxy: LintingClient, serial: str, app: Flask
) -> None:
    dispute(wang, serial)
    revoke(proxy, serial)
    assert cases(app) == [("revoked", 1, 0)]
    assert rows(app, "SELECT disputed_at FROM assessment") == [(None,)]
    assert wang.page("/me/messages").texts("h2")[0] == (
        "您反映的 2026年1月至3月 的核定有结果了：已撤销"
    )
    assert WITHDRAW not in wang.page("/me/messages").buttons()


def test_that_somebody_looked_can_be_disputed_and_holds_no_record_back(
    wang: LintingClient, proxy: LintingClient, app: Flask
) -> None:
    proxy_for(proxy, WANG)
    wang.submit(wang.page("/me/messages"), NOT_ME)
    assert cases(app) == [("open", 0, 0)]
    assert proxy.page("/me/messages").texts("h2")[0].startswith("您代办的这件事，参保人反映")


def test_what_is_done_about_a_dispute_is_not_disputed_again(
    wang: LintingClient, serial: str, app: Flask
) -> None:
    dispute(wang, serial)
    ((seq,),) = rows(app, "SELECT seq FROM audit_event WHERE action = 'person.disputed'")
    token = wang.page("/assessment").form("提交")[0].fields["csrf_token"]
    answer = wang.post(f"/me/messages/{seq}/not-me", data={"csrf_token": token})
    assert answer.status_code == 404


def test_nobody_takes_back_what_somebody_else_disputed(
    wang: LintingClient,
    proxy: LintingClient,
    serial: str,
    app: Flask,
    another: Callable[[], LintingClient],
) -> None:
    dispute(wang, serial)
    stranger = another()
    sign_in(stranger, ZHANG.phone)
    for client in (proxy, stranger):
        token = client.page("/assessment").form("提交")[0].fields["csrf_token"]
        before = stored(app)
        known = client.post("/me/disputes/1/withdraw", data={"csrf_token": token})
        unknown = client.post("/me/disputes/77/withdraw", data={"csrf_token": token})
        assert (known.status_code, unknown.status_code) == (404, 404)
        assert stored(app) == before
        assert WITHDRAW not in client.page("/me/messages").buttons()
    assert WITHDRAW not in proxy.page(record(serial)).buttons()


def test_somebody_whose_record_is_being_looked_into_may_close_the_account_and_the_case_stays(
    wang: LintingClient, proxy: LintingClient, serial: str, app: Flask
) -> None:
    dispute(wang, serial)
    for client in (proxy, wang):
        client.submit(client.page("/me/close-account"), "确认注销")
    assert cases(app) == [("open", 1, 0)]


def test_the_case_is_in_what_a_person_takes_with_them(wang: LintingClient, serial: str) -> None:
    dispute(wang, serial)
    page = wang.page("/me/privacy/data")
    assert any(text.startswith("不是我办的") for text in page.texts("h2"))
    assert "待核实" in page.words
