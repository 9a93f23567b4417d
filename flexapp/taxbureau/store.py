"""What the tax bureau holds: every read and every write of its database.

Each write is one `BEGIN IMMEDIATE` transaction that holds the record, its history and the event of
the feed together, so none of them is ever there without the others.
"""

import json
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from flexapp.rules.refusal import Refusal
from flexapp.taxbureau import schema
from flexapp.taxbureau.content import Content
from flexapp.taxbureau.states import Event, Move, State, Transition, apply

BEIJING = timezone(timedelta(hours=8))

_UNKNOWN = Refusal("unknown_serial", "没有收到过这个核定流水号。")


@dataclass(frozen=True, slots=True)
class Record:
    """A received assessment. Times are ISO 8601 in Beijing time; `reason` is that of the state."""

    number: int
    content: Content
    digest: str
    state: State
    received_at: str
    changed_at: str
    reason: str | None
    receipt: str

    @property
    def serial(self) -> str:
        return self.content.serial


@dataclass(frozen=True, slots=True)
class Received:
    """The answer to a delivery; `first` is true for exactly one delivery of a serial."""

    record: Record
    first: bool


@dataclass(frozen=True, slots=True)
class RevocationRequest:
    """What the product asked; `answer` is pending, agreed or declined; `state` is the record's."""

    request_id: str
    serial: str
    requested_at: str
    answer: str
    answered_at: str | None
    state: State


@dataclass(frozen=True, slots=True)
class Change:
    """One event of the feed; `cursor` ascends by one in the order of commits."""

    cursor: int
    event_id: str
    serial: str
    event: Event
    at: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """What happened to one record; `what` is "receive" or the value of a `Move`."""

    what: str
    state: State
    at: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """Records newest first; `newer` and `older` are the numbers to go on from, if there is more."""

    records: tuple[Record, ...]
    newer: int | None
    older: int | None


