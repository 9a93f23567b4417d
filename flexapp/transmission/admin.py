"""Administration of the transmission: its status, and manual handling of parked messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from joserfc.jwk import KeySet

from flexapp.assessment import service as assessment
from flexapp.assessment.service import HeldUp, Record
from flexapp.audit import service as audit
from flexapp.audit.service import Actor
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move
from flexapp.rules.text import normalise_prose
from flexapp.transmission import protocol, repository
from flexapp.transmission.gateway import RemoteRecord, TaxGateway
from flexapp.transmission.repository import Event, Message
from flexapp.web.clock import now, utcnow
from flexapp.web.unit_of_work import outside_transaction

MAX_LISTED = 100

REASON_MAX = 100

NOT_PARKED = Refusal("not_parked", "这个流水号没有搁置的消息，可能已经有人处理过。")
HELD_THERE = Refusal("held_there", "税务已经收到这一笔，不能退回；请运行核对，按税务的状态更新。")


@dataclass(frozen=True, slots=True)
class TransmissionStatus:
    """Status of the transmission."""

    counts: Mapping[str, int]
    """Number of messages by status."""
    oldest_open: datetime | None
    down_since: datetime | None
    paused: tuple[datetime, str, str] | None
    """When an officer paused sending, the officer and the reason; None if not paused."""
    compared_at: datetime | None
    parked: Sequence[Message]
    findings: Sequence[tuple[str, str, datetime]]
    """(serial, difference, found at) of the differences that need manual handling."""


def transmission_status() -> TransmissionStatus:
    """Return the current status, with at most `MAX_LISTED` parked messages and findings."""
    link = repository.link()
    return TransmissionStatus(
        counts=repository.counts(),
        oldest_open=repository.oldest_open(),
        down_since=link.down_since,
        paused=(link.paused_at, link.paused_by, link.pause_reason) if link.paused_at else None,
        compared_at=link.compared_at,
        parked=repository.parked(MAX_LISTED),
        findings=repository.findings(MAX_LISTED),
    )


@dataclass(frozen=True, slots=True)
class MessageHistory:
    """All messages and events about one assessment, in both directions."""

    record: Record
    messages: Sequence[tuple[Message, bool | None]]
    events: Sequence[tuple[Event, bool | None]]
    """`messages` and `events` pair each item with the result of checking its stored signature now:
    True or False, or None if no signature is stored.
    """


def message_history(serial: str, keys: KeySet) -> MessageHistory | None:
    """Return the messages and events about a serial; None for an unknown serial."""
    record = assessment.find(serial)
    if record is None:
        return None
    return MessageHistory(
        record,
        [(each, _holds(each.proof, keys)) for each in repository.of_serial(serial)],
        [(each, _holds(each.proof, keys)) for each in repository.events_of(serial)],
    )


def retry(*, serial: str | None, actor: Actor) -> Sequence[str]:
    """Requeue the parked messages of one serial, or all of them if `serial` is None.

    Returns the serials that were requeued.
    """
    serials = repository.unpark(serial, utcnow())
    for each in serials:
        assessment.hold_up(each, HeldUp.NOTHING)
        record = assessment.find(each)
        audit.record(
            action="transmission.retried",
            person_id=None if record is None else record.person_id,
            subject=each,
            actor=actor,
            at=now(),
        )
    return serials


def give_back(*, gateway: TaxGateway, serial: str, reason: str, actor: Actor) -> Record | Refusal:
    """Reject a parked message, with a reason that the resident reads.

    A submission moves the assessment to 税务退回, so that it can be revoked and assessed again. A
    revocation request counts as declined, so that it can be made again. The tax bureau is asked
    first, outside the caller's transaction: the message is rejected only if a signed answer says
    that the tax bureau does not have it. Raises `TaxUnreachable`.
    """
    reason = normalise_prose(reason)
    if not 2 <= len(reason) <= REASON_MAX:
        return Refusal("reason_missing", f"请写明退回原因，2 至 {REASON_MAX} 个字。", "reason")
    parked = [each for each in repository.of_serial(serial) if each.status == "parked"]
    if not parked:
        return NOT_PARKED
    message = parked[-1]
    with outside_transaction():
        held = gateway.show(serial)
    if _has(held, message):
        return HELD_THERE
    record = assessment.find(serial)
    assert record is not None
    if not repository.discard_parked(message.id):
        return NOT_PARKED
    move = Move.REFUSE if message.kind == "submit" else Move.DECLINE
    return assessment.transition(
        record=record, move=move, actor=actor, at=now(), data={"reason": reason}
    )


def _has(held: RemoteRecord | None, message: Message) -> bool:
    """Return whether the record at the tax bureau contains a message of ours."""
    if held is None or message.kind == "submit":
        return held is not None
    return held.request is not None and held.request.request_id == message.id


def _holds(proof: str, keys: KeySet) -> bool | None:
    return protocol.proof_holds(proof, keys) if proof else None
