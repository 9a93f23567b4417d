"""Holding both books side by side: every assessment here against the tax bureau's record of it.

Mends what has one right answer: a state the tax bureau reached without our hearing of it, and a
record it has lost or never kept. Reports what needs a person: records of serials unknown here, and
assessments revoked here that the tax bureau still holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flexapp.assessment import service as assessment
from flexapp.assessment.service import Record
from flexapp.audit.service import TAX_BUREAU
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move, State
from flexapp.transmission.gateway import Accepted, TaxGateway
from flexapp.transmission.messages import submission
from flexapp.web.clock import now
from flexapp.web.unit_of_work import read_transaction, write_transaction

PAGE = 100

SETTLED_THERE: dict[str, State] = {
    "received": State.TRANSMITTED,
    "revoking": State.TAX_REVOKING,
    "paid": State.PAID,
    "revoked": State.TAX_REVOKED,
}
"""The tax bureau's states, and what ours is when both books agree."""

WAYS: dict[tuple[State, str], tuple[Move, ...]] = {
    # Assessed here and known there: our book is an older copy than theirs.
    (State.ASSESSED, "received"): (Move.TRANSMIT, Move.RECEIVE),
    (State.ASSESSED, "paid"): (Move.TRANSMIT, Move.RECEIVE, Move.PAY),
    (State.ASSESSED, "revoked"): (Move.TRANSMIT, Move.RECEIVE, Move.TAX_REVOKE),
    (State.QUEUED, "received"): (Move.RECEIVE,),
    (State.QUEUED, "paid"): (Move.RECEIVE, Move.PAY),
    (State.QUEUED, "revoked"): (Move.RECEIVE, Move.TAX_REVOKE),
    (State.TRANSMITTED, "paid"): (Move.PAY,),
    (State.TRANSMITTED, "revoked"): (Move.TAX_REVOKE,),
    (State.TAX_REVOKING, "revoked"): (Move.AGREE,),
    (State.TAX_REVOKING, "paid"): (Move.DECLINE, Move.PAY),
}
"""The moves that bring our book to the tax bureau's."""

IN_AGREEMENT: frozenset[tuple[State, str]] = frozenset(
    {(ours, theirs) for theirs, ours in SETTLED_THERE.items()}
    # Our request may still wait in the outbox, or theirs be declined already; both come by
    # themselves. A revocation there stays on their book after the person revoked here.
    | {
        (State.TAX_REVOKING, "received"),
        (State.TRANSMITTED, "revoking"),
        (State.REVOKED, "revoked"),
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference between the books, in English for the operator's terminal."""

    serial: str
    difference: str
    mended: bool


def reconcile(gateway: TaxGateway) -> Iterator[Finding | None]:
    """Compare everything, both ways; one item for each serial looked at, None where they agree.

    Raises `TaxUnreachable` where the tax bureau cannot be asked; what was mended stays mended.
    """
    after = ""
    while True:
        page = gateway.listing(after, PAGE)
        for serial, state in page:
            yield _compare(serial, state)
        if len(page) < PAGE:
            break
        after = page[-1][0]
    yield from _look_for_missing(gateway)


def _compare(serial: str, theirs: str) -> Finding | None:
    """Their record against ours."""
    with write_transaction():
        record = assessment.find(serial)
        if record is None:
            return Finding(serial, f"{theirs} there, unknown here", mended=False)
        if (record.state, theirs) in IN_AGREEMENT:
            return None
        difference = f"{theirs} there, {record.state.value} here"
        moves = WAYS.get((record.state, theirs), ())
        return Finding(serial, difference, mended=bool(moves) and _move(record, moves))


def _move(record: Record, moves: tuple[Move, ...]) -> bool:
    for move in moves:
        moved = assessment.transition(
            record=record, move=move, actor=TAX_BUREAU, at=now(), data={"found_by": "reconcile"}
        )
        if isinstance(moved, Refusal):
            return False
        record = moved
    return True


def _look_for_missing(gateway: TaxGateway) -> Iterator[Finding | None]:
    """What we believe is there and is not: handed over once more, under the same serial."""
    after = 0
    while True:
        with read_transaction():
            records = assessment.in_states(
                (State.TRANSMITTED, State.TAX_REVOKING, State.PAID), after=after, limit=PAGE
            )
        for record in records:
            yield None if gateway.holds(record.serial) else _hand_over(gateway, record)
        if len(records) < PAGE:
            return
        after = records[-1].id


def _hand_over(gateway: TaxGateway, record: Record) -> Finding:
    difference = f"missing there, {record.state.value} here"
    if record.state is not State.TRANSMITTED:
        return Finding(record.serial, difference, mended=False)
    with read_transaction():
        body = submission(record)
    answer = gateway.submit(record.serial, body)
    return Finding(record.serial, difference, mended=isinstance(answer, Accepted))
