"""The sender: takes messages out of the outbox to the tax bureau, and reads what it did since.

Each step is a transaction of its own and none is open while the tax bureau is being asked. A worker
that dies leaves a claim whose lease runs out; whoever comes next sends again, which is harmless.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flexapp.assessment import service as assessment
from flexapp.assessment.service import Record
from flexapp.audit.service import TAX_BUREAU
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move, State
from flexapp.transmission import repository
from flexapp.transmission.gateway import Accepted, Change, TaxGateway, TaxRefused, TaxUnreachable
from flexapp.transmission.messages import submission
from flexapp.web.clock import instant, now
from flexapp.web.unit_of_work import read_transaction, write_transaction

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
BATCH = 20
"""Messages between two looks at the tax bureau's feed."""

BACKOFF_FIRST, BACKOFF_MOST = 2.0, 300.0
"""Seconds before the second try, and the most between later ones."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message in this worker's hands."""

    id: str
    serial: str
    kind: str
    reason: str
    attempt: int
    maybe_sent: bool
    body: Mapping[str, str]


def work_once(gateway: TaxGateway) -> int:
    """Send what is due and apply what the tax bureau did; how many things were done."""
    sent = 0
    # One at a time: a lease covers one message's time-out, never that of those before it.
    while sent < BATCH and (claimed := _claim_due(instant())):
        for message in claimed:
            _deliver(gateway, message)
        sent += len(claimed)
    return sent + _read_changes(gateway)


def _claim_due(at: datetime) -> list[Claimed]:
    """Lease the next that is due; messages whose assessment was revoked meanwhile are dropped."""
    claimed: list[Claimed] = []
    with read_transaction():
        if not repository.anything_due(at):
            return claimed
    with write_transaction():
        for row in repository.due(at, BATCH):
            attempt = int(row["attempt"])  # type: ignore[call-overload]
            message = _claim(row, attempt, at)
            # What needs no delivery must not make those behind it wait for the next look.
            if message is not None:
                claimed.append(message)
                break
    return claimed


def _claim(row: Mapping[str, object], attempt: int, at: datetime) -> Claimed | None:
    message_id, serial, kind = str(row["id"]), str(row["serial"]), str(row["kind"])
    taken = kind != "submit" or assessment.claim(serial)
    record = assessment.find(serial)
    assert record is not None
    if not taken:
        # Revoked meanwhile; or it had arrived, and the tax bureau's feed has told of it.
        status = "dropped" if record.state is State.REVOKED else "done"
        repository.update_message(message_id, attempt=attempt, values={"status": status})
        return None
    # A claim whose lease ran out belonged to a worker that died, perhaps after sending.
    maybe_sent = bool(row["maybe_sent"]) or row["status"] == "claimed"
    repository.update_message(
        message_id,
        attempt=attempt,
        values={
            "status": "claimed",
            "attempt": attempt + 1,
            "maybe_sent": maybe_sent,
            "due_at": at + LEASE,
        },
    )
    return Claimed(
        id=message_id,
        serial=serial,
        kind=kind,
        reason=str(row["reason"]),
        attempt=attempt + 1,
        maybe_sent=maybe_sent,
        body=submission(record) if kind == "submit" else {},
    )


def _deliver(gateway: TaxGateway, message: Claimed) -> None:
    try:
        if message.kind == "submit":
            answer = _submit(gateway, message)
        else:
            answer = gateway.ask_revocation(message.serial, message.id, message.reason)
    except TaxUnreachable as fault:
        _retry_later(message, str(fault), never_left=fault.never_left)
        return
    with write_transaction():
        done = repository.update_message(
            message.id, attempt=message.attempt, values={"status": "done", "last_fault": ""}
        )
        if done:
            _write_down(message, answer)


def _submit(gateway: TaxGateway, message: Claimed) -> Accepted | TaxRefused:
    """Hand over; where an earlier attempt may have arrived, ask before sending again."""
    if message.maybe_sent and gateway.holds(message.serial):
        return Accepted()
    return gateway.submit(message.serial, message.body)


