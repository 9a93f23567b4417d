"""What the tax bureau did, in any order: our book ends where theirs is, or a person is called."""

from __future__ import annotations

import itertools
import random

import pytest
from flask import Flask

from flexapp.rules.refusal import Refusal
from flexapp.rules.states import State, apply
from flexapp.services import services_of
from flexapp.transmission.event_transitions import PATHS, Fact
from flexapp.transmission.outbox_worker import Sender
from tests.support.client import LintingClient
from tests.support.database import execute, rows
from tests.support.tax import event, receipt, tell, through
from tests.support.walks import MA_LAN, assess, revoke, sign_in, state, transmit, work


@pytest.fixture
def ma_lan(client: LintingClient) -> LintingClient:
    """马兰, insured since 2008."""
    sign_in(client, MA_LAN.phone)
    return client


@pytest.fixture
def queued(ma_lan: LintingClient) -> str:
    """The serial of a record that was not sent yet."""
    serial = assess(ma_lan, "2026-01", "2026-12")
    transmit(ma_lan, serial)
    return serial


WHERE_IT_ENDS = {
    Fact.RECEIVED: {State.TRANSMITTED, State.TAX_REVOKING},
    Fact.DECLINED: {State.TRANSMITTED},
    Fact.REVOKING: {State.TAX_REVOKING},
    Fact.PAID: {State.PAID},
    Fact.REVOKED: {State.TAX_REVOKED, State.REVOKED},
}


@pytest.mark.parametrize(("start", "fact"), PATHS, ids=str)
def test_every_way_is_legal_and_ends_where_the_tax_bureau_is(start: State, fact: Fact) -> None:
    current = start
    for move in PATHS[start, fact]:
        following = apply(current, move)
        assert not isinstance(following, Refusal), (current, move)
        current = following
    assert current in WHERE_IT_ENDS[fact]


def test_money_that_was_paid_or_a_revocation_here_is_never_moved_by_another_fact() -> None:
    moved = {(ours, fact) for (ours, fact), moves in PATHS.items() if moves}
    for ours in (State.PAID, State.REVOKED, State.REJECTED, State.TAX_REVOKED):
        assert not {pair for pair in moved if pair[0] is ours}


COURSES = {
    "paid": ([("received", 1), ("paid", 2)], "已缴费"),
    "revoked": ([("received", 1), ("revoked", 2)], "税务已撤销"),
    "declined, then paid": (
        [("received", 1), ("revocation_declined", 3), ("paid", 4)],
        "已缴费",
    ),
    "declined, then revoked": (
        [("received", 1), ("revocation_declined", 3), ("revoked", 4)],
        "税务已撤销",
    ),
}


@pytest.mark.parametrize("course", COURSES)
def test_events_in_any_order_end_in_the_same_state(
    ma_lan: LintingClient, queued: str, course: str
) -> None:
    told, end = COURSES[course]
    events = [event(queued, name, cursor) for name, cursor in told]
    order = random.choice(list(itertools.permutations(events)))
    assert len(order) == len(told)
    for each in order:
        assert tell(ma_lan, each).status_code == 200
    assert state(ma_lan, queued) == end


def ask(client: LintingClient, serial: str, reason: str) -> None:
    """申请税务撤销 with a reason."""
    form = client.submit(client.page(f"/assessment/records/{serial}"), "申请税务撤销")
    client.submit(form, "确认", reason=reason)


def test_a_late_answer_to_an_earlier_request_does_not_answer_the_present_one(
    ma_lan: LintingClient, queued: str, app: Flask
) -> None:
    work(app, through(receipt))
    ask(ma_lan, queued, "第一次申请")
    (first,) = rows(app, "SELECT id FROM outbox_message WHERE kind = 'ask'")
    declined = event(queued, "revocation_declined", 3, request_id=first[0], reason="已在扣款")
    tell(ma_lan, declined)
    assert state(ma_lan, queued) == "已传输"
    ask(ma_lan, queued, "第二次申请")
    answer = tell(ma_lan, event(queued, "revocation_declined", 3, request_id=first[0]))
    assert answer.json is not None
    assert answer.json["outcome"] == "nothing_to_do"
    assert state(ma_lan, queued) == "税务撤销中"


def test_what_contradicts_our_book_moves_nothing_and_calls_a_person(
    ma_lan: LintingClient, queued: str, app: Flask
) -> None:
    revoke(ma_lan, queued)
    answer = tell(ma_lan, event(queued, "paid", 2))
    assert answer.json is not None
    assert answer.json["outcome"] == "conflict"
    assert state(ma_lan, queued) == "已撤销"
    printed = app.test_cli_runner().invoke(args=["transmission", "status"]).output
    assert f"for a person: {queued}: paid there, revoked here" in printed


def test_a_serial_nobody_knows_is_taken_and_calls_a_person(
    ma_lan: LintingClient, app: Flask
) -> None:
    answer = tell(ma_lan, event("64010420260101000001", "received"))
    assert answer.json is not None
    assert answer.json["outcome"] == "unknown_serial"
    printed = app.test_cli_runner().invoke(args=["transmission", "status"]).output
    assert "for a person: 64010420260101000001: received there, unknown here" in printed


def test_what_is_settled_calls_nobody_any_more(
    ma_lan: LintingClient, queued: str, app: Flask
) -> None:
    execute(app, "INSERT INTO tax_finding VALUES (?, 'x', '2026-01-01')", queued)
    tell(ma_lan, event(queued, "received"))
    assert rows(app, "SELECT * FROM tax_finding") == []


def test_each_thing_that_the_tax_bureau_did_is_in_the_persons_messages_with_its_reason(
    ma_lan: LintingClient, queued: str
) -> None:
    tell(ma_lan, event(queued, "received", 1))
    tell(ma_lan, event(queued, "revoked", 2, reason="单位已代缴"))
    messages = ma_lan.page("/me/messages").texts("h2")
    assert messages[0] == "税务撤销了 2026年1月至12月 的核定（单位已代缴），请回来按“撤销”"
    assert "税务已接收 2026年1月至12月 的核定，可以去缴费了" in messages


def test_a_sender_compares_before_it_sends(ma_lan: LintingClient, app: Flask, queued: str) -> None:
    calls: list[str] = []

    class Watching:
        """The real way there, with an ear on it."""

        def __getattr__(self, name: str) -> object:
            calls.append(name)
            return getattr(services_of(app).tax, name)

    with app.app_context():
        Sender(Watching()).round()  # type: ignore[arg-type]
    assert calls[0] == "listing"
    assert "submit" in calls
    assert state(ma_lan, queued) == "已传输"
