"""Skips the tests of this folder that need PostgreSQL's own behaviour, on SQLite."""

from __future__ import annotations

from pathlib import Path

from tests.support import postgresql

NEED_POSTGRESQL = {"test_changed_at_once.py", "test_engine.py"}
"""They read `pg_locks`, or wait for a row lock while another transaction writes."""


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Ignore a file that needs PostgreSQL when the run has none; otherwise no opinion."""
    needed = collection_path.name in NEED_POSTGRESQL
    return True if needed and not postgresql.is_running() else None
