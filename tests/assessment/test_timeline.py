"""How far a record is: what was reached when, in whose hands it is, what comes next."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from flask import Flask

from flexapp.assessment.queries import (
    RESTORED,
    HeldUp,
    Record,
)
from flexapp.assessment.timeline import progress
from flexapp.audit.service import ActorKind, Event
from flexapp.rules.periods import Month, Period
from flexapp.rules.rates import RateKind
from flexapp.rules.states import State
from tests.support.client import LintingClient
from tests.support.database import execute
from tests.support.html import words
from tests.support.tax import lost_answer, through
from tests.support.walks import assess, clerk, revoke, transmit, work

DONE, NOW, NEXT = "已完成", "现在", "未到"


@pytest.fixture
def serial(ma_lan: LintingClient) -> str:
    """A record that was just assessed."""
    return assess(ma_lan, "2026-01", "2026-06")


def way(client: LintingClient, serial: str) -> list[tuple[str, str]]:
    """(stage, where it is) of the record's page; one that was reached says when."""
    page = client.page(f"/assessment/records/{serial}")
    (listed,) = page.all("ol", class_="way")
    found = []
    for stage in listed:
        name, *times, mark = (words(part) for part in stage)
        assert bool(times) == (mark != NEXT), f"{name}: {times}"
        found.append((name, mark))
    return found


def whose(client: LintingClient, serial: str) -> str:
    """In whose hands the page says it is, and what comes next."""
    (said,) = client.page(f"/assessment/records/{serial}").texts("p", class_="whose")
    return said


def ask(client: LintingClient, serial: str) -> None:
    form = client.submit(client.page(f"/assessment/records/{serial}"), "申请税务撤销")
    client.submit(form, "确认", reason="缴费基数填错了")


def test_the_way_to_payment(ma_lan: LintingClient, serial: str, app: Flask) -> None:
    assert way(ma_lan, serial) == [("社保核定", NOW), ("已传税务", NEXT), ("已缴费", NEXT)]
    assert whose(ma_lan, serial).startswith("现在在谁手里：您。按“传输”后才能缴费")
    transmit(ma_lan, serial)
    assert way(ma_lan, serial) == [
        ("社保核定", DONE),
        ("传输中", NOW),
        ("已传税务", NEXT),
        ("已缴费", NEXT),
    ]
    assert whose(ma_lan, serial).startswith("现在在谁手里：社保。正在传给税务")
    work(app)
    assert way(ma_lan, serial) == [("社保核定", DONE), ("已传税务", NOW), ("已缴费", NEXT)]
    assert whose(ma_lan, serial) == "现在在谁手里：税务。请到税务渠道缴费。"
    clerk(ma_lan, serial, "标记已缴费")
    work(app)
    assert [mark for _, mark in way(ma_lan, serial)] == [DONE, DONE, DONE]
    assert whose(ma_lan, serial) == "办完了。税务已收到缴费。"


def test_the_way_through_a_revocation_on_both_sides(
    ma_lan: LintingClient, serial: str, app: Flask
) -> None:
    names = ["社保核定", "已传税务", "税务撤销中", "税务已撤销", "已撤销"]
    transmit(ma_lan, serial)
    work(app)
    ask(ma_lan, serial)
    assert way(ma_lan, serial) == list(zip(names, [DONE, DONE, NOW, NEXT, NEXT], strict=True))
    assert whose(ma_lan, serial) == "现在在谁手里：税务。等税务答复，同意或不同意都会有消息。"
    work(app)
    clerk(ma_lan, serial, "同意撤销")
    work(app)
    assert way(ma_lan, serial) == list(zip(names, [DONE, DONE, DONE, NOW, NEXT], strict=True))
    assert whose(ma_lan, serial).startswith("现在在谁手里：您。")
    revoke(ma_lan, serial)
    assert way(ma_lan, serial) == [(name, DONE) for name in names]
    assert whose(ma_lan, serial) == "办完了。这些月份可以重新核定。"


def test_after_a_declined_request_the_way_to_payment_goes_on(
    ma_lan: LintingClient, serial: str, app: Flask
) -> None:
    transmit(ma_lan, serial)
    work(app)
    ask(ma_lan, serial)
    work(app)
    clerk(ma_lan, serial, "不同意撤销", reason="已在扣款")
    work(app)
    assert way(ma_lan, serial) == [("社保核定", DONE), ("已传税务", NOW), ("已缴费", NEXT)]


