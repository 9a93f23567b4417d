"""Rows of the outbox and of the tax bureau's changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, insert, select, update

from flexapp.extensions import db
from flexapp.transmission.models import OutboxMessage, TaxChange

TABLE = OutboxMessage.__table__


def add(row: Mapping[str, object]) -> None:
    """Add a message to the outbox."""
    db.session.execute(insert(OutboxMessage), [row])


def due(now: datetime, limit: int) -> Sequence[Mapping[str, object]]:
    """Messages whose time has come, oldest first: waiting ones, and claimed ones whose lease ran
    out. On PostgreSQL rows that another worker is looking at are passed over."""
    query = (
        select(TABLE)
        .where(OutboxMessage.status.in_(("waiting", "claimed")), OutboxMessage.due_at <= now)
        .order_by(OutboxMessage.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [{**row} for row in db.session.execute(query).mappings()]


def anything_due(now: datetime) -> bool:
    """Whether a look into the outbox is worth a writing transaction."""
    query = select(OutboxMessage.id).where(
        OutboxMessage.status.in_(("waiting", "claimed")), OutboxMessage.due_at <= now
    )
    return db.session.execute(query.limit(1)).first() is not None


def update_message(message_id: str, *, attempt: int, values: Mapping[str, object]) -> bool:
    """Change a message unless another worker has taken it over meanwhile (`attempt` moved on)."""
    changed = db.session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.attempt == attempt)
        .values(**values)
        .returning(OutboxMessage.id)
    ).first()
    return changed is not None


def counts() -> dict[str, int]:
    """How many messages there are by status."""
    rows = db.session.execute(
        select(OutboxMessage.status, func.count()).group_by(OutboxMessage.status)
    )
    return {row[0]: int(row[1]) for row in rows}


def last_cursor() -> int:
    """How far the tax bureau's feed has been read."""
    return int(db.session.execute(select(func.max(TaxChange.cursor))).scalar_one() or 0)


def known_change(event_id: str) -> bool:
    """Whether a change was applied before."""
    return db.session.get(TaxChange, event_id) is not None


def add_change(row: Mapping[str, object]) -> None:
    """Remember a change and what it did."""
    db.session.execute(insert(TaxChange), [row])
