"""Queries for the outbox, the events of the tax bureau, and the connection to it."""

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
    """A row of the outbox without `content`, which only delivery needs."""

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
    """An event of the tax bureau as stored."""

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
    """State of the connection to the tax bureau (`models.TaxLink`)."""

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
        """Whether nothing is sent now: the tax bureau is down, or an officer paused sending."""
        return self.down_since is not None or self.paused_at is not None


_LINK = [table_of(TaxLink).c[name] for name in Link.__slots__]


# The outbox.

PUT_OFF_AT_MOST = timedelta(minutes=15)
"""Upper limit for due times.

No legitimate wait is this long: a retry waits five minutes at most, a lease one minute. A later
time was written by a machine whose clock was ahead, and is ignored.
"""


def comes_due(moment: ColumnElement[datetime | None], now: datetime) -> ColumnElement[bool]:
    """Return a condition: the due time has come, or is implausibly far ahead."""
    return or_(moment <= now, moment > now + PUT_OFF_AT_MOST)


def add(row: Mapping[str, object]) -> None:
    """Add a message to the outbox."""
    db.session.execute(insert(_outbox), [bound(_outbox, row)])


def _undisputed() -> ColumnElement[bool]:
    """Exclude submissions that are held back by an open 不是我办的 case."""
    return not_(and_(_outbox.c.kind == "submit", assessment.held_back(_outbox.c.serial)))


def _deliverable(now: datetime) -> ColumnElement[bool]:
    """Select waiting messages that are due, and claimed ones whose lease has expired."""
    return and_(_outbox.c.status.in_(OPEN), comes_due(_outbox.c.due_at, now), _undisputed())


def due(now: datetime, limit: int) -> Sequence[Message]:
    """Return due messages, the earliest due time first.

    On PostgreSQL rows locked by another worker are skipped.
    """
    query = (
        select(*_COLUMNS)
        .where(_deliverable(now))
        .order_by(_outbox.c.due_at)
        .limit(limit)
        .with_for_update(of=_outbox, skip_locked=True)
    )
    return [Message(*row) for row in db.session.execute(query)]


def anything_due(now: datetime) -> bool:
    """Return whether any message is due. Avoids a write transaction when none is."""
    query = select(_outbox.c.id).where(_deliverable(now))
    return db.session.execute(query.limit(1)).first() is not None


def content_of(message_id: str) -> str | None:
    """Return the content of a submission; None if it is older than this column."""
    query = select(OutboxMessage.content).where(OutboxMessage.id == message_id)
    return db.session.execute(query).scalar_one()


def update_message(message_id: str, *, attempt: int, values: Mapping[str, object]) -> bool:
    """Update an open message; False if another worker has claimed it since (`attempt` differs)."""
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


def retry_all_now(now: datetime) -> None:
    """Make all waiting messages due now."""
    db.session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.status == "waiting", OutboxMessage.due_at > now)
        .values(due_at=now)
    )


def unpark(serial: str | None, now: datetime) -> Sequence[str]:
    """Requeue the parked messages of one serial, or all; return their serials."""
    statement = (
        update(OutboxMessage)
        .where(OutboxMessage.status == "parked")
        .values(status="waiting", failures=0, due_at=now)
        .returning(OutboxMessage.serial)
    )
    if serial is not None:
        statement = statement.where(OutboxMessage.serial == serial)
    return list(db.session.execute(statement).scalars())


def discard_parked(message_id: str) -> bool:
    """Drop a parked message without delivery; False if it is not parked. The audit log has the
    reason.
    """
    changed = db.session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.status == "parked")
        .values(status="dropped", last_fault="given back")
        .returning(OutboxMessage.id)
    ).first()
    return changed is not None


def parked(limit: int) -> Sequence[Message]:
    """Return parked messages, oldest first."""
    query = select(*_COLUMNS).where(_outbox.c.status == "parked").order_by(_outbox.c.created_at)
    return [Message(*row) for row in db.session.execute(query.limit(limit))]


