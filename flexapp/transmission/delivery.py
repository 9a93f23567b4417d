"""The sender: takes messages out of the outbox to the tax bureau.

Each step is a transaction of its own and none is open while the tax bureau is being asked. A worker
that dies leaves a claim whose lease runs out; whoever comes next asks whether the message arrived
before sending it again. A message that cannot be delivered though the tax bureau answers is parked:
it is never tried for ever, never lost, and never in the way of the others.
"""

from __future__ import annotations

import hashlib
import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from flexapp.assessment import service as assessment
from flexapp.assessment.service import HeldUp, Record
from flexapp.audit.service import TAX_BUREAU
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move, State
from flexapp.transmission import circuit_breaker, repository
from flexapp.transmission.gateway import (
    Accepted,
    TaxGateway,
    TaxRefused,
    TaxUnreachable,
    TaxUnusable,
)
from flexapp.transmission.messages import submission
from flexapp.transmission.repository import Message
from flexapp.web import request_ids
from flexapp.web.clock import now, utcnow
from flexapp.web.unit_of_work import read_transaction, write_transaction

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
BATCH = 20
"""Messages in one round."""

BACKOFF_FIRST, BACKOFF_MOST = 2.0, 300.0
"""Seconds before the second try, and the most between later ones."""

PARKED_AFTER = 8
"""Times that the tax bureau answers that it cannot; the last waits are minutes long."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message in this worker's hands."""

    id: str
    serial: str
    request_id: str
    kind: str
    reason: str
    attempt: int
    maybe_sent: bool
    failures: int
    content: str
    digest: str
    disputed: bool
    """A case of 不是我办的 is open about it: it is looked for at the tax bureau, not sent again."""


class HeldBack(Exception):
    """What may have left did not arrive, and is not sent again while a case is open about it."""


def work_once(gateway: TaxGateway) -> int:
    """Send what is due; how many messages were taken in hand."""
    sent = 0
    # One at a time: a lease covers one message's time-out, never that of those before it.
    while sent < BATCH and (claimed := _claim_due(utcnow())):
        for message in claimed:
            with request_ids.carrying(message.request_id):
                _deliver(gateway, message)
        sent += len(claimed)
    return sent


def _claim_due(at: datetime) -> list[Claimed]:
    """Lease the next that is due; messages whose assessment was revoked meanwhile are dropped."""
    claimed: list[Claimed] = []
    with read_transaction():
        if not circuit_breaker.allows_call(repository.link(), at) or not repository.anything_due(
            at
        ):
            return claimed
    with write_transaction():
        if not circuit_breaker.allows_call(repository.link(), at):
            return claimed  # held back since that look: after the switch nothing is taken in hand
        for row in repository.due(at, BATCH):
            message = _claim(row, at)
            # What needs no delivery must not make those behind it wait for the next look.
            if message is not None:
                claimed.append(message)
                break
    return claimed


def _claim(row: Message, at: datetime) -> Claimed | None:
    wanted = assessment.claim(row.serial) if row.kind == "submit" else _still_asked(row)
    if not wanted:
        record = assessment.find(row.serial)
        if record is not None and record.held_back:
            return None  # a case was opened since the look at what is due: it waits
        # Revoked meanwhile; or it had arrived, and the tax bureau has told of what came of it.
        gone = record is None or record.state is State.REVOKED
        status = "dropped" if gone else "done"
        repository.update_message(row.id, attempt=row.attempt, values={"status": status})
        return None
    # A claim whose lease ran out belonged to a worker that died, perhaps after sending.
    maybe_sent = row.maybe_sent or row.status == "claimed"
    content, disputed = "", False
    try:
        if row.kind == "submit":
            content = repository.content_of(row.id) or _content(row.serial)
            disputed = maybe_sent and _is_disputed(row.serial)
    except SQLAlchemyError:
        raise  # the database's fault, not the message's
    except Exception:
        # One message that cannot be read must not stop those behind it, nor the worker.
        log.exception("%s: the message cannot be made", row.serial)
        _park(row.id, row.serial, row.kind, row.attempt, "the message cannot be made")
        return None
    repository.update_message(
        row.id,
        attempt=row.attempt,
        values={
            "status": "claimed",
            "attempt": row.attempt + 1,
            "maybe_sent": maybe_sent,
            "due_at": at + LEASE,
        },
    )
    return Claimed(
        id=row.id,
        serial=row.serial,
        request_id=row.request_id,
        kind=row.kind,
        reason=row.reason,
        attempt=row.attempt + 1,
        maybe_sent=maybe_sent,
        failures=row.failures,
        content=content,
        digest=hashlib.sha256(content.encode()).hexdigest(),
        disputed=disputed,
    )


def _content(serial: str) -> str:
    record = assessment.find(serial)
    assert record is not None
    return submission(record)


def _is_disputed(serial: str) -> bool:
    record = assessment.find(serial)
    return record is not None and record.disputed_at is not None


def _still_asked(row: Message) -> bool:
    record = assessment.find(row.serial)
    return record is not None and record.state is State.TAX_REVOKING


