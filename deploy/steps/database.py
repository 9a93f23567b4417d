"""The database brought to the newest migration, and the demo's fictional people in it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing

from steps.toolbox import ROOT, VAR, VENV_PYTHON, fingerprint, is_done, mark_done, run, say

EMBEDDED = VAR / "flexapp.sqlite3"
"""Where the site keeps its data unless FLEXAPP_DATABASE_URL says otherwise."""

FLASK = (VENV_PYTHON, "-m", "flask", "--app", "app")
CHECK_SETTINGS = """
import os, sys
from flexapp.config import SettingsError, load
try:
    load(os.environ)
except SettingsError as error:
    sys.exit(str(error))
"""


def settings_checked() -> None:
    """Say what is wrong with the settings before anything is built for them."""
    run([VENV_PYTHON, "-c", CHECK_SETTINGS], "The settings in the environment cannot be used:")


def migrated() -> None:
    """Run the migrations that the database has not had."""
    migrations = ROOT / "flexapp" / "migrations"
    key = fingerprint([migrations])
    if _revision() is not None and is_done("database", f"{key} {_revision()}"):
        return
    say("bringing the database up to date")
    run([*FLASK, "db", "upgrade"], "The database could not be brought up to date.")
    mark_done("database", f"{key} {_revision()}")


def demo_loaded() -> None:
    """Add the demo's people where they are missing; does nothing to those who are there."""
    if os.environ.get("FLEXAPP_ENV", "demo").strip() != "demo":
        return
    say("loading the demo data")
    run([*FLASK, "demo", "load"], "The demo data could not be loaded.")


def _revision() -> str | None:
    """The migration that the embedded database is at; None for any other database, or none yet.

    Asked of the database itself, so that a file that was deleted or replaced is noticed.
    """
    if os.environ.get("FLEXAPP_DATABASE_URL") or not EMBEDDED.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{EMBEDDED.as_uri()}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error:
        return None
    return None if row is None else str(row[0])
