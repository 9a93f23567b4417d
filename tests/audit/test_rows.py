"""What events vouch for: every change of a row past the service is found, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.types import Boolean, Date, DateTime, Integer

from flexapp.audit.vouching import vouched_columns, vouched_tables
from flexapp.db.session import UTCDateTime, db
from flexapp.people import key_rotation
from tests.office.publishing import propose
from tests.office.test_announcements import post as announce
from tests.office.test_pilot import close as close_pilot
from tests.support.client import LintingClient, linting
from tests.support.database import is_on_postgresql, rows, tamper
from tests.support.staff import enter
from tests.support.walks import (
    DING,
    MA_LAN,
    YANG,
    assess,
    clerk,
    proxy_for,
    register,
    revoke,
    sign_in,
    transmit,
    work,
)

WITH_ROWS = (
    "account",
    "announcement",
    "assessment",
    "declaration_year",
    "person",
    "pilot_place",
    "publication",
    "registration",
    "staff",
    "staff_division",
    "virtual_unit",
)
"""Vouched tables that have rows on a site on which everything has been done."""


def faults(app: Flask) -> list[str]:
    """What `flask audit verify` finds."""
    run = app.test_cli_runner().invoke(args=["audit", "verify"])
    assert run.exit_code in (0, 1), run.output
    return [line for line in run.output.splitlines() if not line.startswith(("end ", "the chain"))]


@pytest.fixture
def busy(app: Flask, client: LintingClient, another: Callable[[], LintingClient]) -> Flask:
    """A site on which everything has been done once."""
    sign_in(client, MA_LAN.phone)
    revoke(client, assess(client, "2026-01", "2026-06"))
    second = assess(client, "2026-01", "2026-06", "100")
    transmit(client, second)
    work(app)
    clerk(client, second, "标记已缴费")
    work(app)
    assess(client, "2026-01", "2026-01", "60", proxy_for(client, DING).path.rpartition("/")[2])
    other = another()
    sign_in(other, YANG.phone)
    register(other)
    other.submit(other.page("/me/proxy-handling"), "关闭他人代办")
    officer = linting(app.test_client())
    enter(officer, "jb01")
    announce(officer)
    propose(officer)
    close_pilot(officer, "area:640521")
    form = officer.submit(officer.page("/counter/years"), "关闭 2026 年度")
    officer.submit(form, "确认关闭", reason="年度结算")
    return app


def test_everything_that_is_done_is_vouched_for(busy: Flask) -> None:
    filled = {t.name for t in vouched_tables() if rows(busy, f"SELECT 1 FROM {t.name} LIMIT 1")}
    assert filled >= set(WITH_ROWS)
    assert faults(busy) == []


def test_these_tables_are_vouched_for() -> None:
    names = {table.name for table in vouched_tables()}
    assert names >= {*WITH_ROWS, "channel", "channel_key", "channel_switch", "former_unit"}
    assert "state" in vouched_columns(db.metadata.tables["assessment"])


def change_of(table: str, column: str) -> str:
    """A statement that changes one value of the first row."""
    found = db.metadata.tables[table]
    kind = found.columns[column].type
    key = ", ".join(found.primary_key.columns.keys())
    value = "'x'"
    if isinstance(kind, Boolean):
        value = f"NOT coalesce({column}, false)"
    elif isinstance(kind, Integer):
        value = f"coalesce({column}, 0) + 7"
    elif isinstance(kind, Date | DateTime | UTCDateTime):
        value = "'2001-02-03'" if isinstance(kind, Date) else "'2001-02-03 04:05:06.000000'"
    return (
        f"UPDATE {table} SET {column} = {value}"
        f" WHERE ({key}) IN (SELECT {key} FROM {table} ORDER BY {key} LIMIT 1)"
    )


COLUMNS = [
    (table, column)
    for table in WITH_ROWS
    for column in vouched_columns(db.metadata.tables[table])
    if column not in db.metadata.tables[table].primary_key.columns
]


@pytest.mark.parametrize("table", sorted({table for table, _ in COLUMNS}))
def test_a_change_of_any_column_of_a_row_is_found(busy: Flask, table: str) -> None:
    missed = []
    for column in [column for name, column in COLUMNS if name == table]:
        before = rows(busy, f"SELECT * FROM {table} ORDER BY 1")
        try:
            tamper(busy, change_of(table, column))
        except Exception:
            assert rows(busy, f"SELECT * FROM {table} ORDER BY 1") == before
            continue
        if not any(fault.startswith(f"{table} ") for fault in faults(busy)):
            missed.append(column)
    assert missed == []


@pytest.mark.parametrize("table", ["assessment", "person", "registration", "staff", "publication"])
def test_a_removed_row_is_found(busy: Flask, table: str) -> None:
    ((key,),) = rows(busy, f"SELECT max(id) FROM {table}")
    tamper(busy, f"DELETE FROM {table} WHERE id = {key}")
    assert f"{table} {key} is missing" in faults(busy)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("INSERT INTO staff_division VALUES (2, '640522')", "staff_division 2/640522 was put"),
        ("INSERT INTO declaration_year VALUES (2024, true)", "declaration_year 2024 was put"),
        (
            "INSERT INTO channel_key VALUES ('boc', 'k', '{}', '2026-01-01 00:00:00', NULL)",
            "channel_key boc/k was put",
        ),
        ("INSERT INTO pilot_place VALUES ('channel', 'ccb', NULL, '2026-01-01')", "pilot_place"),
    ],
)
def test_a_row_put_there_is_found(busy: Flask, statement: str, fault: str) -> None:
    tamper(busy, statement)
    (found,) = faults(busy)
    assert found.startswith(fault)
    assert found.endswith("no event vouches for it")


def test_a_row_put_back_to_how_it_was_before_its_last_event_is_found(busy: Flask) -> None:
    ((number, since),) = rows(busy, "SELECT id, made_at FROM assessment WHERE state = 'paid'")
    tamper(
        busy,
        f"UPDATE assessment SET state = 'assessed', state_at = '{since}' WHERE id = {number}",
    )
    assert f"assessment {number} is not what its last event says" in faults(busy)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("DELETE FROM assessed_month WHERE month = '2026-03'", "does not hold its months"),
        ("UPDATE assessed_month SET month = '2026-11' WHERE month = '2026-03'", "by no assessment"),
        ("UPDATE assessed_month SET person_id = 4 WHERE month = '2026-03'", "by no assessment"),
        (
            "INSERT INTO assessed_month SELECT person_id, start_month, id FROM assessment"
            " WHERE state = 'revoked' AND person_id NOT IN (SELECT person_id FROM assessed_month"
            " WHERE month = start_month) UNION SELECT 4, start_month, id FROM assessment"
            " WHERE state = 'revoked'",
            "by no assessment",
        ),
    ],
)
def test_months_that_are_held_otherwise_than_assessed_are_found(
    busy: Flask, statement: str, fault: str
) -> None:
    tamper(busy, statement)
    assert any(fault in each for each in faults(busy))


def test_rows_of_before_are_vouched_for_once_and_not_again(app: Flask) -> None:
    # As an upgrade finds it: events that vouch for nothing.
    tamper(app, "UPDATE audit_event SET rows = NULL")
    found = faults(app)
    assert any("no event vouches for 5 rows; run `flask audit vouch` once" in f for f in found)
    # The chain of the tampered copy is broken, which is not what this is about.
    run = app.test_cli_runner().invoke
    said = run(args=["audit", "vouch", "--by", "op"])
    assert said.exit_code == 0, said.output
    assert "person: 5 rows" in said.output
    assert not any("vouch" in fault for fault in faults(app))
    tamper(app, "UPDATE staff SET role = 'agency' WHERE id = 1")
    assert "staff 1 is not what its last event says" in faults(app)
    again = run(args=["audit", "vouch"])
    assert again.exit_code == 1
    assert "already" in again.output


UNREADABLE_ROWS = (
    "x",
    "[]",
    "5",
    "null",
    '{"person/abc":"00"}',
    '{"person/1":"zz"}',
    '{"person/1":5}',
    '{"person/1":null}',
    '{"person/1":["00"]}',
    '{"staff_division/\\ud800":"00"}',
    "[" * 90_000,
)


@pytest.mark.parametrize("changed", UNREADABLE_ROWS, ids=lambda text: text[:30])
def test_an_event_whose_rows_cannot_be_made_out_is_named_and_the_rest_is_read(
    busy: Flask, changed: str
) -> None:
    tamper(
        busy,
        f"UPDATE audit_event SET rows = '{changed}' WHERE seq = 5",
        "UPDATE staff SET role = 'agency' WHERE id = 1",
    )
    found = faults(busy)
    assert "event 5 vouches for rows that cannot be made out" in found
    assert "event 5 does not fit the chain" in found
    assert "staff 1 is not what its last event says" in found
    vouched = busy.test_cli_runner().invoke(args=["audit", "vouch"])
    assert vouched.exit_code == 1
    assert "event 5 was changed" in vouched.output


def test_an_event_at_no_moment_is_named_and_the_rest_is_read(busy: Flask) -> None:
    no_moment = "infinity" if is_on_postgresql(busy) else "yesterday"
    tamper(
        busy,
        f"UPDATE audit_event SET at = '{no_moment}' WHERE seq = 5",
        "UPDATE staff SET role = 'agency' WHERE id = 1",
    )
    found = faults(busy)
    assert "event 5 does not fit the chain" in found
    assert "staff 1 is not what its last event says" in found


def test_an_event_of_the_same_year_before_christ_is_named(busy: Flask) -> None:
    if not is_on_postgresql(busy):
        pytest.skip("SQLite keeps a moment as a text")
    tamper(busy, "UPDATE audit_event SET at = (at::text || ' BC')::timestamp WHERE seq = 5")
    assert "event 5 does not fit the chain" in faults(busy)


@pytest.mark.parametrize("column", ["action", "data", "previous", "digest", "rows", "subject"])
def test_bytes_in_place_of_a_text_of_an_event_are_named(busy: Flask, column: str) -> None:
    if is_on_postgresql(busy):
        pytest.skip("a text of PostgreSQL is one")
    tamper(busy, f"UPDATE audit_event SET {column} = x'00ff' WHERE seq = 5")
    assert "event 5 does not fit the chain" in faults(busy)


def test_a_row_whose_moment_is_none_is_named_and_other_tables_are_read(busy: Flask) -> None:
    no_moment = "infinity" if is_on_postgresql(busy) else "yesterday"
    tamper(
        busy,
        f"UPDATE person SET created_at = '{no_moment}' WHERE id = 1",
        "UPDATE staff SET role = 'agency' WHERE id = 1",
    )
    found = faults(busy)
    assert any(each.startswith("person holds a value that cannot be read") for each in found)
    assert "staff 1 is not what its last event says" in found


def test_the_event_that_all_values_are_bound_is_named_where_it_was_changed(busy: Flask) -> None:
    with busy.app_context():
        key_rotation.check_at_start()
    tamper(
        busy,
        "UPDATE audit_event SET data = 'x' WHERE action = 'data_keys.bound'",
        "DELETE FROM assessed_month WHERE month = '2026-03'",
    )
    found = faults(busy)
    assert any(each.startswith("key_rotation.unbound_values cannot go on") for each in found)
    assert any("does not hold its months" in each for each in found)


def test_a_seal_that_is_no_digest_is_false_and_what_is_done_next_goes_on(busy: Flask) -> None:
    tamper(busy, "UPDATE audit_anchor SET seal = '封'")
    assert "the seal of the chain's end is gone or false" in faults(busy)
    done = busy.test_cli_runner().invoke(args=["staff", "disable", "dt01"])
    assert done.exit_code == 0, done.output


def test_what_no_event_takes_along_is_noted_before_the_commit(app: Flask) -> None:
    run = app.test_cli_runner().invoke(args=["staff", "disable", "dt01"])
    assert run.exit_code == 0
    assert faults(app) == []