def _deliver(gateway: TaxGateway, message: Claimed) -> None:
    try:
        answer = _submit(gateway, message) if message.kind == "submit" else _ask(gateway, message)
    except HeldBack:
        _put_back(message)
        return
    except TaxUnreachable as fault:
        _retry_later(message, fault)
        return
    except TaxUnusable as fault:
        with write_transaction():
            circuit_breaker.answered()
            _park(message.id, message.serial, message.kind, message.attempt, str(fault))
        return
    with write_transaction():
        circuit_breaker.record_success()
        values = {"status": "done", "last_fault": "", "proof": answer.proof.stored()}
        if repository.update_message(message.id, attempt=message.attempt, values=values):
            _write_down(message, answer)


def _submit(gateway: TaxGateway, message: Claimed) -> Accepted | TaxRefused:
    """Hand over; where an earlier attempt may have arrived, ask before sending again."""
    answer: Accepted | TaxRefused
    held = gateway.show(message.serial) if message.maybe_sent else None
    if held is not None:
        answer = Accepted(held.proof, held.digest)
    elif message.disputed:
        raise HeldBack
    else:
        answer = gateway.submit(message.serial, message.content)
    if isinstance(answer, Accepted) and answer.digest != message.digest:
        raise TaxUnusable("the tax bureau confirms another content than was sent")
    return answer


def _ask(gateway: TaxGateway, message: Claimed) -> Accepted | TaxRefused:
    """Ask for a revocation; where an earlier attempt may have arrived, look first."""
    held = gateway.show(message.serial) if message.maybe_sent else None
    if held is not None and held.request is not None and held.request.request_id == message.id:
        return Accepted(held.proof)
    return gateway.ask_revocation(message.serial, message.id, message.reason)


def _write_down(message: Claimed, answer: Accepted | TaxRefused) -> None:
    record = assessment.find(message.serial)
    assert record is not None
    move = _move_for(message.kind, record, answer)
    if move is None:
        return  # nothing to move, or the tax bureau has told of it already
    data = {"reason": answer.reason} if isinstance(answer, TaxRefused) else {}
    outcome = assessment.transition(record=record, move=move, actor=TAX_BUREAU, at=now(), data=data)
    if isinstance(outcome, Refusal):
        log.warning("%s: %s after delivery: %s", message.serial, move, outcome.reason)


def _move_for(kind: str, record: Record, answer: Accepted | TaxRefused) -> Move | None:
    if kind == "submit" and record.state is State.QUEUED:
        return Move.RECEIVE if isinstance(answer, Accepted) else Move.REFUSE
    if kind == "ask" and record.state is State.TAX_REVOKING and isinstance(answer, TaxRefused):
        return Move.DECLINE
    return None


def _put_back(message: Claimed) -> None:
    """It certainly never arrived: it waits like one that was never taken in hand."""
    with write_transaction():
        circuit_breaker.answered()
        values = {"status": "waiting", "maybe_sent": False, "due_at": utcnow()}
        if repository.update_message(message.id, attempt=message.attempt, values=values):
            assessment.release(message.serial)


def _retry_later(message: Claimed, fault: TaxUnreachable) -> None:
    """Try again after a while that doubles, with jitter so that workers spread out.

    What certainly never left is released, so that a person can still revoke it here. What the tax
    bureau answers it cannot do is tried a limited number of times while it can do other things.
    """
    seconds = min(BACKOFF_MOST, BACKOFF_FIRST * 2 ** min(message.attempt - 1, 10))
    wait = timedelta(seconds=seconds * random.uniform(0.5, 1.0))  # noqa: S311
    maybe_sent = message.maybe_sent or not fault.never_left
    failures = message.failures + fault.answered
    log.warning("%s: not delivered (%s), again in %.0f s", message.serial, fault, seconds)
    with write_transaction():
        if failures >= PARKED_AFTER and circuit_breaker.delivers(repository.link(), utcnow()):
            _park(message.id, message.serial, message.kind, message.attempt, str(fault))
            return
        waiting = repository.update_message(
            message.id,
            attempt=message.attempt,
            values={
                "status": "waiting",
                "maybe_sent": maybe_sent,
                "failures": failures,
                "due_at": utcnow() + wait,
                "last_fault": str(fault),
            },
        )
        if waiting and message.kind == "submit":
            assessment.hold_up(message.serial, HeldUp.DOWN)
            if not maybe_sent:
                assessment.release(message.serial)
        if fault.answered:
            circuit_breaker.answered()
        else:
            circuit_breaker.record_failure()


def _park(message_id: str, serial: str, kind: str, attempt: int, fault: str) -> None:
    """Set a message aside for a person to look at. In the caller's transaction."""
    log.error("%s: parked (%s)", serial, fault)
    values = {"status": "parked", "last_fault": fault}
    if repository.update_message(message_id, attempt=attempt, values=values) and kind == "submit":
        assessment.hold_up(serial, HeldUp.PARKED)
