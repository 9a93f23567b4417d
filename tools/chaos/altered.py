"""The product on a machine where something is wrong, or in a hurry: the same code, told otherwise.

The product has no hooks for this: its functions are replaced here, in processes that were started
for it. `serving_app` is a node with its sender, `python -m tools.chaos.altered` a sender alone.
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
"""A file that says by how many seconds the machine's clock is ahead."""
PAGES = "FAULTS_PAGES"
"""A file that says beyond how many pages a SQLite database may not grow; empty: no limit."""
LEASE = "FAULTS_LEASE"
"""Seconds after which another sender takes over what one had in hand."""

UNLIMITED = 2**30

_real = datetime


class Skewed(datetime):
    """`datetime`, but for the moment it is."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        """The moment that this machine believes it is."""
        ahead = float(Path(os.environ[CLOCK]).read_text() or "0")
        return _real.now(tz) + timedelta(seconds=ahead)


def begin() -> None:
    """From now on in this process."""
    if CLOCK in os.environ:
        product_clock.datetime = Skewed  # type: ignore[attr-defined]
    if LEASE in os.environ:
        delivery.LEASE = timedelta(seconds=float(os.environ[LEASE]))


def serving_app() -> Flask:
    """A node."""
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
        # Said to a connection, for as long as it is open; the file itself knows no limit.
        pages = int(Path(os.environ[PAGES]).read_text() or UNLIMITED)
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")


if __name__ == "__main__":
    begin()
    app.app.cli.main(args=["transmission", "work"], prog_name="flask")
