"""Uninitialised Flask extensions, transactions and locks, whatever the database engine.

What is SQLite's and what is PostgreSQL's is in `sqlite.py` and `postgresql.py`; `Engine` lists what
both have. A unit of work that may write sets `write_intent` before its transaction begins: on
SQLite it then begins with `BEGIN IMMEDIATE`, on PostgreSQL at READ COMMITTED. A read-only one sees
one snapshot of the database on both, and never waits for a writer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    DateTime,
    Dialect,
    Executable,
    MetaData,
    Table,
)
from sqlalchemy import Engine as SqlEngine
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from flexapp.config import PROJECT, Settings
from flexapp.db import postgresql, sqlite

T = TypeVar("T")

write_intent: ContextVar[bool] = ContextVar("write_intent", default=False)
"""Whether the next transaction of this context may write."""


class Engine(Protocol):
    """What the modules `sqlite` and `postgresql` both have."""

    def options(self, settings: Settings, /) -> dict[str, Any]: ...
    def prepare(self, engine: SqlEngine, writes: Callable[[], bool], /) -> None: ...
    def acquire_lock(self, session: Session, number: int, /) -> bool: ...
    def insert(self, table: Any, /) -> SqliteInsert | PostgresqlInsert: ...
    def day_of(self, moment: ColumnElement[datetime], /) -> ColumnElement[str]: ...
    def position_of(self, column: ColumnElement[str], part: str, /) -> ColumnElement[int]: ...
    def time_as_text(self, column: ColumnElement[datetime], /) -> ColumnElement[str]: ...
    def next_numbers(
        self, session: Session, table: Table, count: int, /, *, writes: bool
    ) -> list[int]: ...
    def next_number(self, table: Table, /) -> ColumnElement[int]: ...
    def triggers_of(self, session: Session, table: Table, /) -> frozenset[str]: ...
    def widen_cache(self, session: Session, /) -> None: ...
    def protect_files(self, database_url: str, own_folder: Path, /) -> None: ...


ENGINES: Mapping[str, Engine] = {"sqlite": sqlite, "postgresql": postgresql}
"""By the name of SQLAlchemy's dialect."""


class Base(DeclarativeBase):
    """Declarative base with named constraints, so that Alembic can drop them by name."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base, disable_autonaming=True)
migrate = Migrate()
csrf = CSRFProtect()

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def table_of(model: type[Base]) -> Table:
    """The table of a mapped class, for statements that return rows instead of objects."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


class UTCDateTime(TypeDecorator[datetime]):
    """A point in time: timezone-aware in Python, UTC in the database (SQLite stores no zone).

    Raises `ValueError` for a naive value.
    """

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a point in time needs its zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def engine_name() -> str:
    """ "sqlite" or "postgresql": the engine that the session is bound to."""
    return db.session.get_bind().dialect.name


def _engine() -> Engine:
    return ENGINES[engine_name()]


def day_of(moment: ColumnElement[datetime]) -> ColumnElement[str]:
    """SQL expression for the day in China, YYYY-MM-DD, of a UTC column, in the engine's dialect.

    The fixed offset of 8 hours is exact: China has one civil time without daylight saving.
    """
    return _engine().day_of(moment)


def position_of(column: ColumnElement[str], part: str) -> ColumnElement[int]:
    """SQL expression for the position of a text in a column, from 1; 0 if it is not there."""
    return _engine().position_of(column, part)


def time_as_text(column: ColumnElement[datetime]) -> ColumnElement[str]:
    """SQL expression for a point in time as stored, as text, whatever its year."""
    return _engine().time_as_text(column)


def upsert(table: type[Base] | Table) -> SqliteInsert | PostgresqlInsert:
    """An INSERT in the dialect of the engine, which supports ON CONFLICT."""
    return _engine().insert(table)


class ByEngine:
    """A statement built once for each engine, for statements that run on many requests.

    `make` builds it from an INSERT of the engine, which supports ON CONFLICT.
    """

    def __init__(self, table: Table, make: Callable[[Any], Executable]) -> None:
        self._made = {name: make(engine.insert(table)) for name, engine in ENGINES.items()}

    def __call__(self) -> Executable:
        """Return the statement for the engine that the session is bound to."""
        return self._made[engine_name()]


