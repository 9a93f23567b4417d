"""What the tax bureau holds: the assessments, what happened to them, and what was asked.

Each write is one `BEGIN IMMEDIATE` transaction that holds the record, its history and the event to
be told together, so none of them is ever there without the others.
"""

import json
import sqlite3
import uuid
from datetime import datetime

from flexapp.rules.refusal import Refusal
from flexapp.taxbureau.content import Content
from flexapp.taxbureau.database import Database, stamp
from flexapp.taxbureau.records import (
    HistoryEntry,
    Holding,
    KeptMessage,
    LastRequest,
    Page,
    Proof,
    Received,
    Record,
    RevocationRequest,
    Telling,
)
from flexapp.taxbureau.states import Event, Move, State, Transition, apply

_UNKNOWN = Refusal("unknown_serial", "没有收到过这个核定流水号。")

_HOLDING = """SELECT a.serial, a.state, a.digest, a.cursor, a.received_at, a.changed_at, a.receipt,
    a.reason, r.request_id, r.answer, r.answer_reason
    FROM assessments a LEFT JOIN revocation_requests r ON r.rowid =
        (SELECT max(rowid) FROM revocation_requests WHERE serial = a.serial)"""


_MESSAGES = """SELECT * FROM (
    SELECT serial, 'submit' AS kind, received_at, signed, signed_body FROM assessments
    WHERE signed IS NOT NULL
    UNION ALL SELECT serial, 'ask', requested_at, signed, signed_body FROM revocation_requests
    WHERE signed IS NOT NULL)"""


class Store(Database):
    """What the tax bureau holds, on the file of a `Database`."""

    def receive(self, content: Content, proof: Proof) -> Received | Refusal:
        """Take an assessment in, once, and keep the message that brought it.

        The same content again gives the first record; other content under a known serial is
        refused (`content_differs`).
        """
        with self.writing() as connection:
            known = _record(connection, content.serial)
            if known is not None:
                if known.digest == content.digest:
                    return Received(known, first=False)
                return Refusal("content_differs", "这个核定流水号已经收到过，但内容不同。")
            moment = self.moment()
            at = stamp(moment)
            number = connection.execute(
                "INSERT INTO assessments (serial, content, digest, state, received_at, changed_at,"
                " receipt, signed, signed_body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    content.serial,
                    content.canonical(),
                    content.digest,
                    State.RECEIVED,
                    at,
                    at,
                    uuid.uuid4().hex,
                    proof.token,
                    proof.body,
                ),
            ).lastrowid
            # The number makes a receipt that a person can read out.
            receipt = f"SW{at[:10].replace('-', '')}{number:08d}"
            connection.execute(
                "UPDATE assessments SET receipt = ? WHERE number = ?", (receipt, number)
            )
            cursor = _remember(connection, content.serial, "receive", State.RECEIVED, at)
            _announce(connection, cursor, content.serial, Event.RECEIVED, moment)
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
            moment = self.moment()
            answered = None
            if move in (Move.AGREE, Move.DECLINE):
                answered = _answer(connection, serial, move, stamp(moment), reason)
            self._carry_out(connection, serial, row, moment, reason, answered)
            moved = _record(connection, serial)
        assert moved is not None
        return moved

    def request_revocation(
        self, *, serial: str, request_id: str, reason: str, proof: Proof
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
            moment = self.moment()
            at, done = stamp(moment), row.target is State.REVOKED
            connection.execute(
                "INSERT INTO revocation_requests (request_id, serial, reason, requested_at, answer,"
                " answered_at, signed, signed_body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    request_id,
                    serial,
                    reason,
                    at,
                    "agreed" if done else "pending",
                    at if done else None,
                    proof.token,
                    proof.body,
                ),
            )
            self._carry_out(connection, serial, row, moment, reason, request_id)
            return _request(connection, request_id)

    def holding(self, serial: str) -> Holding | None:
        """The record of `serial` as the product may see it, or `None`."""
        row = self.connection().execute(f"{_HOLDING} WHERE a.serial = ?", (serial,)).fetchone()
        return None if row is None else _holding(row)

    def holdings(self, after: int, limit: int) -> tuple[Holding, ...]:
        """At most `limit` records with a cursor above `after`, in its order."""
        rows = self.connection().execute(
            f"{_HOLDING} WHERE a.cursor > ? ORDER BY a.cursor LIMIT ?", (after, limit)
        )
        return tuple(_holding(row) for row in rows)

    def messages(self, serial: str) -> tuple[KeptMessage, ...]:
        """What the product told about `serial`, oldest first, as it came."""
        rows = self.connection().execute(
            f"{_MESSAGES} WHERE serial = ? ORDER BY received_at, kind DESC", (serial,)
        )
        return tuple(_kept(row) for row in rows)

    def newest_messages(self, limit: int) -> tuple[KeptMessage, ...]:
        """The last of what the product told, newest first."""
        rows = self.connection().execute(f"{_MESSAGES} ORDER BY received_at DESC LIMIT ?", (limit,))
        return tuple(_kept(row) for row in rows)

    def history(self, serial: str) -> tuple[HistoryEntry, ...]:
        """What happened to `serial`, oldest first, and what the product knows of it."""
        rows = self.connection().execute(
            "SELECT h.what, h.state, h.at, h.reason, r.signed AS token, d.* FROM history h"
            " LEFT JOIN deliveries d ON d.cursor = h.number"
            " LEFT JOIN revocation_requests r"
            " ON r.request_id = h.request_id AND h.what = 'request'"
            " WHERE h.serial = ? ORDER BY h.number",
            (serial,),
        )
        return tuple(_entry(row) for row in rows)

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
        moment: datetime,
        reason: str | None,
        request_id: str | None,
    ) -> None:
        at = stamp(moment)
        if row.target is not row.source:
            connection.execute(
                "UPDATE assessments SET state = ?, changed_at = ?, reason = ? WHERE serial = ?",
                (row.target, at, reason, serial),
            )
        what = row.move.value
        cursor = _remember(connection, serial, what, row.target, at, reason, request_id)
        if row.event is not None:
            _announce(connection, cursor, serial, row.event, moment, reason, request_id)


