"""Rows of the outbox, of the tax bureau's events, and of how we stand with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, insert, not_, or_, select, update

from flexapp.assessment import service as assessment
from flexapp.db.session import (
    db,
    table_of,
    upsert,
)
from flexapp.encryption import BoundText, bound
from flexapp.transmission.models import OutboxMessage, TaxEvent, TaxFinding, TaxLink

OPEN = ("waiting", "claimed")
_outbox, _event = table_of(OutboxMessage), table_of(TaxEvent)


@dataclass(frozen=True, slots=True)
class Message:
    """A row of the outbox, without what only delivering it needs to know."""

    id: str
    serial: str
    request_id: str
    kind: str
    reason: str
    status: str
    attempt: int
    maybe_sent: bool
    failures: int
    created_at: datetime
    due_at: datetime
    last_fault: str
    digest: str
    proof: str


_COLUMNS = [_outbox.c[name] for name in Message.__slots__]


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the tax bureau as it was taken."""

    event_id: str
    cursor: int
    serial: str
    event: str
    at: datetime
    outcome: str
    digest: str
    proof: str


_EVENT = [table_of(TaxEvent).c[name] for name in Event.__slots__]


@dataclass(frozen=True, slots=True)
class Link:
    """How we stand with the tax bureau (`models.TaxLink`)."""

    cursor: int
    compared_at: datetime | None
    failures: int
    settled_at: datetime | None
    down_since: datetime | None
    probe_at: datetime | None
    paused_at: datetime | None
    paused_by: str
    pause_reason: str

    @property
    def waits(self) -> bool:
        """Whether nothing is sent now: the tax bureau is down, or an officer holds it back."""
        return self.down_since is not None or self.paused_at is not None


_LINK = [table_of(TaxLink).c[name] for name in Link.__slots__]


# The outbox.

PUT_OFF_AT_MOST = timedelta(minutes=15)
"""Nothing of ours waits that long (a retry five minutes, a lease one). What is to wait longer was
written by a machine whose clock was ahead, and is not waited for."""


def comes_due(moment: ColumnElement[datetime | None], now: datetime) -> ColumnElement[bool]:
    """Whether a moment that something was put off to has come, or cannot be meant."""
    return or_(moment <= now, moment > now + PUT_OFF_AT_MOST)


def add(row: Mapping[str, object]) -> None:
    """Add a message to the outbox."""
    db.session.execute(insert(_outbox), [bound(_outbox, row)])


def _undisputed() -> ColumnElement[bool]:
    """Not an assessment that is held back while a case of 不是我办的 is open about it."""
    return not_(and_(_outbox.c.kind == "submit", assessment.held_back(_outbox.c.serial)))


def _deliverable(now: datetime) -> ColumnElement[bool]:
    """Waiting ones, and claimed ones whose lease ran out."""
    return and_(_outbox.c.status.in_(OPEN), comes_due(_outbox.c.due_at, now), _undisputed())


def due(now: datetime, limit: int) -> Sequence[Message]:
    """Messages whose time has come, oldest first. On PostgreSQL rows that another worker is looking
    at are passed over."""
    query = (
        select(*_COLUMNS)
        .where(_deliverable(now))
        .order_by(_outbox.c.due_at)
        .limit(limit)
        .with_for_update(of=_outbox, skip_locked=True)
    )
    return [Message(*row) for row in db.session.execute(query)]


def anything_due(now: datetime) -> bool:
    """Whether a look into the outbox is worth a writing transaction."""
    query = select(_outbox.c.id).where(_deliverable(now))
    return db.session.execute(query.limit(1)).first() is not None


def content_of(message_id: str) -> str | None:
    """What a submission sends; None for one of before this was kept."""
    query = select(OutboxMessage.content).where(OutboxMessage.id == message_id)
    return db.session.execute(query).scalar_one()


def update_message(message_id: str, *, attempt: int, values: Mapping[str, object]) -> bool:
    """Change a message unless another worker has taken it over meanwhile (`attempt` moved on)."""
    if isinstance(proof := values.get("proof"), str):
        values = {**values, "proof": BoundText(proof, message_id)}
    changed = db.session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.id == message_id,
            OutboxMessage.attempt == attempt,
            OutboxMessage.status.in_(OPEN),
        )
        .values(**values)
        .returning(OutboxMessage.id)
    ).first()
    return changed is not None


def hurry(now: datetime) -> None:
    """Let everything that waits be due at once."""
    db.session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.status == "waiting", OutboxMessage.due_at > now)
        .values(due_at=now)
    )


def unpark(serial: str | None, now: datetime) -> Sequence[str]:
    """Serials of the parked messages (of one serial, or all) that are due again from now on."""
    statement = (
        update(OutboxMessage)
        .where(OutboxMessage.status == "parked")
        .values(status="waiting", failures=0, due_at=now)
        .returning(OutboxMessage.serial)
    )
    if serial is not None:
        statement = statement.where(OutboxMessage.serial == serial)
    return list(db.session.execute(statement).scalars())


