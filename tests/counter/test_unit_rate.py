"""以单位费率补缴: at a hall only, under its own unit, at its own rate, marked on the record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import Flask

from flexapp.assessment.service import assess, own_subject
from flexapp.people.service import Visitor, find_person
from flexapp.rules.identity import IdentityNumber
from flexapp.rules.rates import RateKind
from flexapp.web.clock import now, utcnow
from tests.counter.test_people import at, events, serve
from tests.support.client import LintingClient
from tests.support.database import rows
from tests.support.walks import MA_LAN, serials, sign_in, state, transmit, work

AtTheDesk = Callable[[str], LintingClient]


def make_up(desk: LintingClient) -> str:
    """马兰's make-up of three months; its serial."""
    form = desk.page(at(serve(desk, MA_LAN), "/unit-rate"))
    assert form.title == "以单位费率补缴核定"
    return serials(desk.submit(form, "核定", start="2026-01", end="2026-03", base="60"))[0]


def test_a_make_up_is_reckoned_at_the_unit_rate_under_the_units_own_name(
    at_the_desk: AtTheDesk, app: Flask
) -> None:
    desk = at_the_desk("dt01")
    person = serve(desk, MA_LAN)
    query = "?start=2026-01&end=2026-03&base=60"
    shown = desk.page(at(person, "/unit-rate/read-back" + query), htmx=True)
    assert "24%" in shown.words
    serial = make_up(desk)
    # 60 % of 8371 is raised to 5023.00 a month; 24 % of it is 1205.52.
    record = desk.page(at(serve(desk, MA_LAN), f"/records/{serial}"))
    assert "3616.56" in record.words
    assert "单位费率" in record.words
    assert "兴庆区以单位费率缴费虚拟单位" in record.words
    query = (
        "SELECT a.kind, u.kind, u.name FROM assessment a JOIN virtual_unit u ON u.id = a.unit_id"
    )
    assert rows(app, query) == [("unit", "unit", "兴庆区以单位费率缴费虚拟单位")]


def test_the_resident_sees_the_mark_and_moves_it_as_any_other(
    at_the_desk: AtTheDesk, app: Flask, client: LintingClient
) -> None:
    serial = make_up(at_the_desk("dt01"))
    sign_in(client, MA_LAN.phone)
    assert "费率 单位费率" in client.page("/assessment/self").words
    assert "（单位费率）" in client.page("/me/messages").texts("h2")[0]
    transmit(client, serial)
    work(app)
    assert state(client, serial) == "已传输"
    there = client.page(f"/tax-bureau/assessments/{serial}")
    assert "单位费率" in there.words


def test_the_months_are_taken_whatever_the_rate(at_the_desk: AtTheDesk) -> None:
    desk = at_the_desk("dt01")
    make_up(desk)
    form = desk.page(at(serve(desk, MA_LAN), "/assess"))
    answer = desk.submit(form, "核定", 422, by_hand=True, start="2026-03", end="2026-04", base="60")
    assert "该月份已核定" in answer.errors["start"]


def test_a_township_is_refused_and_it_is_noted(at_the_desk: AtTheDesk, app: Flask) -> None:
    desk = at_the_desk("xz01")
    person = serve(desk, MA_LAN)
    token = desk.page("/counter").form("退出登录")[0].fields["csrf_token"]
    fields = {"csrf_token": token, "start": "2026-01", "end": "2026-03", "base": "60"}
    answer = desk.post(at(person, "/unit-rate"), data=fields)
    assert answer.status_code == 422
    assert "请到社保服务大厅办理" in answer.text
    assert rows(app, "SELECT count(*) FROM assessment") == [(0,)]
    assert [data for *_, data in events(app, "counter.refused")] == [
        '{"code":"channel_cannot","what":"special"}'
    ]


def test_the_service_makes_none_for_a_phone(app: Flask) -> None:
    with app.app_context():
        person = find_person(IdentityNumber(MA_LAN.identity))
        visitor = Visitor(1, 1, MA_LAN.phone, "phone", utcnow(), utcnow(), person)
        subject = own_subject(visitor)
        assert subject is not None
        outcome = assess(
            subject=subject,
            start="2026-01",
            end="2026-03",
            base="60",
            actor=visitor.actor,
            at=now(),
            today=date(2026, 11, 24),
            kind=RateKind.UNIT,
        )
        assert isinstance(outcome, tuple)
        assert [refusal.reason for refusal in outcome] == ["channel_cannot"]