def test_what_the_tax_bureau_revokes_unasked_was_never_asked_for(
    ma_lan: LintingClient, serial: str, app: Flask
) -> None:
    transmit(ma_lan, serial)
    work(app)
    clerk(ma_lan, serial, "撤销", reason="申报有误")
    work(app)
    assert [name for name, _ in way(ma_lan, serial)] == [
        "社保核定",
        "已传税务",
        "税务已撤销",
        "已撤销",
    ]


def test_what_never_left_ends_at_its_revocation(ma_lan: LintingClient, serial: str) -> None:
    revoke(ma_lan, serial)
    assert way(ma_lan, serial) == [("社保核定", DONE), ("已撤销", DONE)]


def test_while_the_tax_bureau_is_down_the_way_says_who_waits(
    ma_lan: LintingClient, serial: str, app: Flask
) -> None:
    transmit(ma_lan, serial)
    work(app, through(lost_answer))
    assert whose(ma_lan, serial) == "现在在谁手里：社保。税务系统维护中，恢复后自动传输。"
    execute(app, "UPDATE assessment SET held_up = 'parked'")
    assert whose(ma_lan, serial).startswith("现在在谁手里：社保经办机构。")


AT = datetime(2026, 11, 24, tzinfo=UTC)


def event(action: str, to: State) -> Event:
    return Event(
        seq=1,
        at=AT,
        action=action,
        person_id=1,
        subject="s",
        actor_kind=ActorKind.SYSTEM,
        actor_id=None,
        actor_label="系统",
        channel="system",
        data={"to": to.value},
    )


def restored(state: State) -> Record:
    """A record that was made again from what the tax bureau keeps, as it is now."""
    return Record(
        id=1,
        serial="s",
        person_id=1,
        unit_id=1,
        division="640104",
        kind=RateKind.FLEXIBLE,
        period=Period(Month(2026, 1), Month(2026, 3)),
        entered="60",
        meaning="restored",
        bound="none",
        monthly_base=Decimal(1),
        period_base=Decimal(3),
        monthly_amount=Decimal(1),
        total=Decimal(3),
        parameters=(),
        made_by=None,
        made_by_label=RESTORED,
        by_proxy=False,
        made_at=AT,
        state=state,
        state_at=AT,
        claimed=False,
        held_up=HeldUp.NOTHING,
        restored=True,
    )


PAYING = {"社保核定": DONE, "已传税务": NOW, "已缴费": NEXT}
WAYS = {
    State.ASSESSED: PAYING | {"社保核定": NOW, "已传税务": NEXT},
    State.QUEUED: {"社保核定": DONE, "传输中": NOW, "已传税务": NEXT, "已缴费": NEXT},
    State.TRANSMITTED: PAYING,
    State.PAID: PAYING | {"已传税务": DONE, "已缴费": DONE},
    State.REJECTED: {"社保核定": DONE, "税务退回": NOW, "已撤销": NEXT},
    State.TAX_REVOKING: {
        "社保核定": DONE,
        "已传税务": DONE,
        "税务撤销中": NOW,
        "税务已撤销": NEXT,
        "已撤销": NEXT,
    },
    State.TAX_REVOKED: {"社保核定": DONE, "已传税务": DONE, "税务已撤销": NOW, "已撤销": NEXT},
    State.REVOKED: {"社保核定": DONE, "已撤销": DONE},
}


@pytest.mark.parametrize("state", State)
def test_a_restored_record_is_where_its_state_says_without_events_of_how_it_came_there(
    state: State,
) -> None:
    found = progress(restored(state), [event("assessment.restored", state)])
    assert {stage.name: stage.mark.label for stage in found.stages} == WAYS[state]


@pytest.mark.parametrize(
    ("state", "before"), [(State.TAX_REVOKED, "税务已撤销"), (State.REJECTED, "税务退回")]
)
def test_a_restored_record_that_is_revoked_here_still_shows_what_the_tax_bureau_did(
    state: State, before: str
) -> None:
    events = [event("assessment.restored", state), event("assessment.revoke", State.REVOKED)]
    names = [stage.name for stage in progress(restored(State.REVOKED), events).stages]
    assert names[-2:] == [before, "已撤销"]