class Store:
    """The database at `path`; `now` gives aware moments. Safe to use from many threads.

    Each thread keeps one connection for as long as it lives. Raises `schema.DatabaseError` when
    the file cannot be used.
    """

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now
        self._local = threading.local()
        schema.prepare(path)

    def receive(self, content: Content) -> Received | Refusal:
        """Take an assessment in, once.

        The same content again gives the first record; other content under a known serial is
        refused (`content_differs`).
        """
        with self.writing() as connection:
            known = _record(connection, content.serial)
            if known is not None:
                if known.digest == content.digest:
                    return Received(known, first=False)
                return Refusal("content_differs", "这个核定流水号已经收到过，但内容不同。")
            at = self._time()
            number = connection.execute(
                "INSERT INTO assessments (serial, content, digest, state, received_at, changed_at,"
                " receipt) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    content.serial,
                    content.canonical(),
                    content.digest,
                    State.RECEIVED,
                    at,
                    at,
                    uuid.uuid4().hex,
                ),
            ).lastrowid
            # The number makes a receipt that a person can read out.
            receipt = f"SW{at[:10].replace('-', '')}{number:08d}"
            connection.execute(
                "UPDATE assessments SET receipt = ? WHERE number = ?", (receipt, number)
            )
            _remember(connection, content.serial, "receive", State.RECEIVED, at, None)
            _announce(connection, content.serial, Event.RECEIVED, at, None)
            record = _record(connection, content.serial)
        assert record is not None
        return Received(record, first=True)

    def find(self, serial: str) -> Record | None:
        """The record of `serial`, or `None`."""
        return _record(self.connection(), serial)

    def move(self, serial: str, move: Move, reason: str | None = None) -> Record | Refusal:
        """A clerk's move. Refused: `unknown_serial`, `cannot_<move>`."""
        with self.writing() as connection:
            record = _record(connection, serial)
            if record is None:
                return _UNKNOWN
            row = apply(record.state, move)
            if isinstance(row, Refusal):
                return row
            at = self._time()
            self._carry_out(connection, serial, row, at, reason)
            if move in (Move.AGREE, Move.DECLINE):
                connection.execute(
                    "UPDATE revocation_requests SET answer = ?, answered_at = ?"
                    " WHERE serial = ? AND answer = 'pending'",
                    ("agreed" if move is Move.AGREE else "declined", at, serial),
                )
            moved = _record(connection, serial)
        assert moved is not None
        return moved

    def request_revocation(
        self, *, serial: str, request_id: str, reason: str
    ) -> RevocationRequest | Refusal:
        """Note that the product asks to revoke `serial`; once for each `request_id`.

        Refused: `unknown_serial`, `cannot_request` (paid), `request_differs` (the id was used for
        another serial or reason).
        """
        with self.writing() as connection:
            record = _record(connection, serial)
            if record is None:
                return _UNKNOWN
            known = connection.execute(
                "SELECT serial, reason FROM revocation_requests WHERE request_id = ?", (request_id,)
            ).fetchone()
            if known is not None:
                if (known["serial"], known["reason"]) != (serial, reason):
                    return Refusal("request_differs", "这个申请编号已经用过，但内容不同。")
                return _request(connection, request_id)
            row = apply(record.state, Move.REQUEST)
            if isinstance(row, Refusal):
                return row
            at = self._time()
            done = row.target is State.REVOKED
            connection.execute(
                "INSERT INTO revocation_requests VALUES (?, ?, ?, ?, ?, ?)",
                (
                    request_id,
                    serial,
                    reason,
                    at,
                    "agreed" if done else "pending",
                    at if done else None,
                ),
            )
            self._carry_out(connection, serial, row, at, reason)
            return _request(connection, request_id)

    def changes(self, after: int, limit: int) -> tuple[Change, ...]:
        """At most `limit` events of the feed with a cursor above `after`, in order."""
        rows = self.connection().execute(
            "SELECT cursor, event_id, serial, event, at, reason FROM changes"
            " WHERE cursor > ? ORDER BY cursor LIMIT ?",
            (after, limit),
        )
        return tuple(
            Change(r["cursor"], r["event_id"], r["serial"], Event(r["event"]), r["at"], r["reason"])
            for r in rows
        )

    def listing(self, after: str, limit: int) -> tuple[tuple[str, State, str], ...]:
        """At most `limit` of (serial, state, digest) with a serial above `after`, in its order."""
        rows = self.connection().execute(
            "SELECT serial, state, digest FROM assessments WHERE serial > ?"
            " ORDER BY serial LIMIT ?",
            (after, limit),
        )
        return tuple((r["serial"], State(r["state"]), r["digest"]) for r in rows)

    def history(self, serial: str) -> tuple[HistoryEntry, ...]:
        """What happened to `serial`, oldest first."""
        rows = self.connection().execute(
            "SELECT what, state, at, reason FROM history WHERE serial = ? ORDER BY number",
            (serial,),
        )
        return tuple(HistoryEntry(r["what"], State(r["state"]), r["at"], r["reason"]) for r in rows)

    def page(
        self,
        *,
        size: int,
        part_of_serial: str = "",
        state: State | None = None,
        older_than: int | None = None,
        newer_than: int | None = None,
    ) -> Page:
        """The clerk's list: newest, or the ones next to a record's number in either direction."""
        wanted, values = "instr(serial, ?) > 0", [part_of_serial]
        if state is not None:
            wanted, values = wanted + " AND state = ?", [*values, state.value]

        def select(bound: str, number: int, order: str, limit: int) -> list[sqlite3.Row]:
            return (
                self.connection()
                .execute(
                    # Only the fixed words of this method are put together here.
                    f"SELECT * FROM assessments WHERE {wanted} AND number {bound} ?"  # noqa: S608
                    f" ORDER BY number {order} LIMIT ?",
                    (*values, number, limit),
                )
                .fetchall()
            )

        if newer_than is not None:
            rows = select(">", newer_than, "ASC", size)[::-1]
        elif older_than is not None:
            rows = select("<", older_than, "DESC", size)
        else:
            rows = select(">", 0, "DESC", size)
        if not rows:
            return Page((), None, None)
        first, last = rows[0]["number"], rows[-1]["number"]
        return Page(
            tuple(_from_row(row) for row in rows),
            newer=first if select(">", first, "ASC", 1) else None,
            older=last if select("<", last, "DESC", 1) else None,
        )

    def _carry_out(
        self,
        connection: sqlite3.Connection,
        serial: str,
        row: Transition,
        at: str,
        reason: str | None,
    ) -> None:
        if row.target is not row.source:
            connection.execute(
                "UPDATE assessments SET state = ?, changed_at = ?, reason = ? WHERE serial = ?",
                (row.target, at, reason, serial),
            )
        _remember(connection, serial, row.move.value, row.target, at, reason)
        if row.event is not None:
            _announce(connection, serial, row.event, at, reason)

    def _time(self) -> str:
        moment = self._now()
        if moment.tzinfo is None:
            raise ValueError("the clock must give aware moments")
        return moment.astimezone(BEIJING).isoformat(timespec="milliseconds")

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


def _from_row(row: sqlite3.Row) -> Record:
    return Record(
        number=row["number"],
        content=Content(**json.loads(row["content"])),
        digest=row["digest"],
        state=State(row["state"]),
        received_at=row["received_at"],
        changed_at=row["changed_at"],
        reason=row["reason"],
        receipt=row["receipt"],
    )


def _record(connection: sqlite3.Connection, serial: str) -> Record | None:
    row = connection.execute("SELECT * FROM assessments WHERE serial = ?", (serial,)).fetchone()
    return None if row is None else _from_row(row)


def _request(connection: sqlite3.Connection, request_id: str) -> RevocationRequest:
    row = connection.execute(
        "SELECT r.*, a.state FROM revocation_requests r JOIN assessments a USING (serial)"
        " WHERE request_id = ?",
        (request_id,),
    ).fetchone()
    return RevocationRequest(
        row["request_id"],
        row["serial"],
        row["requested_at"],
        row["answer"],
        row["answered_at"],
        State(row["state"]),
    )


def _remember(
    connection: sqlite3.Connection,
    serial: str,
    what: str,
    state: State,
    at: str,
    reason: str | None,
) -> None:
    connection.execute(
        "INSERT INTO history (serial, what, state, at, reason) VALUES (?, ?, ?, ?, ?)",
        (serial, what, state, at, reason),
    )


def _announce(
    connection: sqlite3.Connection, serial: str, event: Event, at: str, reason: str | None
) -> None:
    connection.execute(
        "INSERT INTO changes (event_id, serial, event, at, reason) VALUES (?, ?, ?, ?, ?)",
        (str(uuid.uuid4()), serial, event, at, reason),
    )
