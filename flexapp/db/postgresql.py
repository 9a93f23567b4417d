"""What is PostgreSQL's own: the pool, how transactions begin, advisory locks, INSERT, dates, keys.

Writers do not wait for each other by default. A unit of work that reads before it writes acquires
an advisory lock on its subject; other transactions with the same subject wait. It runs at READ
COMMITTED, so each statement sees everything committed before it. A read-only unit of work runs at
REPEATABLE READ: it sees one snapshot, as on SQLite, and the database refuses writes.

The functions that `sqlite.py` has too are listed in `session.Engine`.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import ColumnElement, Engine, Integer, Table, event, func, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session

from flexapp.config import Settings

__all__ = [
    "BUSY_SECONDS",
    "IDLE_SECONDS",
    "acquire_lock",
    "day_of",
    "insert",
    "next_number",
    "next_numbers",
    "options",
    "position_of",
    "prepare",
    "protect_files",
    "time_as_text",
    "triggers_of",
    "widen_cache",
]

BUSY_SECONDS = 10
"""Timeout in seconds for a lock and for a connection of the pool. After it the page says that the
system is busy."""

IDLE_SECONDS = 60
"""Seconds after which the server ends an idle transaction and releases its locks."""

TRUSTED_SECONDS = 5.0
"""Seconds idle after which the server is asked whether a connection of the pool is alive."""

_IDLE_SINCE = "idle since"

_LOCK = text("SELECT pg_advisory_xact_lock(:number)")


def options(settings: Settings) -> dict[str, Any]:
    """The options of `create_engine` that are PostgreSQL's own."""
    session = {
        "timezone": "UTC",
        "lock_timeout": f"{BUSY_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    }
    return {
        "pool_size": settings.database_pool,
        "max_overflow": 0,
        "pool_timeout": BUSY_SECONDS,
        "pool_recycle": settings.database_recycle,
        "connect_args": {
            "application_name": "flexapp",
            "connect_timeout": BUSY_SECONDS,
            "options": " ".join(f"-c {name}={value}" for name, value in session.items()),
        },
    }


def prepare(engine: Engine, writes: Callable[[], bool]) -> None:
    """Set how transactions begin, and replace dead connections before they are used.

    `writes` says whether the transaction that begins may write.
    """

    @event.listens_for(engine, "checkin")
    def on_checkin(_connection: Any, record: Any) -> None:
        record.info[_IDLE_SINCE] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def on_checkout(connection: Any, record: Any, _proxy: object) -> None:
        # The pool opens another connection after this exception.
        if not _is_alive(connection, record.info.get(_IDLE_SINCE)):
            raise DisconnectionError

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        # The driver sends both settings with its BEGIN, so they need no extra round trip.
        driver, may_write = connection.connection.driver_connection, writes()
        levels = psycopg.IsolationLevel
        driver.isolation_level = levels.READ_COMMITTED if may_write else levels.REPEATABLE_READ
        driver.read_only = not may_write


def _is_alive(connection: Any, idle_since: float | None) -> bool:
    """Whether a connection of the pool can be used.

    A server that ends a connection says so: its socket is then readable, which costs no message to
    find out. Only then, and after `TRUSTED_SECONDS` idle (a firewall may have dropped it silently),
    is the server asked.
    """
    if idle_since is None:  # new
        return True
    if connection.closed:
        return False
    trusted = time.monotonic() - idle_since < TRUSTED_SECONDS
    if trusted and not _has_something_to_say(connection):
        return True
    try:
        connection.execute("")
        connection.rollback()
    except psycopg.Error:
        return False
    return True


def _has_something_to_say(connection: Any) -> bool:
    socket = select.poll()
    socket.register(connection, select.POLLIN)
    return bool(socket.poll(0))


def acquire_lock(session: Session, number: int) -> bool:
    """Acquire the advisory lock with this number until the transaction ends; return True."""
    session.execute(_LOCK, {"number": number})
    return True


def day_of(moment: ColumnElement[datetime]) -> ColumnElement[str]:
    """SQL expression for the day in China, YYYY-MM-DD, of a UTC column."""
    return func.to_char(moment + text("interval '8 hours'"), "YYYY-MM-DD")


def position_of(column: ColumnElement[str], part: str) -> ColumnElement[int]:
    """SQL expression for the position of a text in a column, from 1; 0 if it is not there."""
    return func.strpos(column, part)


def time_as_text(column: ColumnElement[datetime]) -> ColumnElement[str]:
    """SQL expression for a point in time as stored, as text, whatever its year."""
    return func.to_char(column, "YYYY-MM-DD HH24:MI:SS.US BC")


def next_numbers(session: Session, table: Table, count: int, *, writes: bool) -> list[int]:
    """Take the next `count` primary keys from the table's sequence, ascending."""
    (key,) = table.primary_key.columns
    taken = text(
        "SELECT nextval(pg_get_serial_sequence(:table, :key)) FROM generate_series(1, :count)"
    )
    values = {"table": table.name, "key": key.name, "count": count}
    return sorted(session.execute(taken, values).scalars())


def next_number(table: Table) -> ColumnElement[int]:
    """SQL expression that takes the next primary key from the table's sequence."""
    (key,) = table.primary_key.columns
    return func.nextval(func.pg_get_serial_sequence(table.name, key.name), type_=Integer)


def triggers_of(session: Session, table: Table) -> frozenset[str]:
    """The names of the enabled triggers on a table."""
    query = text(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = CAST(:name AS regclass)"
        " AND NOT tgisinternal AND tgenabled IN ('O', 'A')"
    )
    return frozenset(session.execute(query, {"name": table.name}).scalars())


def widen_cache(_session: Session) -> None:
    """Do nothing: the server has its own cache."""


def protect_files(_database_url: str, _own_folder: Path) -> None:
    """Do nothing: the files are the server's."""
