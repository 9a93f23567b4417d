"""What the agency sees of the way to the tax bureau, and settles there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from flexapp.services import services_of
from flexapp.transmission.delivery import work_once
from tests.support.client import LintingClient
from tests.support.database import execute, rows
from tests.support.tax import answering, event, lost_answer, tell, through, unreachable
from tests.support.walks import MA_LAN, assess, revoke, sign_in, state, transmit, work

AtTheDesk = Callable[[str], LintingClient]
PAGE = "/counter/transmission"


@pytest.fixture
def parked(client: LintingClient, app: Flask) -> str:
    """The serial of a message that the tax bureau can never take."""
    sign_in(client, MA_LAN.phone)
    serial = assess(client, "2026-01", "2026-12")
    transmit(client, serial)
    work(app, through(answering(400, {})))
    return serial


def test_with_nothing_to_settle_it_says_so(at_the_desk: AtTheDesk) -> None:
    page = at_the_desk("jb01").page(PAGE)
    assert "没有搁置的消息。" in page.words
    assert "两边的账没有要人工处理的差异。" in page.words


def test_a_parked_message_is_shown_and_sent_again(
    at_the_desk: AtTheDesk, client: LintingClient, app: Flask, parked: str
) -> None:
    officer = at_the_desk("jb01")
    page = officer.page(PAGE)
    assert page.facts()["搁置"] == "1"
    assert parked in page.words
    assert "税务答复 400" in page.words
    after = officer.submit(page, "重新传输")
    assert after.facts()["搁置"] == "0"
    work(app)
    assert state(client, parked) == "已传输"
    ((label, serial),) = rows(
        app, "SELECT actor_label, subject FROM audit_event WHERE action = 'transmission.retried'"
    )
    assert (label, serial) == ("经办机构管理员 王**（jb01）", parked)


def test_one_that_somebody_settled_meanwhile_is_said(at_the_desk: AtTheDesk, parked: str) -> None:
    officer = at_the_desk("jb01")
    page = officer.page(PAGE)
    other = at_the_desk("jb02")
    other.submit(other.page(PAGE), "重新传输")
    assert "可能已经有人处理过" in officer.submit(page, "重新传输", 422).alert


def test_it_is_given_back_with_a_reason_that_the_person_reads(
    at_the_desk: AtTheDesk, client: LintingClient, parked: str
) -> None:
    officer = at_the_desk("jb01")
    form = officer.submit(officer.page(PAGE), "退回")
    assert form.title == "退回核定"
    refused = officer.submit(form, "确认", 422, reason="错")
    assert "2 至 100 个字" in refused.errors["reason"]
    assert officer.submit(refused, "确认", reason="税务不能接收，请重新核定").path == PAGE
    assert state(client, parked) == "税务退回"
    messages = client.page("/me/messages").texts("h2")
    assert messages[0].startswith("税务退回 2026年1月至12月 的核定（税务不能接收，请重新核定）")
    assert revoke(client, parked).texts("span", class_="tag") == ["已撤销"]


def test_where_the_tax_bureau_cannot_be_asked_nothing_is_given_back(
    at_the_desk: AtTheDesk, client: LintingClient, app: Flask, parked: str
) -> None:
    officer = at_the_desk("jb01")
    form = officer.page(f"{PAGE}/{parked}/give-back")
    services_of(app).tax = through(unreachable)
    assert "现在问不到税务" in officer.submit(form, "确认", 422, reason="不能接收").alert
    assert state(client, parked) == "传输中"


def test_what_the_tax_bureau_has_is_not_given_back(
    at_the_desk: AtTheDesk, client: LintingClient, app: Flask, parked: str
) -> None:
    execute(app, "UPDATE outbox_message SET status = 'waiting', due_at = '2000-01-01 00:00:00'")
    with app.app_context():
        work_once(services_of(app).tax)
    execute(app, "UPDATE outbox_message SET status = 'parked'")
    execute(app, "UPDATE assessment SET state = 'queued'")
    officer = at_the_desk("jb01")
    form = officer.page(f"{PAGE}/{parked}/give-back")
    assert "税务已经收到这一笔" in officer.submit(form, "确认", 422, reason="不能接收").alert


def test_an_auditor_sees_and_has_no_buttons(at_the_desk: AtTheDesk, parked: str) -> None:
    page = at_the_desk("sj01").page(PAGE)
    assert parked in page.words
    assert not {"重新传输", "退回"} & set(page.buttons())


def test_differences_and_a_breakdown_are_shown(
    at_the_desk: AtTheDesk, client: LintingClient, app: Flask
) -> None:
    sign_in(client, MA_LAN.phone)
    tell(client, event("64010420260101000001", "received"))
    for month in (1, 2):
        transmit(client, assess(client, f"2026-{month:02d}", f"2026-{month:02d}"))
    work(app, through(lost_answer))
    page = at_the_desk("jb01").page(PAGE)
    assert "64010420260101000001" in page.words
    assert "税务：已收到，待缴费；社保：没有这个流水号" in page.words
    assert "税务没有回应" in page.words