def give_up(message_id: str) -> bool:
    """End a parked message without its having been delivered. Why is in the record of events."""
    changed = db.session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.status == "parked")
        .values(status="dropped", last_fault="given back")
        .returning(OutboxMessage.id)
    ).first()
    return changed is not None


def parked(limit: int) -> Sequence[Message]:
    """Messages that somebody must look at, oldest first."""
    query = select(*_COLUMNS).where(_outbox.c.status == "parked").order_by(_outbox.c.created_at)
    return [Message(*row) for row in db.session.execute(query.limit(limit))]


def of_serial(serial: str) -> Sequence[Message]:
    """All messages about an assessment, oldest first."""
    query = select(*_COLUMNS).where(_outbox.c.serial == serial).order_by(_outbox.c.created_at)
    return [Message(*row) for row in db.session.execute(query)]


def latest(serial: str, kind: str) -> Message | None:
    """The newest message of that kind about an assessment."""
    found = [message for message in of_serial(serial) if message.kind == kind]
    return found[-1] if found else None


def counts() -> dict[str, int]:
    """How many messages there are by status."""
    rows = db.session.execute(
        select(OutboxMessage.status, func.count()).group_by(OutboxMessage.status)
    )
    return {row[0]: int(row[1]) for row in rows}


def undelivered() -> dict[str, int]:
    """How many messages wait, are claimed or are parked; what is settled is not counted again."""
    rows = db.session.execute(
        select(OutboxMessage.status, func.count())
        .where(OutboxMessage.status.in_((*OPEN, "parked")))
        .group_by(OutboxMessage.status)
    )
    return dict.fromkeys((*OPEN, "parked"), 0) | {row[0]: int(row[1]) for row in rows}


def oldest_open() -> datetime | None:
    """When the message that has waited longest for the tax bureau was written."""
    query = select(func.min(OutboxMessage.created_at)).where(
        OutboxMessage.status.in_(OPEN), _undisputed()
    )
    return db.session.execute(query).scalar_one()


# Events.


def event(event_id: str) -> Event | None:
    """An event that was taken before."""
    query = select(*_EVENT).where(TaxEvent.event_id == event_id)
    row = db.session.execute(query).first()
    return None if row is None else Event(*row)


def events_of(serial: str) -> Sequence[Event]:
    """All events about an assessment, in the order in which they happened there."""
    query = select(*_EVENT).where(TaxEvent.serial == serial).order_by(TaxEvent.cursor)
    return [Event(*row) for row in db.session.execute(query)]


def last_cursor(serial: str) -> int:
    """The newest change at the tax bureau that an event told of, for one serial; 0 for none."""
    query = select(func.max(TaxEvent.cursor)).where(TaxEvent.serial == serial)
    return int(db.session.execute(query).scalar_one() or 0)


def add_event(row: Mapping[str, object]) -> None:
    """Remember an event and what it did."""
    db.session.execute(insert(_event), [bound(_event, row)])


# How we stand.


def link() -> Link:
    """How we stand with the tax bureau."""
    return Link(*db.session.execute(select(*_LINK).where(TaxLink.id == 1)).one())


def update_link(**values: object) -> None:
    """Note something of it."""
    db.session.execute(update(TaxLink).where(TaxLink.id == 1).values(**values))


def sender_seen_at() -> datetime | None:
    """When a sender was last at work."""
    return db.session.execute(
        select(TaxLink.sender_seen_at).where(TaxLink.id == 1)
    ).scalar_one_or_none()


def begin_comparing(at: datetime, not_since: datetime) -> bool:
    """Take the turn to compare; False where another worker had it after `not_since`."""
    taken = db.session.execute(
        update(TaxLink)
        .where(
            TaxLink.id == 1,
            or_(
                TaxLink.compared_at.is_(None),
                TaxLink.compared_at < not_since,
                TaxLink.compared_at > at + PUT_OFF_AT_MOST,
            ),
        )
        .values(compared_at=at)
        .returning(TaxLink.id)
    ).first()
    return taken is not None


def note_finding(serial: str, difference: str, at: datetime) -> None:
    """Remember a difference for a person to settle."""
    db.session.execute(
        upsert(TaxFinding)
        .values(serial=serial, difference=difference, found_at=at)
        .on_conflict_do_update(index_elements=["serial"], set_={"difference": difference})
    )


def clear_finding(serial: str) -> None:
    """The books agree about a serial."""
    db.session.execute(table_of(TaxFinding).delete().where(TaxFinding.serial == serial))


def findings(limit: int) -> Sequence[tuple[str, str, datetime]]:
    """(serial, difference, since when) of what a person must settle, oldest first."""
    rows = db.session.execute(
        select(TaxFinding.serial, TaxFinding.difference, TaxFinding.found_at)
        .order_by(TaxFinding.found_at)
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in rows]
