"""The stand-in's own SQLite file: its tables, and how a connection to it is opened."""

import sqlite3
from pathlib import Path

VERSION = 2
BUSY_TIMEOUT_MS = 5000

# AUTOINCREMENT: a number is never used twice. There is one writer at a time, so `cursor` ascends in
# the order of commits, and whoever has read up to n has missed nothing below n.
_TABLES = (
    """CREATE TABLE assessments (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        serial TEXT NOT NULL UNIQUE,
        content TEXT NOT NULL,
        digest TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('received', 'revoking', 'paid', 'revoked')),
        received_at TEXT NOT NULL,
        changed_at TEXT NOT NULL,
        reason TEXT,
        receipt TEXT NOT NULL UNIQUE
    )""",
    "CREATE INDEX assessments_by_state ON assessments (state, number)",
    """CREATE TABLE revocation_requests (
        request_id TEXT PRIMARY KEY,
        serial TEXT NOT NULL REFERENCES assessments (serial),
        reason TEXT NOT NULL,
        requested_at TEXT NOT NULL,
        answer TEXT NOT NULL CHECK (answer IN ('pending', 'agreed', 'declined')),
        answered_at TEXT
    )""",
    "CREATE INDEX requests_by_serial ON revocation_requests (serial, answer)",
    """CREATE TABLE history (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        serial TEXT NOT NULL REFERENCES assessments (serial),
        what TEXT NOT NULL,
        state TEXT NOT NULL,
        at TEXT NOT NULL,
        reason TEXT
    )""",
    "CREATE INDEX history_by_serial ON history (serial, number)",
    """CREATE TABLE changes (
        cursor INTEGER PRIMARY KEY AUTOINCREMENT,
        event_id TEXT NOT NULL UNIQUE,
        serial TEXT NOT NULL REFERENCES assessments (serial),
        event TEXT NOT NULL
            CHECK (event IN ('received', 'paid', 'revoked', 'revocation_declined')),
        at TEXT NOT NULL,
        reason TEXT
    )""",
)

# What each later version added, so that a file of an earlier one goes on being used.
_ADDED = {
    2: (
        # Faults of a demonstration that are on: `remaining` NULL is "until switched off".
        """CREATE TABLE faults (
            kind TEXT PRIMARY KEY CHECK (kind IN ('slow', 'hang', 'error', 'drop', 'garble')),
            seconds REAL NOT NULL DEFAULT 0 CHECK (seconds BETWEEN 0 AND 120),
            remaining INTEGER CHECK (remaining >= 0),
            percent INTEGER NOT NULL DEFAULT 100 CHECK (percent BETWEEN 1 AND 100),
            scope TEXT NOT NULL DEFAULT 'messages' CHECK (scope IN ('messages', 'all'))
        )""",
    ),
}

_APPEND_ONLY = """CREATE TRIGGER {table}_{verb} BEFORE {verb} ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"""


class DatabaseError(Exception):
    """The database file cannot be used; the text says why."""


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode: every transaction is begun and ended in plain sight."""
    # Each thread has its own connection; the check is off so that a thread's end may close it.
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def prepare(path: Path) -> None:
    """Make the file and its tables where they are missing.

    Raises `DatabaseError` for a file that cannot be opened, that is not SQLite, or that holds
    something else than these tables.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = connect(path)
        try:
            _prepare(connection, path)
        finally:
            connection.close()
    except (OSError, sqlite3.DatabaseError) as fault:
        raise DatabaseError(f"cannot use {path} as the tax bureau's database: {fault}") from fault


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    # IMMEDIATE: of two processes that start together, one waits here for the other's tables.
    connection.execute("BEGIN IMMEDIATE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == VERSION:
        connection.execute("ROLLBACK")
        return
    empty = not connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    if not (1 <= version < VERSION or (version == 0 and empty)):
        raise DatabaseError(f"{path} is not a database of this version of the tax bureau stand-in")
    if version == 0:
        _make_tables(connection)
    for added in range(max(version, 1) + 1, VERSION + 1):
        for statement in _ADDED[added]:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def _make_tables(connection: sqlite3.Connection) -> None:
    """The tables of version 1."""
    for statement in _TABLES:
        connection.execute(statement)
    for table in ("history", "changes"):
        for verb in ("UPDATE", "DELETE"):
            connection.execute(_APPEND_ONLY.format(table=table, verb=verb))
