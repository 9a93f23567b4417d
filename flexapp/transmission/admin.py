"""What whoever operates the service sees of the transmission, and settles by hand."""

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

MOST_LISTED = 100

REASON_MAX = 100

NOT_PARKED = Refusal("not_parked", "这个流水号没有搁置的消息，可能已经有人处理过。")
HELD_THERE = Refusal("held_there", "税务已经收到这一笔，不能退回；请运行核对，按税务的状态更新。")


@dataclass(frozen=True, slots=True)
class Standing:
    """How the transmission stands."""

    counts: Mapping[str, int]
    """Messages by status."""
    oldest_open: datetime | None
    down_since: datetime | None
    paused: tuple[datetime, str, str] | None
    """Since when an officer holds everything back, who, and why."""
    compared_at: datetime | None
    parked: Sequence[Message]
    findings: Sequence[tuple[str, str, datetime]]
    """(serial, difference, since when) that a person must settle."""


def standing() -> Standing:
    """How the transmission stands now; at most 100 parked messages and findings."""
    link = repository.link()
    return Standing(
        counts=repository.counts(),
        oldest_open=repository.oldest_open(),
        down_since=link.down_since,
        paused=(link.paused_at, link.paused_by, link.pause_reason) if link.paused_at else None,
        compared_at=link.compared_at,
        parked=repository.parked(MOST_LISTED),
        findings=repository.findings(MOST_LISTED),
    )


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything that was told about one assessment, by either side."""

    record: Record
    messages: Sequence[tuple[Message, bool | None]]
    events: Sequence[tuple[Event, bool | None]]
    """Each with whether its signature holds today; None where nothing was kept."""


def dossier(serial: str, keys: KeySet) -> Dossier | None:
    """What each side told about a serial; None for an unknown one."""
    record = assessment.find(serial)
    if record is None:
        return None
    return Dossier(
        record,
        [(each, _holds(each.proof, keys)) for each in repository.of_serial(serial)],
        [(each, _holds(each.proof, keys)) for each in repository.events_of(serial)],
    )


def retry(*, serial: str | None, actor: Actor) -> Sequence[str]:
    """Send parked messages again, of one serial or all; the serials that there were."""
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
    """End a parked message, with a reason that the person reads.

    A submission becomes 税务退回, so that it can be revoked and assessed again; a request to revoke
    counts as declined, so that it can be asked again. Only where the tax bureau says, signed, that
    it does not have the message; it is asked outside the caller's transaction. Raises
    `TaxUnreachable`.
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
    if not repository.give_up(message.id):
        return NOT_PARKED
    move = Move.REFUSE if message.kind == "submit" else Move.DECLINE
    return assessment.transition(
        record=record, move=move, actor=actor, at=now(), data={"reason": reason}
    )


def _has(held: RemoteRecord | None, message: Message) -> bool:
    """Whether the tax bureau has a message."""
    if held is None or message.kind == "submit":
        return held is not None
    return held.request is not None and held.request.request_id == message.id


def _holds(proof: str, keys: KeySet) -> bool | None:
    return protocol.proof_holds(proof, keys) if proof else None