def _from_row(row: sqlite3.Row) -> Record:
    return Record(
        number=row["number"],
        content=Content(**json.loads(row["content"])),
        digest=row["digest"],
        state=State(row["state"]),
        cursor=row["cursor"],
        received_at=row["received_at"],
        changed_at=row["changed_at"],
        reason=row["reason"],
        receipt=row["receipt"],
        token=row["signed"],
    )


def _kept(row: sqlite3.Row) -> KeptMessage:
    return KeptMessage(
        row["serial"],
        row["kind"],
        row["received_at"],
        row["signed"],
        bytes(row["signed_body"]).decode(),
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


def _answer(
    connection: sqlite3.Connection, serial: str, move: Move, at: str, reason: str | None
) -> str | None:
    """Answer what was asked about `serial`; the latest request there was, or `None`."""
    asked = connection.execute(
        "SELECT request_id FROM revocation_requests WHERE serial = ? AND answer = 'pending'"
        " ORDER BY rowid DESC LIMIT 1",
        (serial,),
    ).fetchone()
    connection.execute(
        "UPDATE revocation_requests SET answer = ?, answered_at = ?, answer_reason = ?"
        " WHERE serial = ? AND answer = 'pending'",
        ("agreed" if move is Move.AGREE else "declined", at, reason, serial),
    )
    return None if asked is None else str(asked["request_id"])


def _holding(row: sqlite3.Row) -> Holding:
    return Holding(
        row["serial"],
        State(row["state"]),
        row["digest"],
        row["cursor"],
        row["received_at"],
        row["changed_at"],
        row["receipt"],
        row["reason"],
        LastRequest(row["request_id"], row["answer"], row["answer_reason"])
        if row["request_id"]
        else None,
    )


def _entry(row: sqlite3.Row) -> HistoryEntry:
    telling = None
    if row["status"] is not None:
        telling = Telling(
            row["status"],
            row["attempts"],
            row["due"],
            row["settled_at"],
            row["trouble"],
            row["outcome"],
            row["answer"],
        )
    return HistoryEntry(
        row["what"], State(row["state"]), row["at"], row["reason"], row["token"], telling
    )


def _remember(
    connection: sqlite3.Connection,
    serial: str,
    what: str,
    state: State,
    at: str,
    reason: str | None = None,
    request_id: str | None = None,
) -> int:
    """One more line of the history; its number becomes the cursor of the record."""
    cursor = connection.execute(
        "INSERT INTO history (serial, what, state, at, reason, request_id)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (serial, what, state, at, reason, request_id),
    ).lastrowid
    assert cursor is not None
    connection.execute("UPDATE assessments SET cursor = ? WHERE serial = ?", (cursor, serial))
    return cursor


def _announce(
    connection: sqlite3.Connection,
    cursor: int,
    serial: str,
    event: Event,
    moment: datetime,
    reason: str | None = None,
    request_id: str | None = None,
) -> None:
    """An event that the product is to be told, from now on."""
    connection.execute(
        "INSERT INTO changes (cursor, event_id, serial, event, at, reason, request_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (cursor, str(uuid.uuid4()), serial, event, stamp(moment), reason, request_id),
    )
    connection.execute(
        "INSERT INTO deliveries (cursor, serial, due) VALUES (?, ?, ?)",
        (cursor, serial, moment.timestamp()),
    )
