"""Transitions of our record that follow a fact reported by the tax bureau.

A fact is the state of a serial at the tax bureau, or that it declined our request. Events and the
reconciliation use the same table. A fact older than our state changes nothing, so facts may arrive
late, repeatedly or in any order.
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
    """What the tax bureau reports about a serial."""

    RECEIVED = "received"
    REVOKING = "revoking"
    DECLINED = "declined"
    PAID = "paid"
    REVOKED = "revoked"


class Outcome(StrEnum):
    """Result of applying a fact here. The values are stored, and sent in answers."""

    APPLIED = "applied"
    NOTHING_TO_DO = "nothing_to_do"
    CONFLICT = "conflict"
    UNKNOWN_SERIAL = "unknown_serial"


class Conflict(Exception):
    """The record was changed by another transaction between reading and moving it."""


_ARRIVED = (Move.RECEIVE,)
_FROM_ASSESSED = (Move.TRANSMIT, Move.RECEIVE)
"""For an assessment that is not sent here but known there: our database is an older copy."""

PATHS: dict[tuple[State, Fact], tuple[Move, ...]] = {
    (State.ASSESSED, Fact.RECEIVED): _FROM_ASSESSED,
    (State.ASSESSED, Fact.REVOKING): (*_FROM_ASSESSED, Move.ASK),
    (State.ASSESSED, Fact.DECLINED): _FROM_ASSESSED,
    (State.ASSESSED, Fact.PAID): (*_FROM_ASSESSED, Move.PAY),
    (State.ASSESSED, Fact.REVOKED): (*_FROM_ASSESSED, Move.TAX_REVOKE),
    # Queued here: the answer to our message is still to come, or was lost.
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
    # Requested here: our request may not have arrived yet.
    (State.TAX_REVOKING, Fact.RECEIVED): (),
    (State.TAX_REVOKING, Fact.REVOKING): (),
    (State.TAX_REVOKING, Fact.DECLINED): (Move.DECLINE,),
    # Paid before our request arrived: the payment answers the request and must be recorded.
    (State.TAX_REVOKING, Fact.PAID): (Move.DECLINE, Move.PAY),
    (State.TAX_REVOKING, Fact.REVOKED): (Move.AGREE,),
    (State.TAX_REVOKED, Fact.REVOKED): (),
    (State.PAID, Fact.PAID): (),
    # A record revoked there stays there after the resident revoked the assessment here.
    (State.REVOKED, Fact.REVOKED): (),
}
"""Maps (our state, fact) to the moves that bring our record to the state at the tax bureau.

A pair that is not listed needs manual handling.
"""


def agree(record: Record, fact: Fact, *, data: Mapping[str, str]) -> Outcome:
    """Bring our record to the state at the tax bureau, in the caller's transaction.

    `data` goes into the audit event of the last move. On `Outcome.CONFLICT` nothing is moved.
    Raises `Conflict` if another transaction moved the record meanwhile: roll back and try again.
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
    """Return whether an answer belongs to our latest revocation request.

    A request id that is unknown here counts as the latest too: our database may be an older copy.
    """
    asked = [each.id for each in repository.of_serial(serial) if each.kind == "ask"]
    return request_id not in asked or request_id == asked[-1]


def explain(fact: str, record: Record | None) -> str:
    """Describe a difference in English, for the operator."""
    ours = "unknown" if record is None else record.state.value
    return f"{fact} there, {ours} here"
