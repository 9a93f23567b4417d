"""Reading and adding rows of the event table; there is nothing here that changes or removes one.

Only the anchor moves: with every event, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import (
    ColumnElement,
    Subquery,
    Table,
    Text,
    bindparam,
    cast,
    func,
    select,
    text,
    type_coerce,
)

from flexapp.audit.models import AuditAnchor, AuditEvent, AuditWords
from flexapp.db.session import (
    db,
    execute,
    next_numbers,
    table_of,
)
from flexapp.encryption import bound

TABLE, _anchor = table_of(AuditEvent), table_of(AuditAnchor)
_words = table_of(AuditWords)
# With what was typed of an event beside it: no page asks for that by itself.
_EVENTS = select(TABLE, _words.c.content.label("typed")).outerjoin(
    _words, _words.c.ref == TABLE.c.words
)
# Built once and on the table, not the class: these run on everything that is done.
_LAST_DIGEST = select(TABLE.c.digest).order_by(TABLE.c.seq.desc()).limit(1)
_ADD = TABLE.insert().returning(TABLE.c.seq)
_ANCHOR = select(_anchor.c.seq, _anchor.c.digest, _anchor.c.seal)
_MOVE_ANCHOR = _anchor.update().values(
    seq=bindparam("seq"), digest=bindparam("digest"), seal=bindparam("seal")
)

CHAIN_LOCK = 7_610_001
"""PostgreSQL advisory lock: one writer at a time reads the end of the chain and adds to it."""


def hold_end() -> None:
    """Hold the end of the chain still for this transaction."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHAIN_LOCK})


def last_digest() -> str | None:
    """The digest at the end of the chain."""
    return db.session.execute(_LAST_DIGEST).scalar_one_or_none()


def anchor() -> tuple[int, str, str] | None:
    """(number, digest, seal) of the last event, as kept beside the chain."""
    row = execute(_ANCHOR).first()
    return None if row is None else (row[0], row[1], row[2])


def move_anchor(seq: int, digest: str, seal: str) -> None:
    """The chain has a new end."""
    execute(_MOVE_ANCHOR, {"seq": seq, "digest": digest, "seal": seal})


def triggers() -> frozenset[str]:
    """The names of the triggers on the table of events."""
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name",
        "postgresql": (
            "SELECT tgname FROM pg_trigger WHERE tgrelid = CAST(:name AS regclass)"
            " AND NOT tgisinternal AND tgenabled IN ('O', 'A')"
        ),
    }[db.session.get_bind().dialect.name]
    return frozenset(db.session.execute(text(query), {"name": TABLE.name}).scalars())


def add(row: Mapping[str, object]) -> int:
    """Add a row and return its number."""
    return int(execute(_ADD, row).scalar_one())


def numbers(count: int) -> list[int]:
    """The numbers of the next events; only while the end of the chain is held."""
    return next_numbers(TABLE, count)


def add_all(rows: Sequence[Mapping[str, object]]) -> None:
    """Add rows that have their numbers."""
    execute(TABLE.insert(), rows)


def add_words(rows: Sequence[Mapping[str, object]]) -> None:
    """Keep what people typed, beside its events."""
    execute(_words.insert(), [bound(_words, row) for row in rows])


def stored_words() -> Iterator[tuple[int, str, str, str | None]]:
    """(event, digest before it, number, content as stored) of the events with something typed."""
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
    """Rows about a person, newest first."""
    query = _EVENTS.where(AuditEvent.person_id == person_id)
    if actions is not None:
        query = query.where(AuditEvent.action.in_(actions))
    if before is not None:
        query = query.where(AuditEvent.seq < before)
    for row in db.session.execute(query.order_by(AuditEvent.seq.desc()).limit(limit)).mappings():
        yield {**row}


def by_staff(staff_id: int, before: int | None, limit: int) -> Iterator[Mapping[str, object]]:
    """Rows of what one of the staff did, newest first."""
    # The kind is written out, so that the planner sees that the partial index fits.
    query = _EVENTS.where(text("actor_kind = 'staff'"), AuditEvent.actor_id == staff_id)
    if before is not None:
        query = query.where(AuditEvent.seq < before)
    for row in db.session.execute(query.order_by(AuditEvent.seq.desc()).limit(limit)).mappings():
        yield {**row}


def one(seq: int) -> Mapping[str, object] | None:
    """The row of that number."""
    row = db.session.execute(_EVENTS.where(AuditEvent.seq == seq)).mappings().first()
    return None if row is None else {**row}


def of_subject(subject: str) -> Iterator[Mapping[str, object]]:
    """Rows about one subject, oldest first."""
    query = _EVENTS.where(AuditEvent.subject == subject).order_by(AuditEvent.seq)
    for row in db.session.execute(query).mappings():
        yield {**row}


def happened(action: str, since: datetime, until: datetime) -> Subquery:
    """The events of an action from a moment to before another, for other slices to join their rows
    with and count; columns: person_id, subject, channel, at."""
    return (
        select(TABLE.c.person_id, TABLE.c.subject, TABLE.c.channel, TABLE.c.at)
        .where(TABLE.c.action == action, TABLE.c.at >= since, TABLE.c.at < until)
        .subquery("happened")
    )


def all_rows() -> Iterator[Mapping[str, object]]:
    """The whole chain in order, in batches; `at` is None where it is no moment, which the driver
    would fail on."""
    at: ColumnElement[str] = cast(TABLE.c.at, Text)
    if engine() == "postgresql":
        at = func.to_char(TABLE.c.at, "YYYY-MM-DD HH24:MI:SS.US BC")
    columns = [at.label("at") if column.key == "at" else column for column in TABLE.columns]
    query = select(*columns).order_by(AuditEvent.seq).execution_options(yield_per=1000)
    for row in db.session.execute(query).mappings():
        yield {**row, "at": _moment(row["at"])}


def _moment(stored: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(stored).removesuffix(" AD")).replace(tzinfo=UTC)
    except ValueError:
        return None


def engine() -> str:
    """The database engine's name."""
    return db.session.get_bind().dialect.name


def rows_of(table: Table, columns: Sequence[str]) -> Iterator[Mapping[str, object]]:
    """These columns of a table's rows, in the order of their keys, in batches."""
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
    """These columns of the row with that primary key."""
    here = [column == value for column, value in zip(table.primary_key, key, strict=True)]
    query = select(*(table.c[name] for name in columns)).where(*here)
    row = db.session.execute(query).mappings().first()
    return None if row is None else {**row}
