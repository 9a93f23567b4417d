"""/readyz says whether a node can do its work, and in one word what it lacks."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flexapp.config import DEMO_DATA_KEY
from flexapp.transmission.outbox_worker import Sender
from flexapp.web import assets
from tests.conftest import MakeApp
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import execute, rows, take_away, tamper
from tests.support.tax import receipt, through, unreachable

OTHER_KEY = base64.b64encode(b"o" * 32).decode()


def reasons(client: FlaskClient) -> list[str]:
    """What is said to be lacking; [] where the node is ready."""
    answer = client.get("/readyz")
    said = answer.get_json()
    if answer.status_code == 200:
        assert said["status"] == "ok"
        return []
    assert answer.status_code == 503
    assert set(said) == {"status", "reasons"}
    return list(said["reasons"])


def test_a_whole_node_is_ready(client: LintingClient) -> None:
    assert reasons(client) == []


def test_without_its_database_it_is_not(app: Flask, client: LintingClient) -> None:
    take_away(app)
    assert reasons(client) == ["database"]
    assert client.get("/healthz").status_code == 200


def test_with_another_schema_than_the_code_is_for_it_is_not(
    app: Flask, client: LintingClient
) -> None:
    ((newest,),) = rows(app, "SELECT version_num FROM alembic_version")
    for other in ("0001", "9999"):
        execute(app, "UPDATE alembic_version SET version_num = ?", other)
        assert reasons(client) == ["migration"]
    execute(app, "UPDATE alembic_version SET version_num = ?", newest)
    assert reasons(client) == []


@pytest.mark.parametrize(
    "keys",
    [
        {"FLEXAPP_DATA_KEYS": f"new:{OTHER_KEY}"},
        {"FLEXAPP_DATA_KEYS": f"demo:{OTHER_KEY}"},
        {"FLEXAPP_INDEX_KEY": OTHER_KEY},
    ],
    ids=["a key is missing", "another key under its name", "another index key"],
)
def test_with_keys_that_do_not_read_what_is_stored_it_is_not(
    make_app: MakeApp, keys: dict[str, str]
) -> None:
    answer = make_app(**keys).test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()["reasons"]) == (503, ["keys"])
    assert OTHER_KEY not in answer.text


def test_a_new_key_before_the_old_one_is_fine(make_app: MakeApp) -> None:
    both = f"new:{OTHER_KEY},demo:{DEMO_DATA_KEY}"
    assert reasons(make_app(FLEXAPP_DATA_KEYS=both).test_client()) == []


def test_with_nobody_stored_any_keys_will_do(app: Flask, client: LintingClient) -> None:
    tamper(app, *(f"DELETE FROM {table}" for table in ("outbox_message", "account", "person")))
    assert rows(app, "SELECT count(*) FROM person") == [(0,)]
    assert reasons(client) == []


def test_without_the_built_files_it_is_not(
    app: Flask, client: LintingClient, tmp_path: Path
) -> None:
    build = assets.BUILD.of(app)
    assets.BUILD.set(app, replace(build, folder=tmp_path / "rebuilt"))
    assert reasons(client) == ["static"]
    assets.BUILD.set(app, build)
    assert reasons(client) == []


def test_a_sender_that_is_gone_is_told_and_takes_no_node_away(
    app: Flask, client: LintingClient, clock: Clock
) -> None:
    assert client.get("/readyz").get_json()["sender_seconds"] is None
    with app.app_context():
        Sender(through(receipt)).round()
    assert client.get("/readyz").get_json()["sender_seconds"] == 0
    clock.advance(hours=2)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json()["sender_seconds"] == 7200


def test_a_sender_is_seen_while_the_tax_bureau_is_down_and_writes_seldom(
    app: Flask, client: LintingClient, clock: Clock
) -> None:
    sender = Sender(through(unreachable))
    seen = []
    for _ in range(4):
        clock.advance(seconds=20)
        with app.app_context():
            sender.round()
        seen += rows(app, "SELECT sender_seen_at FROM tax_link")
    assert len(set(seen)) == 2
    assert client.get("/readyz").get_json()["sender_seconds"] == 20
