"""A file of an earlier version goes on being used: all it held is there, nothing is told twice."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from flexapp.taxbureau import schema
from flexapp.taxbureau.faults import Faults, Kind, Scope
from tests.taxbureau.conftest import CONTENT, SERIAL, Bureau, content, open_bureau

SECOND, THIRD = content(2)["serial"], content(3)["serial"]
PAID_AT, ASKED_AT, DECLINED_AT = "2026-11-01T10:00:00", "2026-11-02T10:00:00", "2026-11-03T10:00:00"


def earlier_file(path: Path, version: int) -> None:
    """A file as that version left it: one paid, one declined and then asked again, one new.

    Its events have cursors of their own, which fell behind the history with each request.
    """
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        schema._make_tables(connection)
        if version == 2:
            connection.execute(schema._ADDED[2][0])
        for number, state in ((1, "paid"), (2, "revoking"), (3, "received")):
            sent = content(number)
            text = json.dumps(sent, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            digest = _digest(text)
            connection.execute(
                "INSERT INTO assessments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    number,
                    sent["serial"],
                    text,
                    digest,
                    state,
                    PAID_AT,
                    PAID_AT,
                    None,
                    f"SW{number}",
                ),
            )
        history = [
            (SERIAL, "receive", "received", PAID_AT, None),
            (SECOND, "receive", "received", PAID_AT, None),
            (SERIAL, "pay", "paid", PAID_AT, None),
            (SECOND, "request", "revoking", ASKED_AT, "填错了"),
            (SECOND, "decline", "received", DECLINED_AT, "已在扣款"),
            (SECOND, "request", "revoking", DECLINED_AT, "真的填错了"),
            (THIRD, "receive", "received", DECLINED_AT, None),
        ]
        connection.executemany(
            "INSERT INTO history (serial, what, state, at, reason) VALUES (?, ?, ?, ?, ?)", history
        )
        changes = [
            ("e1", SERIAL, "received"),
            ("e2", SECOND, "received"),
            ("e3", SERIAL, "paid"),
            ("e4", SECOND, "revocation_declined"),
            ("e5", THIRD, "received"),
        ]
        connection.executemany(
            f"INSERT INTO changes (event_id, serial, event, at) VALUES (?, ?, ?, '{PAID_AT}')",
            changes,
        )
        connection.execute(
            "INSERT INTO revocation_requests VALUES"
            f" ('ask-1', '{SECOND}', '填错了', '{ASKED_AT}', 'declined', '{DECLINED_AT}'),"
            f" ('ask-2', '{SECOND}', '真的填错了', '{DECLINED_AT}', 'pending', NULL)"
        )
        connection.execute(f"PRAGMA user_version = {version}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture(params=[1, 2])
def upgraded(database: Path, request: pytest.FixtureRequest) -> Bureau:
    earlier_file(database, request.param)
    return open_bureau(database)


def test_the_records_have_the_cursor_of_the_latest_that_happened_to_them(upgraded: Bureau) -> None:
    listed = upgraded.listed()["assessments"]
    assert [(each["cursor"], each["serial"], each["state"]) for each in listed] == [
        (3, SERIAL, "paid"),
        (6, SECOND, "revoking"),
        (7, THIRD, "received"),
    ]
    assert listed[1]["request"] == {"request_id": "ask-2", "answer": "pending", "reason": None}


def test_the_reason_of_an_earlier_answer_is_found_again(upgraded: Bureau, database: Path) -> None:
    with closing(schema.connect(database)) as connection:
        rows = connection.execute(
            "SELECT request_id, answer_reason FROM revocation_requests ORDER BY request_id"
        ).fetchall()
    assert [tuple(row) for row in rows] == [("ask-1", "已在扣款"), ("ask-2", None)]


def test_what_was_told_before_is_not_told_again_and_new_events_have_higher_cursors(
    upgraded: Bureau,
) -> None:
    assert upgraded.tell() == 0
    assert "尚未告知" not in upgraded.page("/")
    assert upgraded.put(CONTENT).status_code == 200
    upgraded.press("agree", SECOND)
    upgraded.press("pay", THIRD)
    assert upgraded.events() == [(SECOND, "revoked"), (THIRD, "paid")]
    assert [(e["cursor"], e["request_id"]) for e in upgraded.product.heard] == [
        (8, "ask-2"),
        (9, None),
    ]
    assert upgraded.record(SECOND)["cursor"] == 8


def test_the_pages_of_old_records_can_be_seen(upgraded: Bureau) -> None:
    page = upgraded.page(f"/assessments/{SECOND}")
    assert "真的填错了" in page
    assert "已留存" not in page
    assert "告知社保" not in page.split('class="tax-history"')[1]


def test_faults_that_were_on_stay_on_and_the_new_one_can_be_switched_on(database: Path) -> None:
    earlier_file(database, 2)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(
            "INSERT INTO faults VALUES ('garble', 0, NULL, 40, 'messages'),"
            " ('hang', 7, 3, 100, 'all')"
        )
        connection.commit()
    switch: Faults = open_bureau(database).app.extensions["taxbureau_faults"]
    assert [(f.kind, f.seconds, f.remaining, f.percent, f.scope) for f in switch.active()] == [
        (Kind.HANG, 7, 3, 100, Scope.ALL),
        (Kind.GARBLE, 0, None, 40, Scope.MESSAGES),
    ]
    switch.switch_on(Kind.SIGN)
    assert Kind.SIGN in {fault.kind for fault in switch.active()}


def test_the_file_is_whole_after_the_upgrade(upgraded: Bureau, database: Path) -> None:
    assert upgraded.app.extensions["taxbureau_faults"].active() == ()
    with closing(schema.connect(database)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == schema.VERSION
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


@pytest.mark.parametrize("table", ["changes", "history"])
def test_what_happened_before_can_still_be_neither_changed_nor_deleted(
    upgraded: Bureau, database: Path, table: str
) -> None:
    with closing(sqlite3.connect(database)) as connection:
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET request_id = 'x'"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)


def test_an_upgraded_file_has_the_tables_of_a_new_one(upgraded: Bureau, tmp_path: Path) -> None:
    new = tmp_path / "new.sqlite3"
    schema.prepare(new)

    def shape(path: Path) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(path)) as connection:
            query = "SELECT type, name, sql FROM sqlite_master ORDER BY name"
            return connection.execute(query).fetchall()

    assert shape(new) == shape(tmp_path / "var" / "tax.sqlite3")


def test_a_file_of_a_later_version_is_refused(database: Path) -> None:
    schema.prepare(database)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    with pytest.raises(schema.DatabaseError, match="not a database of this version"):
        open_bureau(database)
