"""Reading and adding rows of the event table; there is nothing here that changes or removes one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import select, text

from flexapp.audit.models import AuditEvent
from flexapp.extensions import db, table_of

TABLE = table_of(AuditEvent)
# Built once and on the table, not the class: these run on everything that is done.
_LAST_DIGEST = select(TABLE.c.digest).order_by(TABLE.c.seq.desc()).limit(1)
_ADD = TABLE.insert().returning(TABLE.c.seq)

CHAIN_LOCK = 7_610_001
"""PostgreSQL advisory lock: one writer at a time reads the end of the chain and adds to it."""


def last_digest() -> str | None:
    """The digest at the end of the chain, held still for this transaction."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHAIN_LOCK})
    return db.session.execute(_LAST_DIGEST).scalar_one_or_none()


def add(row: Mapping[str, object]) -> int:
    """Add a row and return its number."""
    return int(db.session.execute(_ADD, row).scalar_one())


def about_person(
    person_id: int, actions: Sequence[str] | None, before: int | None, limit: int
) -> Iterator[Mapping[str, object]]:
    """Rows about a person, newest first."""
    query = select(TABLE).where(AuditEvent.person_id == person_id)
    if actions is not None:
        query = query.where(AuditEvent.action.in_(actions))
    if before is not None:
        query = query.where(AuditEvent.seq < before)
    for row in db.session.execute(query.order_by(AuditEvent.seq.desc()).limit(limit)).mappings():
        yield {**row}


def one(seq: int) -> Mapping[str, object] | None:
    """The row of that number."""
    row = db.session.execute(select(TABLE).where(AuditEvent.seq == seq)).mappings().first()
    return None if row is None else {**row}


def of_subject(subject: str) -> Iterator[Mapping[str, object]]:
    """Rows about one subject, oldest first."""
    query = select(TABLE).where(AuditEvent.subject == subject).order_by(AuditEvent.seq)
    for row in db.session.execute(query).mappings():
        yield {**row}


def all_rows() -> Iterator[Mapping[str, object]]:
    """The whole chain in order, in batches."""
    query = select(TABLE).order_by(AuditEvent.seq).execution_options(yield_per=1000)
    for row in db.session.execute(query).mappings():
        yield {**row}