def of_serial(serial: str) -> Sequence[Message]:
    """Return all messages about an assessment, oldest first."""
    query = select(*_COLUMNS).where(_outbox.c.serial == serial).order_by(_outbox.c.created_at)
    return [Message(*row) for row in db.session.execute(query)]


def latest(serial: str, kind: str) -> Message | None:
    """Return the newest message of a kind about an assessment."""
    found = [message for message in of_serial(serial) if message.kind == kind]
    return found[-1] if found else None


def counts() -> dict[str, int]:
    """Return the number of messages by status."""
    rows = db.session.execute(
        select(OutboxMessage.status, func.count()).group_by(OutboxMessage.status)
    )
    return {row[0]: int(row[1]) for row in rows}


def undelivered() -> dict[str, int]:
    """Return the number of waiting, claimed and parked messages; settled ones are not counted."""
    rows = db.session.execute(
        select(OutboxMessage.status, func.count())
        .where(OutboxMessage.status.in_((*OPEN, "parked")))
        .group_by(OutboxMessage.status)
    )
    return dict.fromkeys((*OPEN, "parked"), 0) | {row[0]: int(row[1]) for row in rows}


def oldest_open() -> datetime | None:
    """Return when the oldest waiting or claimed message was created; None without any."""
    query = select(func.min(OutboxMessage.created_at)).where(
        OutboxMessage.status.in_(OPEN), _undisputed()
    )
    return db.session.execute(query).scalar_one()


# Events.


def event(event_id: str) -> Event | None:
    """Return a stored event; None for an unknown id."""
    query = select(*_EVENT).where(TaxEvent.event_id == event_id)
    row = db.session.execute(query).first()
    return None if row is None else Event(*row)


def events_of(serial: str) -> Sequence[Event]:
    """Return all events about an assessment, in the order of the changes at the tax bureau."""
    query = select(*_EVENT).where(TaxEvent.serial == serial).order_by(TaxEvent.cursor)
    return [Event(*row) for row in db.session.execute(query)]


def last_cursor(serial: str) -> int:
    """Return the highest cursor of the events about a serial; 0 without any."""
    query = select(func.max(TaxEvent.cursor)).where(TaxEvent.serial == serial)
    return int(db.session.execute(query).scalar_one() or 0)


def add_event(row: Mapping[str, object]) -> None:
    """Store an event with its outcome."""
    db.session.execute(insert(_event), [bound(_event, row)])


# Connection.


def link() -> Link:
    """Return the state of the connection."""
    return Link(*db.session.execute(select(*_LINK).where(TaxLink.id == 1)).one())


def update_link(**values: object) -> None:
    """Update columns of the connection row."""
    db.session.execute(update(TaxLink).where(TaxLink.id == 1).values(**values))


def sender_seen_at() -> datetime | None:
    """Return when a worker last ran."""
    return db.session.execute(
        select(TaxLink.sender_seen_at).where(TaxLink.id == 1)
    ).scalar_one_or_none()


def begin_comparing(at: datetime, not_since: datetime) -> bool:
    """Claim the comparison; False if another worker claimed it after `not_since`."""
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
    """Store a difference for manual handling."""
    db.session.execute(
        upsert(TaxFinding)
        .values(serial=serial, difference=difference, found_at=at)
        .on_conflict_do_update(index_elements=["serial"], set_={"difference": difference})
    )


def clear_finding(serial: str) -> None:
    """Remove the finding of a serial."""
    db.session.execute(table_of(TaxFinding).delete().where(TaxFinding.serial == serial))


def findings(limit: int) -> Sequence[tuple[str, str, datetime]]:
    """Return (serial, difference, found at) of the findings, oldest first."""
    rows = db.session.execute(
        select(TaxFinding.serial, TaxFinding.difference, TaxFinding.found_at)
        .order_by(TaxFinding.found_at)
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in rows]
