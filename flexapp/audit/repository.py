"""Queries and inserts on the audit tables; nothing here updates or deletes an event.

Only the anchor is updated: with every event, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import (
    Subquery,
    Table,
    Text,
    bindparam,
    or_,
    select,
    text,
    type_coerce,
)

from flexapp.audit.models import AuditAnchor, AuditEvent, AuditWords
from flexapp.db.session import (
    db,
    execute,
    lock_number,
    next_numbers,
    table_of,
    time_as_text,
    triggers_of,
)
from flexapp.encryption import bound

TABLE, _anchor = table_of(AuditEvent), table_of(AuditAnchor)
_words = table_of(AuditWords)
# Joined with the free text of each event: no page queries that separately.
_EVENTS = select(TABLE, _words.c.content.label("typed")).outerjoin(
    _words, _words.c.ref == TABLE.c.words
)
# Built once, and on the table instead of the mapped class, for speed: they run for every event.
_LAST_DIGEST = select(TABLE.c.digest).order_by(TABLE.c.seq.desc()).limit(1)
_ADD = TABLE.insert().returning(TABLE.c.seq)
_ANCHOR = select(_anchor.c.seq, _anchor.c.digest, _anchor.c.seal)
_MOVE_ANCHOR = _anchor.update().values(
    seq=bindparam("seq"), digest=bindparam("digest"), seal=bindparam("seal")
)

CHAIN_LOCK = 7_610_001
"""Key of the PostgreSQL advisory lock for the end of the chain: one writer at a time."""


def lock_end() -> None:
    """Lock the end of the chain until the transaction ends.

    SQLite needs no lock, because it has one writer at a time.
    """
    lock_number(CHAIN_LOCK)


def last_digest() -> str | None:
    """The digest of the last event; None if there are no events."""
    return db.session.execute(_LAST_DIGEST).scalar_one_or_none()


def anchor() -> tuple[int, str, str] | None:
    """(number, digest, seal) of the last event as stored in the anchor; None without an anchor."""
    row = execute(_ANCHOR).first()
    return None if row is None else (row[0], row[1], row[2])


def move_anchor(seq: int, digest: str, seal: str) -> None:
    """Update the anchor to a new end of the chain."""
    execute(_MOVE_ANCHOR, {"seq": seq, "digest": digest, "seal": seal})


def triggers() -> frozenset[str]:
    """The names of the enabled triggers on the table of events."""
    return triggers_of(TABLE)


def add(row: Mapping[str, object]) -> int:
    """Insert an event and return its number."""
    return int(execute(_ADD, row).scalar_one())


def numbers(count: int) -> list[int]:
    """Reserve the numbers of the next events; the end of the chain must be locked."""
    return next_numbers(TABLE, count)


def add_all(rows: Sequence[Mapping[str, object]]) -> None:
    """Insert events that already have their numbers."""
    execute(TABLE.insert(), rows)


def add_words(rows: Sequence[Mapping[str, object]]) -> None:
    """Insert free text of events, encrypted and bound to its row."""
    execute(_words.insert(), [bound(_words, row) for row in rows])


def stored_words() -> Iterator[tuple[int, str, str, str | None]]:
    """(event number, previous digest, `words` reference, stored content) of events with free text.

    The content is as stored (encrypted); None if it is missing.
    """
    query = (
        select(TABLE.c.seq, TABLE.c.previous, TABLE.c.words, type_coerce(_words.c.content, Text))
        .outerjoin(_words, _words.c.ref == TABLE.c.words)
        .where(TABLE.c.words.is_not(None))
        .order_by(TABLE.c.seq)
        .execution_options(yield_per=1000)
    )
    for row in db.session.execute(query):
        yield row[0], row[1], row[2], row[3]


def about_person(
    person_id: int, actions: Sequence[str] | None, before: int | None, limit: int
) -> Iterator[Mapping[str, object]]:
    """Events about a person, newest first; `before`: only those with a smaller number."""
    query = _EVENTS.where(AuditEvent.person_id == person_id)
    if actions is not None:
        query = query.where(AuditEvent.action.in_(actions))
    if before is not None:
        query = query.where(AuditEvent.seq < before)
    for row in db.session.execute(query.order_by(AuditEvent.seq.desc()).limit(limit)).mappings():
        yield {**row}


def about_person_twice(
    person_id: int,
    page: tuple[Sequence[str], int | None, int],
    also: tuple[Sequence[str], int],
) -> Iterator[Mapping[str, object]]:
    """The union of two selections of the events about a person, newest first, in one query.

    `page`: actions, number before which, and limit; `also`: other actions, and their limit.
    """
    (actions, before, limit), (more, most) = page, also
    newest = select(TABLE.c.seq).where(TABLE.c.person_id == person_id).order_by(TABLE.c.seq.desc())
    shown = newest.where(TABLE.c.action.in_(actions)).limit(limit)
    if before is not None:
        shown = shown.where(TABLE.c.seq < before)
    others = newest.where(TABLE.c.action.in_(more)).limit(most)
    chosen = [TABLE.c.seq.in_(select(part.subquery().c.seq)) for part in (shown, others)]
    query = _EVENTS.where(or_(*chosen)).order_by(TABLE.c.seq.desc())
    for row in db.session.execute(query).mappings():
        yield {**row}


def by_staff(staff_id: int, before: int | None, limit: int) -> Iterator[Mapping[str, object]]:
    """Events caused by a staff member, newest first; `before`: only those with a smaller number."""
    # A literal instead of a parameter, so that the planner can use the partial index.
    query = _EVENTS.where(text("actor_kind = 'staff'"), AuditEvent.actor_id == staff_id)
    if before is not None:
        query = query.where(AuditEvent.seq < before)
    for row in db.session.execute(query.order_by(AuditEvent.seq.desc()).limit(limit)).mappings():
        yield {**row}


def one(seq: int) -> Mapping[str, object] | None:
    """The event with this number; None if there is none."""
    row = db.session.execute(_EVENTS.where(AuditEvent.seq == seq)).mappings().first()
    return None if row is None else {**row}


def of_subject(subject: str) -> Iterator[Mapping[str, object]]:
    """Events about one subject, oldest first."""
    query = _EVENTS.where(AuditEvent.subject == subject).order_by(AuditEvent.seq)
    for row in db.session.execute(query).mappings():
        yield {**row}


def happened(action: str, since: datetime, until: datetime) -> Subquery:
    """Subquery of the events of an action with `since` <= at < `until`.

    Other slices join their rows with it for statistics. Columns: person_id, subject, channel, at.
    """
    return (
        select(TABLE.c.person_id, TABLE.c.subject, TABLE.c.channel, TABLE.c.at)
        .where(TABLE.c.action == action, TABLE.c.at >= since, TABLE.c.at < until)
        .subquery("happened")
    )


def all_rows() -> Iterator[Mapping[str, object]]:
    """All events in order, read in batches; `at` is None if the stored value is invalid.

    `at` is read as text, because the driver raises on an invalid time.
    """
    at = time_as_text(TABLE.c.at)
    columns = [at.label("at") if column.key == "at" else column for column in TABLE.columns]
    query = select(*columns).order_by(AuditEvent.seq).execution_options(yield_per=1000)
    for row in db.session.execute(query).mappings():
        yield {**row, "at": _moment(row["at"])}


def _moment(stored: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(stored).removesuffix(" AD")).replace(tzinfo=UTC)
    except ValueError:
        return None


def rows_of(table: Table, columns: Sequence[str]) -> Iterator[Mapping[str, object]]:
    """These columns of all rows of a table, ordered by primary key, read in batches."""
    query = (
        select(*(table.c[name] for name in columns))
        .order_by(*table.primary_key)
        .execution_options(yield_per=1000)
    )
    for row in db.session.execute(query).mappings():
        yield {**row}


def row_at(
    table: Table, columns: Sequence[str], key: Sequence[object]
) -> Mapping[str, object] | None:
    """These columns of the row with this primary key; None if there is none."""
    here = [column == value for column, value in zip(table.primary_key, key, strict=True)]
    query = select(*(table.c[name] for name in columns)).where(*here)
    row = db.session.execute(query).mappings().first()
    return None if row is None else {**row}
