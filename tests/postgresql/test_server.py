"""The server of the tests: a missing one is said in a sentence, and nothing of one is left."""

from __future__ import annotations

import tempfile
from pathlib import Path

import psycopg
import pytest

from tests.conftest import start_postgresql
from tests.support import postgresql


def test_a_run_without_postgresql_is_no_run_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(postgresql, "_complete", lambda _path: False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(pytest.UsageError, match="There is no PostgreSQL: install one"):
        start_postgresql()
    assert list(tmp_path.iterdir()) == []


def test_a_server_comes_up_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    server = postgresql.Server()
    try:
        monkeypatch.setenv(postgresql.RUNNING, str(server.folder))
        postgresql.create("x")
        assert postgresql.exists("x")
        postgresql.drop("x")
        assert not postgresql.exists("x")
    finally:
        server.stop()
    assert not server.folder.exists()
    with pytest.raises(psycopg.OperationalError):
        postgresql.connect("postgres")
