"""`flask transmission reconcile`: both books side by side (design 7, durable)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import MakeApp
from tests.support.client import LintingClient
from tests.support.database import execute, rows
from tests.support.walks import MA_LAN, assess, clerk, sign_in, state, transmit, work


@pytest.fixture
def ma_lan(client: LintingClient) -> LintingClient:
    """马兰, insured since 2008."""
    sign_in(client, MA_LAN.phone)
    return client


def reconcile(app: Flask) -> str:
    """What the command prints."""
    outcome = app.test_cli_runner().invoke(args=["transmission", "reconcile"])
    assert outcome.exit_code == 0, outcome.exception
    return outcome.output


def tax_book(app: Flask, statement: str, *values: object) -> list[tuple[object, ...]]:
    """Ask or change the tax bureau's own database behind its back."""
    path = app.config["SETTINGS"].tax_database
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        found = connection.execute(statement, values).fetchall()
        connection.commit()
        return found


@pytest.fixture
def transmitted(app: Flask, ma_lan: LintingClient) -> str:
    """A serial that both sides know as received."""
    serial = assess(ma_lan, "2026-01", "2026-06")
    transmit(ma_lan, serial)
    work(app)
    assert state(ma_lan, serial) == "已传输"
    return serial


def test_books_that_agree_are_left_alone(app: Flask, transmitted: str) -> None:
    before = rows(app, "SELECT count(*) FROM audit_event")
    assert "0 mended, 0 for a person" in reconcile(app)
    assert rows(app, "SELECT count(*) FROM audit_event") == before


def test_a_payment_nobody_told_us_of_is_found(
    app: Flask, ma_lan: LintingClient, transmitted: str
) -> None:
    clerk(ma_lan, transmitted, "标记已缴费")
    assert f"{transmitted}: paid there, transmitted here: mended" in reconcile(app)
    assert state(ma_lan, transmitted) == "已缴费"
    assert "0 mended" in reconcile(app)


def test_an_older_copy_of_our_database_catches_up_and_sends_nothing_twice(
    app: Flask, ma_lan: LintingClient, transmitted: str
) -> None:
    # As if a backup from before the transmission had been put back.
    execute(app, "UPDATE assessment SET state = 'assessed'")
    execute(app, "DELETE FROM outbox_message")
    assert "mended" in reconcile(app)
    work(app)
    assert state(ma_lan, transmitted) == "已传输"
    history = "SELECT what FROM history WHERE serial = ?"
    assert tax_book(app, history, transmitted) == [("receive",)]


def test_what_the_tax_bureau_lost_is_handed_over_again_under_its_serial(
    make_app: MakeApp, tmp_path: Path, ma_lan: LintingClient, transmitted: str
) -> None:
    app = make_app(FLEXAPP_TAX_DATABASE=str(tmp_path / "new-tax.sqlite3"))
    assert f"{transmitted}: missing there, transmitted here: mended" in reconcile(app)
    assert tax_book(app, "SELECT serial FROM assessments") == [(transmitted,)]
    assert state(ma_lan, transmitted) == "已传输"


def test_a_serial_unknown_here_is_reported_and_not_invented(app: Flask, transmitted: str) -> None:
    execute(app, "UPDATE assessment SET serial = '64010420260101999999'")
    printed = reconcile(app)
    assert f"{transmitted}: received there, unknown here: NOT mended" in printed
    assert "1 for a person to look at" in printed


def test_one_revoked_here_but_held_there_is_reported(app: Flask, transmitted: str) -> None:
    execute(app, "UPDATE assessment SET state = 'revoked'")
    assert f"{transmitted}: received there, revoked here: NOT mended" in reconcile(app)