def _write_down(message: Claimed, answer: Accepted | TaxRefused) -> None:
    record = assessment.find(message.serial)
    assert record is not None
    if isinstance(answer, Accepted):
        move = Move.RECEIVE if message.kind == "submit" else None
        data = {}
    else:
        move = Move.REFUSE if message.kind == "submit" else Move.DECLINE
        data = {"reason": answer.reason}
    if move is None or (message.kind == "submit" and record.state is not State.QUEUED):
        return  # nothing to move, or the tax bureau's feed has told of it already
    outcome = assessment.transition(record=record, move=move, actor=TAX_BUREAU, at=now(), data=data)
    if isinstance(outcome, Refusal):
        log.warning("%s: %s after delivery: %s", message.serial, move, outcome.reason)


def _retry_later(message: Claimed, fault: str, *, never_left: bool) -> None:
    """Try again after a while that doubles, with jitter so that workers spread out.

    What certainly never left is released, so that a person can still revoke it here.
    """
    seconds = min(BACKOFF_MOST, BACKOFF_FIRST * 2 ** (message.attempt - 1))
    wait = timedelta(seconds=seconds * random.uniform(0.5, 1.0))  # noqa: S311
    maybe_sent = message.maybe_sent or not never_left
    log.warning("%s: not delivered (%s), again in %.0f s", message.serial, fault, seconds)
    with write_transaction():
        waiting = repository.update_message(
            message.id,
            attempt=message.attempt,
            values={
                "status": "waiting",
                "maybe_sent": maybe_sent,
                "due_at": instant() + wait,
                "last_fault": fault,
            },
        )
        if waiting and message.kind == "submit":
            assessment.delay(message.serial, never_left=not maybe_sent)


def _read_changes(gateway: TaxGateway) -> int:
    with read_transaction():
        after = repository.last_cursor()
    try:
        changes = gateway.changes(after)
    except TaxUnreachable as fault:
        log.warning("the tax bureau's changes cannot be read: %s", fault)
        return 0
    # In their order, whatever order the page has: the next look begins behind the last one applied.
    for change in sorted(changes, key=lambda change: change.cursor):
        with write_transaction():
            if not repository.known_change(change.event_id):
                _apply(change)
    return len(changes)


def _apply(change: Change) -> None:
    """Move the assessment as the tax bureau did, and remember what came of it."""
    record = assessment.find(change.serial)
    outcome = "unknown serial"
    if record is not None:
        outcome = _move(record, change)
    repository.add_change(
        {
            "event_id": change.event_id,
            "cursor": change.cursor,
            "serial": change.serial,
            "event": change.event,
            "at": change.at,
            "outcome": outcome,
        }
    )


def _move(record: Record, change: Change) -> str:
    # The feed may run ahead of our own note of the receipt: then that comes first.
    if record.state is State.QUEUED:
        received = assessment.transition(
            record=record, move=Move.RECEIVE, actor=TAX_BUREAU, at=now()
        )
        if isinstance(received, Refusal):
            return received.reason
        record = received
    data = {"reason": change.reason} if change.reason else {}
    for move in _moves_of(change.event, record.state):
        moved = assessment.transition(
            record=record, move=move, actor=TAX_BUREAU, at=now(), data=data
        )
        if isinstance(moved, Refusal):
            log.warning("%s: the tax bureau's %s: %s", record.serial, change.event, moved.reason)
            return moved.reason
        record = moved
    return record.state.value


def _moves_of(event: str, state: State) -> tuple[Move, ...]:
    """What an event of the tax bureau means for us, in the state we are in."""
    asked = state is State.TAX_REVOKING
    if event == "paid":
        # Paid before our request arrived: it is answered by that, and must not hide the payment.
        return (Move.DECLINE, Move.PAY) if asked else (Move.PAY,)
    if event == "revocation_declined":
        return (Move.DECLINE,)
    if event == "revoked":
        return (Move.AGREE,) if asked else (Move.TAX_REVOKE,)
    return ()
