"""What is PostgreSQL's own: the pool, how transactions begin, advisory locks, INSERT, dates, keys.

Writers do not wait for each other by default. A unit of work that reads before it writes acquires
an advisory lock on its subject; other transactions with the same subject wait. It runs at READ
COMMITTED, so each statement sees everything committed before it. A read-only unit of work runs at
REPEATABLE READ: it sees one snapshot, as on SQLite, and the database refuses writes.

The functions that `sqlite.py` has too are listed in `session.Engine`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import ColumnElement, Engine, Integer, Table, event, func, text
from sqlalchemy.dialects.postgresql import insert
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
        # Replaces connections dropped by the server or a firewall before they are used.
        "pool_pre_ping": True,
        "connect_args": {
            "application_name": "flexapp",
            "connect_timeout": BUSY_SECONDS,
            "options": " ".join(f"-c {name}={value}" for name, value in session.items()),
        },
    }


def prepare(engine: Engine, writes: Callable[[], bool]) -> None:
    """Set how transactions begin. `writes` says whether the one that begins may write."""

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        # The driver sends both settings with its BEGIN, so they need no extra round trip.
        driver, may_write = connection.connection.driver_connection, writes()
        levels = psycopg.IsolationLevel
        driver.isolation_level = levels.READ_COMMITTED if may_write else levels.REPEATABLE_READ
        driver.read_only = not may_write


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
