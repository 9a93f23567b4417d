"""Delivery of outbox messages to the tax bureau.

Each step has its own transaction, and none is open during a call to the tax bureau. If a worker
dies, its claim ends when the lease expires; the next worker asks whether the message arrived before
sending it again. If the tax bureau answers but a message still cannot be delivered, the message is
parked: it is not retried forever, not lost, and does not block the others.
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
"""Maximum number of messages in one round."""

BACKOFF_FIRST, BACKOFF_MOST = 2.0, 300.0
"""Seconds before the second attempt, and the longest wait between later attempts."""

PARKED_AFTER = 8
"""Number of answers "cannot do it" after which a message is parked. The last waits take minutes."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message claimed by this worker."""

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
    """Whether a case of 不是我办的 is open. The message is then only looked up, not sent again."""


class HeldBack(Exception):
    """The message did not arrive, and an open 不是我办的 case forbids sending it again."""


def work_once(gateway: TaxGateway) -> int:
    """Send what is due; return the number of messages claimed."""
    sent = 0
    # Claim one at a time: a lease is long enough for one message's timeout, not for several.
    while sent < BATCH and (claimed := _claim_due(utcnow())):
        for message in claimed:
            with request_ids.carrying(message.request_id):
                _deliver(gateway, message)
        sent += len(claimed)
    return sent


def _claim_due(at: datetime) -> list[Claimed]:
    """Claim the next due message, as a list of at most one.

    Messages that need no delivery any more are closed on the way: dropped if their assessment was
    revoked meanwhile, done if they had arrived.
    """
    claimed: list[Claimed] = []
    with read_transaction():
        if not circuit_breaker.allows_call(repository.link(), at) or not repository.anything_due(
            at
        ):
            return claimed
    with write_transaction():
        if not circuit_breaker.allows_call(repository.link(), at):
            return claimed  # paused since the first check: nothing may be claimed after that
        for row in repository.due(at, BATCH):
            message = _claim(row, at)
            # Skip messages that need no delivery, so that those behind them go out in this round.
            if message is not None:
                claimed.append(message)
                break
    return claimed


def _claim(row: Message, at: datetime) -> Claimed | None:
    wanted = assessment.claim(row.serial) if row.kind == "submit" else _still_asked(row)
    if not wanted:
        record = assessment.find(row.serial)
        if record is not None and record.held_back:
            return None  # a case was opened since the query: the message waits
        # The assessment was revoked meanwhile, or the message had arrived and an event of the tax
        # bureau has already moved the assessment.
        gone = record is None or record.state is State.REVOKED
        status = "dropped" if gone else "done"
        repository.update_message(row.id, attempt=row.attempt, values={"status": status})
        return None
    # An expired claim belonged to a worker that died, perhaps after sending.
    maybe_sent = row.maybe_sent or row.status == "claimed"
    content, disputed = "", False
    try:
        if row.kind == "submit":
            content = repository.content_of(row.id) or _content(row.serial)
            disputed = maybe_sent and _is_disputed(row.serial)
    except SQLAlchemyError:
        raise  # a database error, not an error of the message
    except Exception:
        # An unreadable message must stop neither the worker nor the messages behind it.
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
    """Submit an assessment; if an earlier attempt may have arrived, look it up first."""
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
    """Request a revocation; if an earlier attempt may have arrived, look it up first."""
    held = gateway.show(message.serial) if message.maybe_sent else None
    if held is not None and held.request is not None and held.request.request_id == message.id:
        return Accepted(held.proof)
    return gateway.ask_revocation(message.serial, message.id, message.reason)


def _write_down(message: Claimed, answer: Accepted | TaxRefused) -> None:
    record = assessment.find(message.serial)
    assert record is not None
    move = _move_for(message.kind, record, answer)
    if move is None:
        return  # no transition needed, or an event has already caused it
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
    """Return a message that certainly did not arrive to the state before it was claimed."""
    with write_transaction():
        circuit_breaker.answered()
        values = {"status": "waiting", "maybe_sent": False, "due_at": utcnow()}
        if repository.update_message(message.id, attempt=message.attempt, values=values):
            assessment.release(message.serial)


def _retry_later(message: Claimed, fault: TaxUnreachable) -> None:
    """Schedule another attempt with exponential backoff and jitter, so that workers spread out.

    If the message certainly never left, its assessment is released: the resident can still revoke
    it here. If the tax bureau answers that it cannot do it while it does accept other messages, the
    number of attempts is limited.
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
    """Park a message for manual handling, in the caller's transaction."""
    log.error("%s: parked (%s)", serial, fault)
    values = {"status": "parked", "last_fault": fault}
    if repository.update_message(message_id, attempt=attempt, values=values) and kind == "submit":
        assessment.hold_up(serial, HeldUp.PARKED)
