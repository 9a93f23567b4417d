"""What the tax bureau did, carried over into our book: the one table for events and comparisons.

A fact is what the tax bureau says of a serial: a state of its own, or that it declined our request.
Older news than what we know already changes nothing, so facts may come late, twice or in any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from flexapp.assessment import service as assessment
from flexapp.assessment.service import Record
from flexapp.audit.service import TAX_BUREAU
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move, State
from flexapp.transmission import repository
from flexapp.web.clock import now


class Fact(StrEnum):
    """What the tax bureau says of a serial."""

    RECEIVED = "received"
    REVOKING = "revoking"
    DECLINED = "declined"
    PAID = "paid"
    REVOKED = "revoked"


class Outcome(StrEnum):
    """What came of it here; the values are stored and answered."""

    APPLIED = "applied"
    NOTHING_TO_DO = "nothing_to_do"
    CONFLICT = "conflict"
    UNKNOWN_SERIAL = "unknown_serial"


class Conflict(Exception):
    """The record was moved between our look and our move."""


_ARRIVED = (Move.RECEIVE,)
_FROM_ASSESSED = (Move.TRANSMIT, Move.RECEIVE)
"""Assessed here and known there: our book is an older copy than theirs."""

PATHS: dict[tuple[State, Fact], tuple[Move, ...]] = {
    (State.ASSESSED, Fact.RECEIVED): _FROM_ASSESSED,
    (State.ASSESSED, Fact.REVOKING): (*_FROM_ASSESSED, Move.ASK),
    (State.ASSESSED, Fact.DECLINED): _FROM_ASSESSED,
    (State.ASSESSED, Fact.PAID): (*_FROM_ASSESSED, Move.PAY),
    (State.ASSESSED, Fact.REVOKED): (*_FROM_ASSESSED, Move.TAX_REVOKE),
    # Queued here: the answer to our message is still on its way, or was lost.
    (State.QUEUED, Fact.RECEIVED): _ARRIVED,
    (State.QUEUED, Fact.REVOKING): (*_ARRIVED, Move.ASK),
    (State.QUEUED, Fact.DECLINED): _ARRIVED,
    (State.QUEUED, Fact.PAID): (*_ARRIVED, Move.PAY),
    (State.QUEUED, Fact.REVOKED): (*_ARRIVED, Move.TAX_REVOKE),
    (State.TRANSMITTED, Fact.RECEIVED): (),
    (State.TRANSMITTED, Fact.REVOKING): (Move.ASK,),
    (State.TRANSMITTED, Fact.DECLINED): (),
    (State.TRANSMITTED, Fact.PAID): (Move.PAY,),
    (State.TRANSMITTED, Fact.REVOKED): (Move.TAX_REVOKE,),
    # Asked here: our request may not have arrived yet.
    (State.TAX_REVOKING, Fact.RECEIVED): (),
    (State.TAX_REVOKING, Fact.REVOKING): (),
    (State.TAX_REVOKING, Fact.DECLINED): (Move.DECLINE,),
    # Paid before our request arrived: it is answered by that, and must not hide the payment.
    (State.TAX_REVOKING, Fact.PAID): (Move.DECLINE, Move.PAY),
    (State.TAX_REVOKING, Fact.REVOKED): (Move.AGREE,),
    (State.TAX_REVOKED, Fact.REVOKED): (),
    (State.PAID, Fact.PAID): (),
    # What was revoked there stays on their book after the person revoked it here.
    (State.REVOKED, Fact.REVOKED): (),
}
"""The moves that bring our book to the tax bureau's; a pair that is not here is for a person."""


def agree(record: Record, fact: Fact, *, data: Mapping[str, str]) -> Outcome:
    """Bring our book to what the tax bureau says, in the caller's transaction.

    `data` goes into the audit event of the last move. A conflict moves nothing. `Overtaken` where
    somebody else moved the record meanwhile: roll back and look again.
    """
    moves = PATHS.get((record.state, fact))
    if moves is None:
        return Outcome.CONFLICT
    for move in moves:
        last = move is moves[-1]
        moved = assessment.transition(
            record=record, move=move, actor=TAX_BUREAU, at=now(), data=data if last else None
        )
        if isinstance(moved, Refusal):
            raise Conflict(f"{record.serial}: {move} refused: {moved.reason}")
        record = moved
    return Outcome.APPLIED if moves else Outcome.NOTHING_TO_DO


def answers_our_request(serial: str, request_id: str | None) -> bool:
    """Whether an answer to a request is to our last one.

    One that we do not know of any more (our database was put back to an older copy) counts as the
    last one too.
    """
    asked = [each.id for each in repository.of_serial(serial) if each.kind == "ask"]
    return request_id not in asked or request_id == asked[-1]


def explain(fact: str, record: Record | None) -> str:
    """A difference in words, for whoever operates the service."""
    ours = "unknown" if record is None else record.state.value
    return f"{fact} there, {ours} here"
