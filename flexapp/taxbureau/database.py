"""One SQLite file as the stand-in uses it: a connection for each thread, one write at a time."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

from flexapp.taxbureau import schema

BEIJING = timezone(timedelta(hours=8))


class Database:
    """The database at `path`; `now` gives aware moments. Safe to use from many threads.

    Each thread keeps one connection for as long as it lives. Raises `schema.DatabaseError` when
    the file cannot be used.
    """

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now
        self._local = threading.local()
        schema.prepare(path)

    def moment(self) -> datetime:
        """The present moment in Beijing time."""
        moment = self._now()
        if moment.tzinfo is None:
            raise ValueError("the clock must give aware moments")
        return moment.astimezone(BEIJING)

    def connection(self) -> sqlite3.Connection:
        """This thread's own connection, for reading."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = schema.connect(self._path)
        return connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One write transaction: committed at the end, rolled back on any exception."""
        connection = self.connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")


def stamp(moment: datetime) -> str:
    """A moment as it is stored and sent: ISO 8601 to the millisecond."""
    return moment.isoformat(timespec="milliseconds")
