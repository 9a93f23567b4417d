"""The service is opened on phones area by area and channel by channel; counters are never shut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask

from flexapp.agency import service as agency
from flexapp.agency.service import Kind, Place
from flexapp.audit import service as audit
from flexapp.audit.service import Actor, ActorKind
from flexapp.config import Environment
from flexapp.db.session import db
from flexapp.rules import divisions
from flexapp.rules.capabilities import Action, ChannelKind
from flexapp.rules.refusal import Refusal
from flexapp.web.clock import now
from tests.conftest import MakeApp
from tests.support.client import LintingClient, linting
from tests.support.clock import Clock
from tests.support.database import rows
from tests.support.walks import MA_LAN, YANG, assess, sign_in, transmit

AtTheDesk = Callable[[str], LintingClient]
PAGE = "/counter/pilot"
TODAY = date(2026, 11, 24)
PHONE = Actor(ActorKind.ACCOUNT, 1, "本人")


def close(officer: LintingClient, place: str) -> None:
    page = officer.page(f"{PAGE}/close")
    officer.submit(page, "确认暂停", place=place, reason="先小范围试用")


def open_from(officer: LintingClient, place: str, since: str) -> None:
    officer.submit(officer.page(f"{PAGE}/open"), "确认开通", place=place, since=since)


def asked(app: Flask, actor: Actor, action: Action = Action.ASSESS) -> Refusal | None:
    division = divisions.find("640104")
    assert division is not None
    with app.app_context():
        answer = agency.why_not_open(division=division, actor=actor, action=action, today=TODAY)
        db.session.rollback()
    return answer


def test_in_the_demo_everything_is_open(at_the_desk: AtTheDesk) -> None:
    facts = at_the_desk("jb01").page(PAGE).facts()
    assert set(facts.values()) == {"已开通"}
    assert {"兴庆区", "宁东能源化工基地", "我的宁夏", "手机浏览器"} <= set(facts)
    # What cannot be used at all is no matter of the pilot.
    assert "微信" not in facts


def test_in_production_an_area_is_closed_until_it_is_opened(app: Flask) -> None:
    app.config["SETTINGS"] = app.config["SETTINGS"].model_copy(
        update={"env": Environment.PRODUCTION}
    )
    refusal = asked(app, PHONE)
    assert refusal is not None
    assert "兴庆区还没有开通" in refusal.sentence


def test_a_resident_of_a_closed_area_reads_why_and_who_helps(
    at_the_desk: AtTheDesk, client: LintingClient, app: Flask
) -> None:
    sign_in(client, MA_LAN.phone)
    form = client.page("/assessment/self/new")
    close(at_the_desk("jb01"), "area:640104")
    sentence = (
        "手机办理正在小范围试用，兴庆区从2026年11月24日起暂停，恢复时间会在首页公告。"
        "现在请到兴庆区的社保服务大厅办理缴费核定。"
    )
    assert sentence in client.page("/assessment/self/new").words
    refused = client.submit(form, "核定", 422, start="2026-01", end="2026-12", base="60")
    assert sentence in refused.alert
    assert rows(app, "SELECT * FROM assessment") == []


def test_registering_in_an_area_that_opens_later_says_from_when(
    at_the_desk: AtTheDesk, client: LintingClient, app: Flask
) -> None:
    officer = at_the_desk("jb01")
    close(officer, "area")
    open_from(officer, "area:640502", "2026-12-01")
    sign_in(client, YANG.phone)
    before = rows(app, "SELECT count(*) FROM registration")
    refused = client.submit(
        client.page("/registration"),
        "提交",
        422,
        division="640502",
        ethnic_group="01",
        address="沙坡头区迎水桥镇一号院",
    )
    assert refused.errors["division"] == (
        "手机办理正在小范围试用，沙坡头区从2026年12月1日起开通。"
        "现在请到沙坡头区的乡镇民生服务中心或社保服务大厅办理参保登记和变更。"
    )
    assert rows(app, "SELECT count(*) FROM registration") == before


def test_on_the_day_it_opens_it_is_open(
    at_the_desk: AtTheDesk, make_app: MakeApp, clock: Clock
) -> None:
    officer = at_the_desk("jb01")
    close(officer, "area:640104")
    open_from(officer, "area:640104", "2026-12-01")
    assert officer.page(PAGE).facts()["兴庆区"] == "2026年12月1日起开通"
    later = linting(make_app(FLEXAPP_TODAY="2026-12-01").test_client())
    sign_in(later, MA_LAN.phone)
    assert assess(later, "2026-01", "2026-12")


def test_what_was_assessed_before_goes_its_way(
    at_the_desk: AtTheDesk, client: LintingClient
) -> None:
    sign_in(client, MA_LAN.phone)
    serial = assess(client, "2026-01", "2026-01")
    close(at_the_desk("jb01"), "area:640104")
    assert "传输中" in transmit(client, serial).words


@pytest.mark.parametrize("kind", [ChannelKind.TOWNSHIP, ChannelKind.HALL])
def test_counters_are_not_affected(at_the_desk: AtTheDesk, app: Flask, kind: ChannelKind) -> None:
    close(at_the_desk("jb01"), "area")
    clerk = Actor(ActorKind.STAFF, 2, "经办员", kind.value, kind)
    assert asked(app, clerk, Action.REGISTER) is None
    assert asked(app, PHONE, Action.REGISTER) is not None


def test_a_closed_channel_says_where_else(at_the_desk: AtTheDesk, app: Flask) -> None:
    close(at_the_desk("jb01"), "channel:abc")
    refusal = asked(app, replace(PHONE, channel="abc"))
    assert refusal is not None
    assert "您现在用的渠道从2026年11月24日起暂停" in refusal.sentence
    assert "请换一个已开通的渠道" in refusal.sentence
    assert asked(app, PHONE) is None


@pytest.mark.parametrize(
    ("place", "since", "field"),
    [
        ("", "2026-11-24", "place"),
        ("area:640100", "2026-11-24", "place"),
        ("channel:nobody", "2026-11-24", "place"),
        ("area:640104", "2026-11-23", "since"),
        ("area:640104", "2028-01-01", "since"),
        ("area:640104", "明天", "since"),
    ],
)
def test_wrong_entries_are_refused_with_a_sentence(
    at_the_desk: AtTheDesk, app: Flask, place: str, since: str, field: str
) -> None:
    officer = at_the_desk("jb01")
    page = officer.page(f"{PAGE}/open")
    refused = officer.submit(page, "确认开通", 422, by_hand=True, place=place, since=since)
    assert refused.errors[field].startswith("请")
    assert rows(app, "SELECT * FROM pilot_place") == []


def test_closing_wants_a_reason_and_both_are_recorded(at_the_desk: AtTheDesk, app: Flask) -> None:
    officer = at_the_desk("jb01")
    page = officer.page(f"{PAGE}/close")
    refused = officer.submit(page, "确认暂停", 422, place="area:640104")
    assert "请写明原因" in refused.errors["reason"]
    close(officer, "area:640104")
    open_from(officer, "area:640104", "2026-11-24")
    with app.app_context():
        found = audit.of_subject(subject="pilot:area:640104")
    assert [(event.action, event.data) for event in found] == [
        ("pilot.closed", {"reason": "先小范围试用"}),
        ("pilot.opened", {"from": "2026-11-24"}),
    ]


def test_the_service_refuses_whoever_is_no_officer(app: Flask) -> None:
    hall = Actor(ActorKind.STAFF, 2, "大厅经办员", "hall", ChannelKind.HALL)
    places = [Place(Kind.AREA, "640104")]
    with app.app_context():
        opened = agency.open_places(
            places=places, since="2026-11-24", actor=hall, at=now(), today=TODAY
        )
        closed = agency.close_places(
            places=places, reason="不对", actor=hall, at=now(), today=TODAY
        )
        db.session.rollback()
    assert opened == closed
    assert opened is not None
    assert opened.reason == "not_an_officer"