def advisory_lock(what: str, key: object) -> None:
    """Acquire an exclusive lock on (`what`, `key`) until the transaction ends.

    Acquire it before reading the rows the decision depends on. Objects loaded in the session are
    expired and reloaded at their next use. On SQLite, and in read-only transactions, it does
    nothing: SQLite allows a single writer at a time.

    Lock order, to avoid deadlocks: key of a form; account, staff or phone; disputes of a person;
    person. All of them come before the row of an assessment is changed, and before the first audit
    event is recorded, which locks the end of the chain.
    """
    digest = hashlib.blake2b(f"{what}\0{key}".encode(), digest_size=8).digest()
    if write_intent.get() and lock_number(int.from_bytes(digest, "big", signed=True)):
        # The previous holder of the lock may have changed rows that are loaded in the session.
        db.session.flush()
        db.session.expire_all()


def lock_number(number: int) -> bool:
    """Acquire the lock with this number until the transaction ends.

    False, without a lock, on SQLite, which allows a single writer at a time.
    """
    return _engine().acquire_lock(db.session(), number)


def engine_options(settings: Settings) -> dict[str, Any]:
    """The options of `create_engine` for these settings."""
    # Database exceptions are logged; the bound parameters may be personal data.
    return {"hide_parameters": True} | _engine_of(settings).options(settings)


def _engine_of(settings: Settings) -> Engine:
    return ENGINES[settings.database_url.partition(":")[0].partition("+")[0]]


def execute(
    statement: Executable, values: Mapping[str, object] | Sequence[Mapping[str, object]] = ()
) -> CursorResult[*tuple[Any, ...]]:
    """Execute a Core statement on the connection of the session's transaction.

    For statements that run on every page: the ORM overhead of `session.execute` takes as long as
    the statement itself.
    """
    session = db.session()
    connection: Connection | None = session.info.get(_CONNECTION)
    # The end of a transaction closes its connection for good, so a cached one may be stale.
    if connection is None or connection.closed:
        connection = session.info[_CONNECTION] = session.connection()
    return connection.execute(statement, values or None)


_CONNECTION = "connection"
"""Key in `session.info` for the cached connection of the transaction. `session.connection()` takes
a third as long as a statement."""


def next_numbers(table: Table, count: int) -> list[int]:
    """Reserve `count` primary keys for new rows of a table, ascending, for bulk inserts.

    On SQLite it requires a write transaction, in which nobody else can insert a row; otherwise it
    raises `RuntimeError`.
    """
    return _engine().next_numbers(db.session(), table, count, writes=write_intent.get())


def next_number(table: Table) -> ColumnElement[int]:
    """SQL expression for the primary key of the next row, for callers that need it before INSERT.

    On SQLite use it only in a write transaction, in which nobody else can insert a row.
    """
    return _engine().next_number(table)


def triggers_of(table: Table) -> frozenset[str]:
    """The names of the enabled triggers on a table."""
    return _engine().triggers_of(db.session(), table)


def widen_cache() -> None:
    """Enlarge the page cache of this connection, for commands that write many rows."""
    _engine().widen_cache(db.session())


def init_database(app: Flask) -> None:
    """Bind `db` to the app and configure how the engine begins transactions."""
    settings: Settings = app.config["SETTINGS"]
    _engine_of(settings).protect_files(settings.database_url, PROJECT / "var")
    db.init_app(app)
    with app.app_context():
        _engine().prepare(db.engine, write_intent.get)


def transaction_cache() -> dict[Hashable, Any]:
    """What is known of the session's current transaction, by key; empty in a new transaction."""
    session = db.session()
    transaction = session.get_transaction() or session.begin()
    known: tuple[object, dict[Hashable, Any]] | None = session.info.get(_FACTS)
    if known is None or known[0] is not transaction:
        known = session.info[_FACTS] = (transaction, {})
    return known[1]


_FACTS = "facts"
"""Key in `session.info` for `transaction_cache`, together with the transaction they belong to."""


def read_once(key: Hashable, load: Callable[[], T]) -> T:
    """Return what `load` reads; in a read-only transaction it is called once for each key.

    Such a transaction sees one snapshot of the database, so a second query finds the same. One that
    may write always reads again. `prefill` stores what an earlier statement has found already.
    """
    if write_intent.get():
        return load()
    facts = transaction_cache()
    if key not in facts:
        facts[key] = load()
    found: T = facts[key]
    return found


def prefill(key: Hashable, value: object) -> None:
    """Store the result of `read_once` for this key, which another statement has read as well."""
    if not write_intent.get():
        transaction_cache()[key] = value
