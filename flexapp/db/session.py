"""Uninitialised Flask extensions, and how transactions begin on SQLite and PostgreSQL.

SQLite: when two read transactions try to become write transactions, the second one fails at once,
whatever the busy timeout. A unit of work that may write therefore sets `write_intent` and begins
with `BEGIN IMMEDIATE`. A read-only one begins deferred and never waits for a writer.

PostgreSQL: writers do not wait for each other by default. A unit of work that reads before it
writes acquires an advisory lock on its subject; other transactions with the same subject wait. It
runs at READ COMMITTED, so each statement sees everything committed before it. A read-only unit of
work runs at REPEATABLE READ: it sees one snapshot, as on SQLite, and the database refuses writes.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
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
    Engine,
    Executable,
    Integer,
    MetaData,
    Table,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from flexapp.config import Settings

BUSY_SECONDS = 10
"""Timeout in seconds for the lock of a writer, and on PostgreSQL also for a connection of the pool.
After it the page says that the system is busy."""

IDLE_SECONDS = 60
"""Seconds after which PostgreSQL ends an idle transaction and releases its locks."""

LARGE_CACHE_KB = 512 * 1024

FIRST_PAUSE, LONGEST_PAUSE = 0.0001, 0.005
"""Seconds between attempts to begin a write transaction; each pause is 25 % longer than before."""

write_intent: ContextVar[bool] = ContextVar("write_intent", default=False)
"""Whether the next transaction of this context may write."""


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


def day_of(moment: ColumnElement[datetime]) -> ColumnElement[str]:
    """SQL expression for the day in China, YYYY-MM-DD, of a UTC column, in the engine's dialect.

    The fixed offset of 8 hours is exact: China has one civil time without daylight saving.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        return func.to_char(moment + text("interval '8 hours'"), "YYYY-MM-DD")
    return func.date(moment, "+8 hours")


def upsert(model: type[Base]) -> SqliteInsert | PostgresqlInsert:
    """An INSERT in the dialect of the engine, which supports ON CONFLICT."""
    if db.session.get_bind().dialect.name == "postgresql":
        return postgresql_insert(model)
    return sqlite_insert(model)


def advisory_lock(what: str, key: object) -> None:
    """Acquire an exclusive lock on (`what`, `key`) until the transaction ends.

    Acquire it before reading the rows the decision depends on. Objects loaded in the session are
    expired and reloaded at their next use. On SQLite, and in read-only transactions, it does
    nothing: SQLite allows a single writer at a time.

    Lock order, to avoid deadlocks: key of a form; account, staff or phone; disputes of a person;
    person. All of them come before the row of an assessment is changed, and before the first audit
    event is recorded, which locks the end of the chain.
    """
    if write_intent.get() and db.session.get_bind().dialect.name == "postgresql":
        digest = hashlib.blake2b(f"{what}\0{key}".encode(), digest_size=8).digest()
        number = int.from_bytes(digest, "big", signed=True)
        db.session.execute(_HOLD, {"number": number})
        # The previous holder of the lock may have changed rows that are loaded in the session.
        db.session.flush()
        db.session.expire_all()


_HOLD = text("SELECT pg_advisory_xact_lock(:number)")


def engine_options(settings: Settings) -> dict[str, Any]:
    """The options of `create_engine` for these settings."""
    # Database exceptions are logged; the bound parameters may be personal data.
    options: dict[str, Any] = {"hide_parameters": True}
    if settings.database_url.startswith("sqlite:"):
        return options
    session = {
        "timezone": "UTC",
        "lock_timeout": f"{BUSY_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    }
    return options | {
        "pool_size": settings.database_pool,
        "max_overflow": 0,
        "pool_timeout": BUSY_SECONDS,
        "pool_recycle": settings.database_recycle,
        # Replaces connections dropped by the server or a firewall before they are used.
        "pool_pre_ping": True,
        "connect_args": {
            "application_name": "flexapp",
            "connect_timeout": BUSY_SECONDS,
            "options": " ".join(f"-c {name}={value}" for name, value in session.items()),
        },
    }


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
    (key,) = table.primary_key.columns
    if db.session.get_bind().dialect.name == "postgresql":
        given = text(
            "SELECT nextval(pg_get_serial_sequence(:table, :key)) FROM generate_series(1, :count)"
        )
        values = {"table": table.name, "key": key.name, "count": count}
        return sorted(db.session.execute(given, values).scalars())
    if not write_intent.get():
        raise RuntimeError("numbers are given out only in a transaction that writes")
    last = db.session.execute(select(func.max(key))).scalar_one() or 0
    return list(range(last + 1, last + 1 + count))


def next_number(table: Table) -> ColumnElement[int]:
    """SQL expression for the primary key of the next row, for callers that need it before INSERT.

    On SQLite use it only in a write transaction, in which nobody else can insert a row.
    """
    (key,) = table.primary_key.columns
    if db.session.get_bind().dialect.name == "postgresql":
        return func.nextval(func.pg_get_serial_sequence(table.name, key.name), type_=Integer)
    return select(func.coalesce(func.max(key), 0) + 1).correlate(None).scalar_subquery()


def widen_cache() -> None:
    """Enlarge SQLite's page cache on this connection, for commands that write many rows.

    With the default of 2 MB the pages of a long transaction are written and read again many times.
    On PostgreSQL it does nothing.
    """
    if db.session.get_bind().dialect.name == "sqlite":
        db.session.connection().exec_driver_sql(f"PRAGMA cache_size=-{LARGE_CACHE_KB}")


def init_database(app: Flask) -> None:
    """Bind `db` to the app and configure how the engine begins transactions."""
    db.init_app(app)
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    else:
        _prepare_postgresql(engine)


def _prepare_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        # The driver sends both settings with its BEGIN, so they need no extra round trip.
        driver, writes = connection.connection.driver_connection, write_intent.get()
        levels = psycopg.IsolationLevel
        driver.isolation_level = levels.READ_COMMITTED if writes else levels.REPEATABLE_READ
        driver.read_only = not writes


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # `on_begin` sends BEGIN
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        if write_intent.get():
            _begin_writing(connection)
        else:
            # On the driver's cursor: runs on every page, so it skips SQLAlchemy's overhead.
            connection.connection.cursor().execute("BEGIN")


def _begin_writing(connection: Any) -> None:
    """Send `BEGIN IMMEDIATE`, retrying at intervals from FIRST_PAUSE to LONGEST_PAUSE.

    SQLite's own busy handler sleeps 1, 2, 5, 10 ... 100 ms, but a write transaction of the service
    takes 1 or 2 ms. With that handler the database would be idle half of the time.
    """
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA busy_timeout=0")
    until, pause = time.monotonic() + BUSY_SECONDS, FIRST_PAUSE
    try:
        while time.monotonic() < until:
            try:
                cursor.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
            time.sleep(pause)
            pause = min(pause * 1.25, LONGEST_PAUSE)
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # raises SQLAlchemy's exception
    finally:
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
