"""Reference data kept in the process: another process's change is seen by the next request.

Each application here has its own store and its own connections, as two processes of a node have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from flask import Flask

from flexapp.agency import effective_parameters as agency
from flexapp.agency import repository
from flexapp.agency.repository import PlaceRow
from flexapp.channels import service as channels
from flexapp.db.reference import TABLES, reference
from flexapp.db.session import db, read_once
from flexapp.web.unit_of_work import read_transaction, write_transaction
from tests.conftest import MakeApp
from tests.support.database import execute, is_on_postgresql, rows
from tests.support.statements import statements

DAY = date(2026, 11, 24)
TOKEN = "SELECT token FROM reference_revision"

CHANGES = {
    "announcement": "UPDATE announcement SET text = 'x'",
    "channel": (
        "INSERT INTO channel (code, name, category, at, by) VALUES"
        " ('x-app', 'x', 'bank', '2026-01-01', 'x')"
    ),
    "channel_switch": (
        "INSERT INTO channel_switch (code, enabled, reason, by, at) VALUES"
        " ('x-app', true, '', 'x', '2026-01-01')"
    ),
    "channel_webview": (
        "INSERT INTO channel_webview (code, title_bar, bridge, frame_ancestors) VALUES"
        " ('x-app', 'app', 'none', '')"
    ),
    "declaration_year": "INSERT INTO declaration_year (year, open) VALUES (2027, true)",
    "pilot_place": (
        "INSERT INTO pilot_place (kind, code, open_from, closed_since) VALUES"
        " ('area', '640104', NULL, '2026-01-01')"
    ),
    "publication": (
        "INSERT INTO publication (title, rows, document, number, document_date, effective_from,"
        " status, proposed_by, proposed_by_label, proposed_at, decided_by_label) VALUES"
        " ('x', '[]', 'x', 'x', '2026-01-01', '2026-01-01', 'proposed', 1, 'x', '2026-01-01', '')"
    ),
}
"""A change of each table, as somebody makes it who knows nothing of the revision."""


@pytest.fixture
def two(make_app: MakeApp) -> tuple[Flask, Flask]:
    """Two applications on one database."""
    return make_app(), make_app()


@pytest.fixture
def inside(app: Flask) -> Iterator[Flask]:
    """The application's context."""
    with app.app_context():
        yield app


def open_years(app: Flask) -> frozenset[int]:
    """What a request of this application finds."""
    with app.app_context(), read_transaction():
        return agency.effective_parameters(DAY).open_years


def close_this_year() -> None:
    """What an officer's request does, with the row's audit event left out."""
    repository.set_year(2026, is_open=False)


def test_every_table_has_a_change_in_this_test() -> None:
    assert CHANGES.keys() == TABLES


@pytest.mark.parametrize("table", sorted(TABLES))
def test_any_change_of_a_table_makes_another_revision(app: Flask, table: str) -> None:
    before = rows(app, TOKEN)
    execute(app, CHANGES[table])
    after = rows(app, TOKEN)
    assert len(after) == 1
    assert after != before
    execute(app, f"DELETE FROM {table}")
    assert rows(app, TOKEN) not in (before, after)


def test_the_second_request_reads_nothing_but_the_revision(inside: Flask) -> None:
    open_years(inside)
    with statements(inside) as said:
        open_years(inside)
    assert said == ["SELECT reference_revision.token FROM reference_revision"]


def test_a_change_of_another_process_is_seen_by_the_next_request(two: tuple[Flask, Flask]) -> None:
    here, there = two
    assert open_years(here) == open_years(there) == {2026}
    with there.app_context(), write_transaction():
        close_this_year()
    assert open_years(here) == open_years(there) == frozenset()


@pytest.mark.parametrize("of_another", [True, False])
def test_what_is_rolled_back_is_kept_by_nobody(two: tuple[Flask, Flask], of_another: bool) -> None:
    here, there = two if of_another else (two[0], two[0])
    assert open_years(here) == {2026}
    with there.app_context():
        with write_transaction():
            close_this_year()
            assert agency.effective_parameters(DAY).open_years == frozenset()
            db.session.rollback()
        # The same revision number would come again if it was counted.
        with write_transaction():
            repository.set_pilot_place(PlaceRow("area", "640104", None, DAY))
    assert open_years(here) == open_years(there) == {2026}


def test_a_request_sees_its_own_change(inside: Flask) -> None:
    with write_transaction():
        assert agency.effective_parameters(DAY).open_years == {2026}
        close_this_year()
        assert agency.effective_parameters(DAY).open_years == frozenset()


def test_what_changes_while_it_is_read_is_used_but_not_kept(two: tuple[Flask, Flask]) -> None:
    here, _ = two
    if not is_on_postgresql(here):
        pytest.skip("SQLite has one writer, and a reader sees one snapshot")
    execute_there = CHANGES["declaration_year"]

    def load() -> int:
        execute(here, execute_there)
        return len(repository.years())

    with here.app_context():
        with write_transaction():
            assert reference("years", None, load) == 1
        with read_transaction():
            assert reference("years", None, lambda: "read again") == "read again"


def test_another_day_is_read_again(inside: Flask) -> None:
    with read_transaction():
        assert agency.effective_parameters(DAY).open_years == {2026}
        assert agency.effective_parameters(date(2027, 1, 1)).open_years == {2027}


def test_without_a_revision_nothing_is_kept(inside: Flask) -> None:
    execute(inside, "DELETE FROM reference_revision")
    assert open_years(inside) == {2026}
    execute(inside, CHANGES["declaration_year"])
    assert open_years(inside) == {2026, 2027}


def test_a_switch_of_an_app_and_its_webview_are_seen_in_every_process(
    two: tuple[Flask, Flask],
) -> None:
    here, there = two

    def seen(app: Flask) -> tuple[int, bool]:
        with app.test_request_context(), read_transaction():
            return len(channels.apps()), channels.webview("x-app").draws_title

    before = seen(here)
    assert seen(there) == before
    for table in ("channel", "channel_webview"):
        execute(there, CHANGES[table])
    assert seen(here) == seen(there) == (before[0] + 1, True)


def counting(value: str, calls: list[str]) -> Callable[[], str]:
    """A loader that notes its calls."""

    def load() -> str:
        calls.append(value)
        return value

    return load


def test_a_snapshot_is_asked_once_and_a_writer_each_time(inside: Flask) -> None:
    calls: list[str] = []
    with read_transaction():
        for _ in range(2):
            assert read_once("key", counting("read", calls)) == "read"
    with read_transaction():
        read_once("key", counting("read later", calls))
    with write_transaction():
        for _ in range(2):
            read_once("key", counting("write", calls))
    assert calls == ["read", "read later", "write", "write"]
    db.session.rollback()
