"""What is SQLite's own: pragmas, how transactions begin, INSERT, dates, keys and file modes.

When two read transactions try to become write transactions, SQLite fails the second one at once,
whatever the busy timeout. A unit of work that may write therefore begins with `BEGIN IMMEDIATE`. A
read-only one begins deferred, sees one snapshot and never waits for a writer (WAL).

The functions that `postgresql.py` has too are listed in `session.Engine`.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Engine, Table, Text, cast, event, func, select, text
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from flexapp.config import Settings

__all__ = [
    "BUSY_SECONDS",
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
"""Timeout in seconds for the lock of the writer. After it the page says that the system is busy."""

LARGE_CACHE_KB = 512 * 1024

FIRST_PAUSE, LONGEST_PAUSE = 0.0001, 0.005
"""Seconds between attempts to begin a write transaction; each pause is 25 % longer than before."""


def options(_settings: Settings) -> dict[str, Any]:
    """No options of `create_engine` of its own."""
    return {}


def prepare(engine: Engine, writes: Callable[[], bool]) -> None:
    """Set the pragmas of new connections, and how transactions begin.

    `writes` says whether the transaction that begins may write.
    """

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
        if writes():
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


def acquire_lock(_session: Session, _number: int) -> bool:
    """Do nothing and return False: SQLite has one writer at a time."""
    return False


def day_of(moment: ColumnElement[datetime]) -> ColumnElement[str]:
    """SQL expression for the day in China, YYYY-MM-DD, of a UTC column."""
    return func.date(moment, "+8 hours")


def position_of(column: ColumnElement[str], part: str) -> ColumnElement[int]:
    """SQL expression for the position of a text in a column, from 1; 0 if it is not there."""
    return func.instr(column, part)


def time_as_text(column: ColumnElement[datetime]) -> ColumnElement[str]:
    """SQL expression for a point in time as stored, as text, whatever its year."""
    return cast(column, Text)


def next_numbers(session: Session, table: Table, count: int, *, writes: bool) -> list[int]:
    """Return the next `count` primary keys, ascending.

    Raises `RuntimeError` outside of a write transaction, in which nobody else can insert a row.
    """
    if not writes:
        raise RuntimeError("numbers are given out only in a transaction that writes")
    (key,) = table.primary_key.columns
    last = session.execute(select(func.max(key))).scalar_one() or 0
    return list(range(last + 1, last + 1 + count))


def next_number(table: Table) -> ColumnElement[int]:
    """SQL expression for the next primary key; use it only in a write transaction."""
    (key,) = table.primary_key.columns
    return select(func.coalesce(func.max(key), 0) + 1).correlate(None).scalar_subquery()


def triggers_of(session: Session, table: Table) -> frozenset[str]:
    """The names of the triggers on a table."""
    query = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name")
    return frozenset(session.execute(query, {"name": table.name}).scalars())


def widen_cache(session: Session) -> None:
    """Enlarge the page cache of this connection, for commands that write many rows.

    With the default of 2 MB the pages of a long transaction are written and read again many times.
    """
    session.connection().exec_driver_sql(f"PRAGMA cache_size=-{LARGE_CACHE_KB}")


def protect_files(database_url: str, own_folder: Path) -> None:
    """Restrict the database file, and its folder when it is created here, to the current user.

    SQLite gives the files it creates beside it (-wal, -shm) the same mode. `own_folder` is
    restricted too if the file is in it.
    """
    if database_url.endswith(":memory:"):
        return
    path = Path(database_url.removeprefix("sqlite:///"))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(PermissionError):  # owned by another user, who decides about access
        if path.parent == own_folder:
            path.parent.chmod(0o700)
        path.touch(mode=0o600)
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{path}{suffix}").chmod(0o600)
