"""Bare extension objects, and how the database begins its transactions.

SQLite upgrades a read transaction to a writing one by failing whoever comes second, whatever the
busy timeout says. So a unit of work that may write says so first (`write_intent`) and begins with
`BEGIN IMMEDIATE`; one that only reads begins deferred and never waits for a writer.

On PostgreSQL writers do not wait for each other of themselves. What reads before it writes says
what it is about (`hold`), and waits for whoever is about the same; each statement then sees what
was committed before it. One that only reads sees a single state of everything, as on SQLite, and
the database refuses what it would write.
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
"""How long a writer waits for its turn, and on PostgreSQL a request for a connection, before the
page says that the system is busy."""

IDLE_SECONDS = 60
"""After which PostgreSQL ends a transaction whose process has fallen silent, locks and all."""

LARGE_CACHE_KB = 512 * 1024

FIRST_PAUSE, LONGEST_PAUSE = 0.0001, 0.005
"""Seconds between tries to begin writing; each pause is a quarter longer than the one before."""

write_intent: ContextVar[bool] = ContextVar("write_intent", default=False)
"""Whether the transaction about to begin may write."""


class Base(DeclarativeBase):
    """Declarative base with named constraints, so that Alembic can drop what it made."""

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
    """The table of a mapped class, for statements that need no objects back."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


class UTCDateTime(TypeDecorator[datetime]):
    """A point in time: aware in Python, UTC in the database (SQLite keeps no zone of its own)."""

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
    """The day in China, YYYY-MM-DD, of a column of moments; each engine has its own words for it.

    A fixed offset is exact: China has one civil time without summer time.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        return func.to_char(moment + text("interval '8 hours'"), "YYYY-MM-DD")
    return func.date(moment, "+8 hours")


def upsert(model: type[Base]) -> SqliteInsert | PostgresqlInsert:
    """An INSERT of the engine in use that knows ON CONFLICT."""
    if db.session.get_bind().dialect.name == "postgresql":
        return postgresql_insert(model)
    return sqlite_insert(model)


def advisory_lock(what: str, key: object) -> None:
    """Wait for whoever else is about the same, and keep others waiting until the transaction ends.

    To be said before the first look at what the decision rests on. Objects that the session has
    loaded are read again when they are next used. SQLite has one writer at a time and needs nothing
    of it. Who holds two things takes them in this order: a form's key, then account, staff or
    phone, then disputes of a person, then person; and all of them before the row of an assessment
    is changed and before the first event is recorded, which holds the end of the chain.
    """
    if write_intent.get() and db.session.get_bind().dialect.name == "postgresql":
        digest = hashlib.blake2b(f"{what}\0{key}".encode(), digest_size=8).digest()
        number = int.from_bytes(digest, "big", signed=True)
        db.session.execute(_HOLD, {"number": number})
        # What was loaded before may have been changed by whoever held this until now.
        db.session.flush()
        db.session.expire_all()


_HOLD = text("SELECT pg_advisory_xact_lock(:number)")


def engine_options(settings: Settings) -> dict[str, Any]:
    """How SQLAlchemy is to make the engine for these settings."""
    # An exception of the database lands in the log; what was bound to it must not.
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
        # A connection that died with its server, or in a firewall, is replaced before it is used.
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
    """Execute a statement on tables, not classes, in the transaction of the session.

    For what runs on every page: `session.execute` first looks whether there are objects to be made
    of the rows, which takes as long again as the statement.
    """
    session = db.session()
    connection: Connection | None = session.info.get(_CONNECTION)
    # Of the session's transaction: one that ended closed its connection, and it stays closed.
    if connection is None or connection.closed:
        connection = session.info[_CONNECTION] = session.connection()
    return connection.execute(statement, values or None)


_CONNECTION = "connection"
"""Under which name a session remembers the connection of its transaction: asking for it takes a
third as long as a statement."""


def next_numbers(table: Table, count: int) -> list[int]:
    """So many numbers for new rows of a table, ascending, for statements that add many at once.

    On SQLite only in a transaction that writes: nobody else can add a row meanwhile.
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
    """The number of the next new row of a table, to be selected, for what must know it before.

    On SQLite only in a transaction that writes: nobody else can add a row meanwhile.
    """
    (key,) = table.primary_key.columns
    if db.session.get_bind().dialect.name == "postgresql":
        return func.nextval(func.pg_get_serial_sequence(table.name, key.name), type_=Integer)
    return select(func.coalesce(func.max(key), 0) + 1).correlate(None).scalar_subquery()


def widen_cache() -> None:
    """Keep more of the database in memory on this connection, for a command that writes much.

    With SQLite's 2 MB the pages of a long transaction are written out and read again many times.
    """
    if db.session.get_bind().dialect.name == "sqlite":
        db.session.connection().exec_driver_sql(f"PRAGMA cache_size=-{LARGE_CACHE_KB}")


def init_database(app: Flask) -> None:
    """Bind `db` to the app and set the engine's transaction behaviour."""
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
        # The driver says both with its BEGIN: no message more than it sends anyway.
        driver, writes = connection.connection.driver_connection, write_intent.get()
        levels = psycopg.IsolationLevel
        driver.isolation_level = levels.READ_COMMITTED if writes else levels.REPEATABLE_READ
        driver.read_only = not writes


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we send BEGIN ourselves, below
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
            # Past SQLAlchemy's bookkeeping: it is said on every page.
            connection.connection.cursor().execute("BEGIN")


def _begin_writing(connection: Any) -> None:
    """`BEGIN IMMEDIATE`, asked for every fraction of a millisecond.

    SQLite waits for a writer by sleeping 1, 2, 5, 10 ... 100 ms, while a writer of ours is done in
    one or two: with its own waiting the database stands idle half of the time.
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
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # fails in SQLAlchemy's words
    finally:
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
