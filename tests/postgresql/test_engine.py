"""How the product behaves on PostgreSQL: what reads, what waits, and what dies."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
from flask import Flask, Response
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError

from flexapp.db import postgresql as on_postgresql
from flexapp.db.session import advisory_lock, db
from flexapp.web.access import Access, allow
from flexapp.web.unit_of_work import read_transaction, write_transaction
from tests.conftest import MakeApp
from tests.support import postgresql
from tests.support.client import LintingClient
from tests.support.database import execute, name_of, rows
from tests.support.walks import MA_LAN, sign_in

COUNT = text("SELECT count(*) FROM announcement")
POST = (
    "INSERT INTO announcement (text, shown_from, shown_to, posted_by_label, posted_at)"
    " VALUES ('x', '2026-01-01', '2026-01-02', 'x', '2026-01-01')"
)


ENDED = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
"""Ends everybody's connection but its own, and waits until their processes are gone."""


@pytest.fixture
def inside(app: Flask) -> Iterator[Flask]:
    """The application's context, and no announcement yet."""
    execute(app, "DELETE FROM announcement")
    with app.app_context():
        yield app


def test_what_only_reads_is_refused_a_change(inside: Flask) -> None:
    with (
        pytest.raises(InternalError, match="read-only transaction"),
        read_transaction(),
    ):
        db.session.execute(text(POST))
    with write_transaction():
        db.session.execute(text(POST))
    assert rows(inside, "SELECT count(*) FROM announcement") == [(1,)]


def test_a_page_is_of_one_moment_and_a_writer_sees_what_is_new(inside: Flask) -> None:
    with read_transaction():
        assert db.session.execute(COUNT).scalar_one() == 0
        execute(inside, POST)
        assert db.session.execute(COUNT).scalar_one() == 0
    with write_transaction():
        assert db.session.execute(COUNT).scalar_one() == 1
        execute(inside, POST)
        assert db.session.execute(COUNT).scalar_one() == 2


def test_whoever_is_about_the_same_waits_and_nobody_else_does(inside: Flask) -> None:
    order: list[str] = []

    def other(what: str) -> None:
        with inside.app_context(), write_transaction():
            advisory_lock("person", what)
            order.append(what)

    threads = [threading.Thread(target=other, args=(what,)) for what in ("same", "another")]
    with write_transaction():
        advisory_lock("person", "same")
        for thread in threads:
            thread.start()
        threads[1].join(5)
        time.sleep(0.1)
        assert order == ["another"]
    threads[0].join(5)
    assert order == ["another", "same"]


def test_a_connection_that_died_is_replaced_before_anybody_notices(
    app: Flask, client: LintingClient
) -> None:
    sign_in(client, MA_LAN.phone)
    execute(app, ENDED)
    assert client.page("/assessment").status == 200


@pytest.mark.parametrize("trusted", [60.0, 0.0])
def test_a_dead_connection_is_found_by_its_socket_or_by_asking_the_server(
    inside: Flask, monkeypatch: pytest.MonkeyPatch, trusted: float
) -> None:
    monkeypatch.setattr(on_postgresql, "TRUSTED_SECONDS", trusted)
    for _ in range(3):
        with read_transaction():
            assert db.session.execute(COUNT).scalar_one() == 0
        execute(inside, ENDED)
    with read_transaction():
        assert db.session.execute(COUNT).scalar_one() == 0


def test_what_is_asked_on_after_the_server_went_is_a_page_that_says_so(
    app: Flask, client: LintingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def going() -> str:
        db.session.execute(COUNT)
        execute(app, ENDED)
        with contextlib.suppress(OperationalError):
            db.session.connection().execute(COUNT)
        return str(db.session.execute(COUNT).scalar_one())

    client.faults_expected = True
    monkeypatch.setitem(app.view_functions, "assessment.verify", allow(Access.PUBLIC)(going))
    answer = client.get("/verify")
    assert answer.status_code == 503
    assert "现在办理的人多" in answer.text


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_server_that_goes_at_any_point_of_a_page_is_a_page_that_says_so(
    app: Flask, client: LintingClient, comes_back: bool
) -> None:
    sign_in(client, MA_LAN.phone)
    client.faults_expected = True
    sent: list[str] = []
    last: int | None = None

    def before(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if len(sent) == last:
            execute(app, ENDED)
        sent.append(statement)

    def connect(*_about: object) -> None:
        if last is not None and len(sent) > last and not comes_back:
            raise psycopg.OperationalError("connection refused")

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "do_connect", connect)
    try:
        assert client.get("/assessment/self").status_code == 200
        statuses = {}
        for last in range(len(sent)):
            sent.clear()
            statuses[last] = client.get("/assessment/self").status_code
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "do_connect", connect)
    assert set(statuses.values()) == {503}, statuses
    assert client.get("/assessment/self").status_code == 200


def test_a_server_that_goes_after_the_page_was_made_takes_nothing_from_it(
    app: Flask, client: LintingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def last_look() -> Response:
        found = db.session.execute(COUNT).scalar_one()
        execute(app, ENDED)
        return Response(f"{found}", content_type="text/plain")

    monkeypatch.setitem(app.view_functions, "assessment.verify", allow(Access.PUBLIC)(last_look))
    for _ in range(2):
        assert client.get("/verify").status_code == 200
    assert client.page("/").status == 200


@pytest.fixture
def impatient(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An application that waits for a second, with one connection to a process."""
    monkeypatch.setattr(on_postgresql, "BUSY_SECONDS", 1)
    return make_app(FLEXAPP_DATABASE_POOL="1")


def test_waiting_too_long_for_a_turn_is_a_page_that_says_so(
    impatient: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    client = impatient.test_client()
    assert isinstance(client, LintingClient)
    client.faults_expected = True
    page = client.page("/sign-in")
    with postgresql.connect(name_of(impatient)) as connection:
        connection.execute("LOCK TABLE sms_code")
        answer = client.repeat(page, "获取验证码", phone=MA_LAN.phone)
    assert answer.status_code == 503
    assert "现在办理的人多" in answer.text
    assert MA_LAN.phone not in caplog.text


def test_no_connection_left_is_a_page_that_says_so(impatient: Flask) -> None:
    client = impatient.test_client()
    assert isinstance(client, LintingClient)
    client.faults_expected = True
    with impatient.app_context():
        taken = db.engine.connect()
    try:
        answer = client.get("/")
    finally:
        taken.close()
    assert answer.status_code == 503
    assert "现在办理的人多" in answer.text


def test_a_server_that_is_gone_is_not_ready(inside: Flask) -> None:
    client = inside.test_client()
    assert client.get("/readyz").status_code == 200
    db.engine.dispose()
    postgresql.drop(str(db.engine.url.database))
    assert client.get("/readyz").status_code == 503
    with pytest.raises(DBAPIError):
        db.session.execute(COUNT)
