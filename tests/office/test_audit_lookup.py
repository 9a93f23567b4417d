"""操作记录: everything done to a person and by a clerk, and every look-up recorded."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from flexapp.office import audit_lookup
from flexapp.rules.refusal import Refusal
from flexapp.rules.roles import Role
from flexapp.rules.states import Move
from flexapp.staff.event_sentences import SENTENCES
from flexapp.staff.service import Clerk
from flexapp.web.clock import now, today
from tests.architecture.checkout import ROOT, files_below
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import rows, stored
from tests.support.html import Page
from tests.support.walks import MA_LAN, WANG, assess, newcomer, revoke, sign_in, transmit

AtTheDesk = Callable[[str], LintingClient]
PAGE = "/counter/audit"


def look_up(client: LintingClient, identity: str, status: int = 200) -> Page:
    """查这个人."""
    return client.submit(client.page(PAGE), "查这个人", status, identity=identity)


def look_up_clerk(client: LintingClient, user_name: str, status: int = 200) -> Page:
    """查这名经办人员."""
    return client.submit(client.page(PAGE), "查这名经办人员", status, user_name=user_name)


def looked_up(app: Flask) -> list[tuple[object, ...]]:
    return rows(
        app,
        "SELECT person_id, subject, actor_label FROM audit_event"
        " WHERE action = 'audit.looked_up' ORDER BY seq",
    )


@pytest.fixture
def ma_lan(client: LintingClient) -> LintingClient:
    sign_in(client, MA_LAN.phone)
    return client


@pytest.mark.parametrize("user_name", ["sj01", "jb01"])
def test_everything_done_to_a_person_is_shown_in_words(
    at_the_desk: AtTheDesk, ma_lan: LintingClient, user_name: str
) -> None:
    first = assess(ma_lan, "2026-01", "2026-06")
    revoke(ma_lan, first)
    transmit(ma_lan, assess(ma_lan, "2026-01", "2026-03"))
    page = look_up(at_the_desk(user_name), MA_LAN.identity)
    assert "马*（640104********0021）" in page.words
    assert page.texts("h2") == [
        "查询操作记录",
        "传输给税务",
        "缴费核定",
        "撤销核定",
        "缴费核定",
        "手机号登录",
        "参保登记",
    ]
    facts = page.texts("dl")
    assert f"核定流水号 {first}" in facts[-2]
    assert "2026年1月至6月" in facts[-2]
    assert "已核定 → 已撤销" in facts[-3]
    assert "兴庆区" in facts[-1]
    assert "其他操作" not in page.words


def test_looking_is_recorded_with_who_looked_at_whom(at_the_desk: AtTheDesk, app: Flask) -> None:
    auditor = at_the_desk("sj01")
    look_up(auditor, MA_LAN.identity)
    look_up_clerk(auditor, "dt01")
    assert looked_up(app) == [
        (1, "person", "审计员 田**（sj01）"),
        (None, "staff:2", "审计员 田**（sj01）"),
    ]


def test_a_number_nobody_has_is_refused_recorded_and_not_kept(
    at_the_desk: AtTheDesk, app: Flask
) -> None:
    auditor = at_the_desk("sj01")
    page = look_up(auditor, newcomer().identity, 422)
    assert "没有这个身份证号" in page.errors["identity"]
    assert looked_up(app) == [(None, "nobody", "审计员 田**（sj01）")]
    assert newcomer().identity not in str(stored(app)["audit_event"])


@pytest.mark.parametrize("typed", ["", "123", "640104198503120022"])
def test_what_is_no_id_number_is_refused(at_the_desk: AtTheDesk, app: Flask, typed: str) -> None:
    auditor = at_the_desk("sj01")
    assert look_up(auditor, typed, 422).errors["identity"]
    assert looked_up(app) == []


@pytest.mark.parametrize("typed", ["", "nobody"])
def test_an_unknown_user_name_is_refused(at_the_desk: AtTheDesk, typed: str) -> None:
    page = look_up_clerk(at_the_desk("sj01"), typed, 422)
    assert "没有这个用户名" in page.errors["user_name"]
    assert "identity" not in page.errors


def test_what_a_clerk_did_is_shown_even_once_disabled(at_the_desk: AtTheDesk, app: Flask) -> None:
    look_up(at_the_desk("jb01"), MA_LAN.identity)
    app.test_cli_runner().invoke(args=["staff", "disable", "jb01"])
    page = look_up_clerk(at_the_desk("sj01"), " JB01 ")
    assert page.texts("h2") == ["查询操作记录", "经办登录", "发布首页公告"]
    assert "对 马*（640104********0021）" in page.words
    assert page.texts("dl") == ["经办人员 jb01"]
    assert MA_LAN.identity not in page.html


def test_no_id_number_stands_in_an_address(at_the_desk: AtTheDesk) -> None:
    page = look_up(at_the_desk("sj01"), MA_LAN.identity)
    assert MA_LAN.identity not in page.path
    assert MA_LAN.identity not in page.html


def test_older_events_are_on_further_pages_and_none_twice_or_left_out(
    at_the_desk: AtTheDesk, ma_lan: LintingClient, app: Flask
) -> None:
    for _ in range(12):
        revoke(ma_lan, assess(ma_lan, "2026-01", "2026-01"))
    auditor = at_the_desk("sj01")
    page = look_up(auditor, MA_LAN.identity)
    told = page.texts("article")
    assert len(told) == audit_lookup.PAGE_SIZE
    while "查看更早的记录" in page.links():
        page = auditor.page(page.links()["查看更早的记录"])
        told += page.texts("article")
    ((count,),) = rows(app, "SELECT count(*) FROM audit_event WHERE person_id = 1")
    assert len(told) == len(set(told)) == count
    assert len(looked_up(app)) == 1


def test_a_look_up_is_open_only_to_who_asked_and_only_for_a_while(
    at_the_desk: AtTheDesk, clock: Clock
) -> None:
    auditor, officer = at_the_desk("sj01"), at_the_desk("jb01")
    page = look_up(auditor, MA_LAN.identity)
    assert "请重新查询" in officer.page(page.path, 422).words
    for _ in range(5):
        clock.advance(minutes=25)
        auditor.page(PAGE)
    assert "请重新查询" in auditor.page(page.path, 422).words


@pytest.mark.parametrize("seq", [0, 1, 10**6, 10**30])
def test_another_number_in_the_address_shows_nothing(at_the_desk: AtTheDesk, seq: int) -> None:
    page = at_the_desk("sj01").page(f"{PAGE}/{seq}", 422)
    assert "请重新查询" in page.words
    assert not page.all("article")


@pytest.mark.parametrize("role", [Role.TOWNSHIP, Role.HALL])
def test_the_service_refuses_the_counters_too(app: Flask, role: Role) -> None:
    clerk = Clerk(1, "xz01", "马建军", role, ("640104",))
    with app.app_context():
        outcomes = [
            audit_lookup.look_up_person(
                identity=WANG.identity, clerk=clerk, at=now(), today=today()
            ),
            audit_lookup.look_up_clerk(user_name="jb01", clerk=clerk, at=now()),
        ]
    assert all(isinstance(o, Refusal) and o.reason == "role_cannot" for o in outcomes)
    assert looked_up(app) == []


def test_every_action_has_its_words_in_the_record_of_what_was_done() -> None:
    literal = re.compile(r'"((?:[a-z]+_?)+\.[a-z_]+)"')
    places = [ROOT / path for path in files_below("flexapp", ending=".py")]
    said = {
        found
        for place in places
        if "taxbureau" not in place.parts and not place.stem.endswith(("pages", "views"))
        for line in place.read_text(encoding="utf-8").splitlines()
        for found in literal.findall(line)
        if "action=" in line or "_record(" in line or "_note(" in line
    }
    assert len(said) > 25
    channel = {f"channel.{what}" for what in ("added", "enabled", "disabled", "webview")}
    moves = {f"assessment.{move.value}" for move in Move}
    assert (said | channel | moves) - set(SENTENCES) == set()
