"""Most of this is about PostgreSQL alone: a run on SQLite does not collect it."""

from __future__ import annotations

from pathlib import Path

from tests.support import postgresql


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Whether this run has nothing to try a file on."""
    return (
        True if collection_path.name == "test_engine.py" and not postgresql.is_running() else None
    )
