"""What is past its time goes, by the register, in small steps; what is not stays."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask import Flask

from flexapp.people import retention, retention_repository
from flexapp.rules.personal_information import expiries
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import execute, rows, stored
from tests.support.walks import DING, MA_LAN, assess, proxy_for, sign_in

AT = "2000-01-01 00:00:00.000000"
LONG_AGO = {
    "sign_in": "INSERT INTO sign_in (token_digest, account_id, channel, started_at, seen_at)"
    f" SELECT 'old' || id, id, 'phone', '{AT}', '{AT}' FROM account",
    "sms_code": "INSERT INTO sms_code (id, phone, phone_index, code_digest, sent_at, tries)"
    f" VALUES ('old', 'x', 'x', 'x', '{AT}', 0)",
    "draft": f"INSERT INTO draft SELECT id, '/registration', 'x', '{AT}' FROM account LIMIT 1",
    "hand_over": "INSERT INTO hand_over (person_id, action, place, code_digest, content,"
    f" expires_at) SELECT id, 'register', 'counter', 'x', 'x', '{AT}' FROM person LIMIT 1",
    "proxy_case": f"INSERT INTO proxy_case SELECT 'old', a.id, p.id, '{AT}'"
    " FROM account a, person p LIMIT 1",
    "daily_use": "INSERT INTO daily_use SELECT id, 'old', '2000-01-01', 'x' FROM account LIMIT 1",
    "try_count": f"INSERT INTO try_count (key, until, number) VALUES ('old', '{AT}', 3)",
    "once_key": f"INSERT INTO once_key VALUES ('old', '/', '{AT}')",
    "launch": "INSERT INTO launch (code_digest, channel, target, made_at, expires_at)"
    f" VALUES ('old', 'boc', '/', '{AT}', '{AT}')",
    "counter_case": f"INSERT INTO counter_case SELECT 'old', s.id, p.id, '{AT}'"
    " FROM staff s, person p LIMIT 1",
    "staff_session": "INSERT INTO staff_session (token_digest, staff_id, passed, started_at,"
    f" seen_at) SELECT 'old', id, 'code', '{AT}', '{AT}' FROM staff LIMIT 1",
}
"""A row of each table that should have gone in the year 2000."""


def run(app: Flask, *options: str) -> dict[str, int]:
    """What the command printed, by table."""
    result = app.test_cli_runner().invoke(args=["retention", "run", *options])
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    pairs = [line.split(": ") for line in lines[:-1]]
    found = {table: int(number) for table, number in pairs}
    done = "would be" if options else "are"
    assert lines[-1] == f"{sum(found.values())} rows {done} removed"
    return found


def everything(app: Flask) -> dict[str, list[tuple[object, ...]]]:
    return {table: rows(app, f"SELECT * FROM {table}") for table in LONG_AGO}


@pytest.fixture
def old(app: Flask) -> Flask:
    """A database that was never cleaned up."""
    for statement in LONG_AGO.values():
        execute(app, statement)
    return app


def test_every_table_with_an_end_is_tried_here() -> None:
    assert {expiry.table for expiry in expiries()} == set(LONG_AGO)


def test_what_is_past_its_time_goes_and_is_counted(old: Flask) -> None:
    accounts = len(rows(old, "SELECT 1 FROM account"))
    assert run(old) == dict.fromkeys(LONG_AGO, 1) | {"sign_in": accounts}
    assert everything(old) == {table: [] for table in LONG_AGO}
    assert set(run(old).values()) == {0}


def test_a_dry_run_counts_the_same_and_removes_nothing(old: Flask) -> None:
    before = everything(old)
    counted = run(old, "--dry-run")
    assert everything(old) == before
    assert run(old) == counted


def test_what_is_in_use_stays_and_so_does_the_insurance(client: LintingClient, app: Flask) -> None:
    sign_in(client, MA_LAN.phone)
    proxy_for(client, DING)
    assess(client, "2026-01", "2026-02")
    client.submit(client.page("/registration"), "到窗口继续办理", address="没交的新地址五号")
    client.submit(client.page("/assessment/self/new"), "核定", 422, base="59")
    before, passing = stored(app), everything(app)
    assert set(run(app).values()) == {0}
    assert stored(app) == before
    assert everything(app) == passing
    assert client.page("/me/messages").title == "消息"


def test_each_goes_in_its_own_time(client: LintingClient, app: Flask, clock: Clock) -> None:
    sign_in(client, MA_LAN.phone)
    client.submit(client.page("/assessment/self/new"), "核定", 422, base="59")
    gone = {}
    for day in range(1, 203):
        clock.advance(days=1)
        if day in (1, 3, 29, 31, 199, 201):
            gone[day] = {table for table, number in run_now(app).items() if number}
    assert gone[1] == {"try_count"}
    assert gone[3] == {"sms_code"}
    assert gone[29] == set()
    assert gone[31] == {"draft"}
    assert gone[199] == set()
    assert gone[201] == {"sign_in"}
    assert rows(app, "SELECT 1 FROM account") != []


def run_now(app: Flask) -> dict[str, int]:
    """`run` by the real clock: no business date is pinned where this is for."""
    app.config["SETTINGS"] = app.config["SETTINGS"].model_copy(update={"today": None})
    return run(app)


def test_many_go_in_small_steps(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 10)
    for number in range(37):
        execute(app, "INSERT INTO once_key VALUES (?, '/', ?)", f"old{number}", AT)
    steps: list[int] = []
    remove = retention_repository.remove_over

    def counted(table: str, column: str, until: datetime, limit: int) -> int:
        gone = remove(table, column, until, limit)
        if table == "once_key":
            steps.append(gone)
        return gone

    monkeypatch.setattr(retention_repository, "remove_over", counted)
    assert run(app)["once_key"] == 37
    assert steps == [10, 10, 10, 7]
