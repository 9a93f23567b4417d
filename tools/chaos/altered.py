"""The product with a wrong clock, a limited database or a shorter lease.

The product has no hooks for this; its functions are replaced here, in processes started for it.
`serving_app` is a node including its sender; `python -m tools.chaos.altered` is a sender alone.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import event

import app
from flexapp.db.session import db
from flexapp.transmission import delivery
from flexapp.web import clock as product_clock

CLOCK = "FAULTS_CLOCK"
"""Environment variable: a file with the seconds by which the clock is ahead."""
PAGES = "FAULTS_PAGES"
"""Environment variable: a file with the page limit of the SQLite database; empty means none."""
LEASE = "FAULTS_LEASE"
"""Environment variable: the lease in seconds, after which another sender takes over a message."""

UNLIMITED = 2**30

_real = datetime


class Skewed(datetime):
    """`datetime` with a skewed `now`."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        """Return the time of the skewed clock."""
        ahead = float(Path(os.environ[CLOCK]).read_text() or "0")
        return _real.now(tz) + timedelta(seconds=ahead)


def begin() -> None:
    """Apply the replacements in this process."""
    if CLOCK in os.environ:
        product_clock.datetime = Skewed  # type: ignore[attr-defined]
    if LEASE in os.environ:
        delivery.LEASE = timedelta(seconds=float(os.environ[LEASE]))


def serving_app() -> Flask:
    """Create the application of a node."""
    begin()
    made = app.serving_app()
    if PAGES in os.environ:
        _cramp(made)
    return made


def _cramp(made: Flask) -> None:
    with made.app_context():
        engine = db.engine

    @event.listens_for(engine, "begin")
    def limit(connection: Any) -> None:
        # The limit belongs to a connection while it is open, not to the database file.
        pages = int(Path(os.environ[PAGES]).read_text() or UNLIMITED)
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")


if __name__ == "__main__":
    begin()
    app.app.cli.main(args=["transmission", "work"], prog_name="flask")
