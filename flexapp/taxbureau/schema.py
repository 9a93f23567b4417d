"""The stand-in's own SQLite file: its tables, and how a connection to it is opened."""

import sqlite3
import time
from contextlib import suppress
from pathlib import Path

VERSION = 4
BUSY_TIMEOUT_MS = 5000
PATIENCE = 30
"""Seconds that a start waits for another one, which may have a large file to upgrade."""

# AUTOINCREMENT: a number is never used twice. There is one writer at a time, so the numbers of
# `history` ascend in the order of commits, and whoever has read up to n has missed nothing below n.
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
    # Protocol v1: messages are signed, events are pushed.
    3: (
        # The number of the latest line of `history`; NULL only inside the transaction that makes
        # the row. `signed` and `signed_body`: the message as it came, to show what was told.
        "ALTER TABLE assessments ADD COLUMN cursor INTEGER",
        "ALTER TABLE assessments ADD COLUMN signed TEXT",
        "ALTER TABLE assessments ADD COLUMN signed_body BLOB",
        """UPDATE assessments SET cursor =
            (SELECT max(number) FROM history WHERE history.serial = assessments.serial)""",
        "CREATE UNIQUE INDEX assessments_by_cursor ON assessments (cursor)",
        "ALTER TABLE revocation_requests ADD COLUMN answer_reason TEXT",
        "ALTER TABLE revocation_requests ADD COLUMN signed TEXT",
        "ALTER TABLE revocation_requests ADD COLUMN signed_body BLOB",
        """UPDATE revocation_requests SET answer_reason =
            (SELECT reason FROM history WHERE history.serial = revocation_requests.serial
                AND what = 'decline' AND at = answered_at)
            WHERE answer = 'declined'""",
        "ALTER TABLE history ADD COLUMN request_id TEXT",
        # From here on the cursor of an event is the number of its line in `history`. There are at
        # least as many of those as events, so the next one is above every cursor there was.
        "ALTER TABLE changes ADD COLUMN request_id TEXT",
        # What the product is still to be told, and what it was. An event without a row here is one
        # that the product fetched itself, before version 3. `due` in seconds since 1970: whoever
        # takes an event in hand puts it off by a lease, so a taker that dies keeps nothing back.
        """CREATE TABLE deliveries (
            cursor INTEGER PRIMARY KEY REFERENCES changes (cursor),
            serial TEXT NOT NULL,
            status TEXT NOT NULL DEFAULT 'waiting'
                CHECK (status IN ('waiting', 'told', 'parked')),
            attempts INTEGER NOT NULL DEFAULT 0,
            due REAL NOT NULL,
            settled_at TEXT,
            trouble TEXT,
            outcome TEXT,
            signed TEXT,
            answer TEXT,
            answer_body BLOB
        )""",
        "CREATE INDEX deliveries_due ON deliveries (due, cursor) WHERE status = 'waiting'",
        "CREATE INDEX deliveries_waiting ON deliveries (serial, cursor) WHERE status = 'waiting'",
        "CREATE INDEX deliveries_parked ON deliveries (serial, cursor) WHERE status = 'parked'",
        # Messages that were believed; `until` (seconds since 1970) is when they would expire.
        "CREATE TABLE seen (jti TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE INDEX seen_by_until ON seen (until)",
        # A CHECK cannot be altered: the table is made anew around its rows.
        "ALTER TABLE faults RENAME TO faults_before",
        """CREATE TABLE faults (
            kind TEXT PRIMARY KEY
                CHECK (kind IN ('slow', 'hang', 'error', 'drop', 'garble', 'sign')),
            seconds REAL NOT NULL DEFAULT 0 CHECK (seconds BETWEEN 0 AND 120),
            remaining INTEGER CHECK (remaining >= 0),
            percent INTEGER NOT NULL DEFAULT 100 CHECK (percent BETWEEN 1 AND 100),
            scope TEXT NOT NULL DEFAULT 'messages' CHECK (scope IN ('messages', 'all'))
        )""",
        "INSERT INTO faults SELECT * FROM faults_before",
        "DROP TABLE faults_before",
    ),
    # The newest messages of the product are looked up by when they came.
    4: (
        "CREATE INDEX assessments_by_time ON assessments (received_at)",
        "CREATE INDEX requests_by_time ON revocation_requests (requested_at)",
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
    until = time.monotonic() + PATIENCE
    while True:
        try:
            _keep_private(path)
            connection = connect(path)
            try:
                return _prepare(connection, path)
            finally:
                connection.close()
        except (OSError, sqlite3.DatabaseError) as fault:
            # Of processes that start together on a new file SQLite refuses some at once, whatever
            # the busy timeout, while one of them puts it into WAL mode: they wait for it here.
            if not _is_busy(fault) or time.monotonic() > until:
                raise DatabaseError(
                    f"cannot use {path} as the tax bureau's database: {fault}"
                ) from fault
            time.sleep(0.01)


def _keep_private(path: Path) -> None:
    """The file, and its folder if it is made here, are for this user alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(PermissionError):  # somebody else's: theirs to say who may read it
        path.touch(mode=0o600)
        for suffix in ("", "-wal", "-shm"):  # SQLite's own, from a start before this one
            with suppress(FileNotFoundError):
                Path(f"{path}{suffix}").chmod(0o600)


def _is_busy(fault: Exception) -> bool:
    # The code says in its upper bits what it is busy with.
    return getattr(fault, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


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
