"""`flask transmission reconcile`: both books side by side (design 7, durable)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask

from flexapp.services import services_of
from flexapp.transmission.delivery import work_once
from flexapp.transmission.outbox_worker import Sender
from tests.conftest import MakeApp
from tests.support.client import LintingClient
from tests.support.database import execute, rows
from tests.support.tax import answering, receipt, through, unreachable
from tests.support.walks import MA_LAN, assess, clerk, sign_in, state, transmit, work


@pytest.fixture
def ma_lan(client: LintingClient) -> LintingClient:
    """马兰, insured since 2008."""
    sign_in(client, MA_LAN.phone)
    return client


def reconcile(app: Flask, exit_code: int = 0) -> str:
    """What the command prints."""
    outcome = app.test_cli_runner().invoke(args=["transmission", "reconcile"])
    assert outcome.exit_code == exit_code, outcome.exception
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


def test_one_whose_months_another_serial_holds_here_is_reported(
    app: Flask, transmitted: str
) -> None:
    execute(app, "UPDATE assessment SET serial = '64010420260101999999'")
    printed = reconcile(app, 1)
    held = "its months are held here by 64010420260101999999"
    assert f"{transmitted}: received there, unknown here: {held}: NOT mended" in printed
    assert "1 for a person to look at" in printed


def test_one_revoked_here_but_held_there_is_reported(app: Flask, transmitted: str) -> None:
    execute(app, "UPDATE assessment SET state = 'revoked'")
    assert f"{transmitted}: received there, revoked here: NOT mended" in reconcile(app, 1)


def ask(client: LintingClient, serial: str, reason: str = "缴费基数填错了") -> None:
    """申请税务撤销 with a reason."""
    form = client.submit(client.page(f"/assessment/records/{serial}"), "申请税务撤销")
    client.submit(form, "确认", reason=reason)


def send_only(app: Flask) -> None:
    """A round of the sender, of whose consequences the tax bureau tells nothing."""
    with app.app_context():
        work_once(services_of(app).tax)


def test_a_declined_request_nobody_told_us_of_is_found_with_its_reason(
    app: Flask, ma_lan: LintingClient, transmitted: str
) -> None:
    ask(ma_lan, transmitted)
    send_only(app)
    clerk(ma_lan, transmitted, "不同意撤销", reason="已在扣款")
    assert f"{transmitted}: declined there, tax_revoking here: mended" in reconcile(app)
    page = ma_lan.page(f"/assessment/records/{transmitted}")
    assert page.texts("span", class_="tag") == ["已传输"]
    assert "税务不同意撤销：已在扣款" in page.texts("b")


def test_a_request_that_still_waits_here_is_no_difference(
    app: Flask, ma_lan: LintingClient, transmitted: str
) -> None:
    ask(ma_lan, transmitted)
    assert "0 mended, 0 for a person" in reconcile(app)
    assert state(ma_lan, transmitted) == "税务撤销中"


def test_a_request_that_only_the_tax_bureau_remembers_is_taken_over(
    app: Flask, ma_lan: LintingClient, transmitted: str
) -> None:
    ask(ma_lan, transmitted)
    send_only(app)
    execute(app, "UPDATE assessment SET state = 'transmitted'")
    execute(app, "DELETE FROM outbox_message WHERE kind = 'ask'")
    assert f"{transmitted}: revoking there, transmitted here: mended" in reconcile(app)
    clerk(ma_lan, transmitted, "不同意撤销", reason="已在扣款")
    work(app)
    assert state(ma_lan, transmitted) == "已传输"


def test_another_content_under_the_same_serial_is_reported(
    app: Flask, ma_lan: LintingClient, transmitted: str
) -> None:
    execute(app, "UPDATE outbox_message SET digest = 'x'")
    assert f"{transmitted}: another content there than was sent: NOT mended" in reconcile(app, 1)


def test_a_finding_is_kept_until_the_books_agree(
    app: Flask, ma_lan: LintingClient, transmitted: str
) -> None:
    execute(app, "UPDATE assessment SET state = 'revoked'")
    reconcile(app, 1)
    status = ["transmission", "status"]
    assert "received there, revoked here" in app.test_cli_runner().invoke(args=status).output
    execute(app, "UPDATE assessment SET state = 'transmitted'")
    reconcile(app)
    assert "for a person" not in app.test_cli_runner().invoke(args=status).output


def test_a_serial_that_only_the_tax_bureau_knows_is_never_given_again(
    app: Flask, ma_lan: LintingClient, transmitted: str
) -> None:
    # As if a backup from before the assessment had been put back.
    for table in ("assessed_month", "outbox_message", "tax_event", "assessment", "serial_counter"):
        execute(app, f"DELETE FROM {table}")
    assert assess(ma_lan, "2026-07", "2026-07") == transmitted  # it would be
    for table in ("assessed_month", "assessment", "serial_counter"):
        execute(app, f"DELETE FROM {table}")
    assert "restored from our message kept there" in reconcile(app)
    assert int(assess(ma_lan, "2026-08", "2026-08")) > int(transmitted)


def test_a_news_of_an_event_beats_a_page_that_was_read_before_it(
    app: Flask, ma_lan: LintingClient, transmitted: str
) -> None:
    gateway: Any = services_of(app).tax
    page = gateway.listing(0, 10)
    clerk(ma_lan, transmitted, "标记已缴费")
    work(app)
    gateway.listing = lambda after, limit: page
    assert "0 mended, 0 for a person" in reconcile(app)
    assert state(ma_lan, transmitted) == "已缴费"


def test_a_worker_that_cannot_compare_sends_nothing(
    app: Flask, ma_lan: LintingClient, transmitted: str
) -> None:
    waiting = assess(ma_lan, "2026-07", "2026-07")
    transmit(ma_lan, waiting)
    told: list[str] = []

    def half_there(request: httpx.Request) -> httpx.Response:
        told.append(request.method)
        return unreachable(request) if request.method == "GET" else receipt(request)

    with app.app_context():
        sender = Sender(through(half_there))
        sender.round()
        sender.round()
    assert "PUT" not in told
    assert state(ma_lan, waiting) == "传输中"


def test_comparing_that_could_not_finish_says_so(app: Flask, transmitted: str) -> None:
    services_of(app).tax = through(unreachable)
    assert "not finished: the tax bureau cannot be asked" in reconcile(app, 2)


def test_a_page_that_makes_no_sense_settles_nothing(app: Flask, transmitted: str) -> None:
    bodies: tuple[dict[str, object], ...] = (
        {},
        {"assessments": [{}], "next": None},
        {"assessments": [], "next": 5},
        {"assessments": "x", "next": None},
    )
    for body in bodies:
        services_of(app).tax = through(answering(200, body))
        assert "not finished" in reconcile(app, 2)
