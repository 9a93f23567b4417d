"""Migrated databases with the demo's residents, made once and copied; and looks into the file."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from flask_migrate import upgrade

from flexapp.config import Settings, load
from flexapp.extensions import db
from flexapp.wiring import create_app

VOLATILE = frozenset({"sign_in", "daily_use", "draft"})
"""Tables that change with every visit: when somebody was last seen, what counts towards a limit,
what was typed and came to nothing."""


def settings_for(folder: Path, today: date | None, **more: str) -> Settings:
    """Demo settings whose databases lie in `folder`."""
    environ = {
        "FLEXAPP_DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}",
        "FLEXAPP_TAX_DATABASE": str(folder / "tax.sqlite3"),
        **({"FLEXAPP_TODAY": today.isoformat()} if today else {}),
    }
    return load(environ | more)


class Templates:
    """One finished database for each business date, made when first asked for.

    Several processes may share the folder: what one of them has finished, the others take.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def copy(self, today: date, folder: Path) -> None:
        """Put a fresh copy into `folder`."""
        shutil.copy(self.path(today), folder / "site.sqlite3")

    def path(self, today: date) -> Path:
        """The finished database of that business date: to be copied, never to be opened."""
        finished = self.folder / f"{today.isoformat()}.sqlite3"
        if not finished.exists():
            with TemporaryDirectory(dir=self.folder) as making:
                # In one step: nobody ever finds a half-written one under this name.
                os.replace(self._make(Path(making), today), finished)
        return finished

    def _make(self, folder: Path, today: date) -> Path:
        app = create_app(settings_for(folder, today))
        with app.app_context():
            upgrade()
            db.engine.dispose()
        result = app.test_cli_runner().invoke(args=["demo", "load"])
        assert result.exit_code == 0, result.output
        with app.app_context():
            db.engine.dispose()
        path = folder / "site.sqlite3"
        with closing(sqlite3.connect(path)) as connection:
            # What is still in the write-ahead log would be missing from a copy of the file.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return path


def path_of(app: Flask) -> Path:
    """The application's database file."""
    return Path(app.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///"))


def rows(app: Flask, query: str, *values: object) -> list[tuple[object, ...]]:
    """What another program sees in the file: committed rows, undecrypted."""
    with closing(sqlite3.connect(path_of(app))) as connection:
        return connection.execute(query, values).fetchall()


def execute(app: Flask, statement: str, *values: object) -> None:
    """Change the file behind the application's back."""
    with closing(sqlite3.connect(path_of(app), timeout=10)) as connection:
        connection.execute(statement, values)
        connection.commit()


def tamper(app: Flask, *statements: str) -> None:
    """Change the database as somebody with the file in hand would: past its triggers."""
    tamper_with(path_of(app), *statements)


def tamper_with(file: Path, *statements: str) -> None:
    """`tamper`, for the file of a database."""
    guards = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    with closing(sqlite3.connect(file, timeout=10)) as connection:
        triggers = connection.execute(guards).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        for _, made in triggers:
            connection.execute(made)
        connection.commit()


def stored(app: Flask) -> Mapping[str, tuple[tuple[object, ...], ...]]:
    """Every row of every table but the volatile ones: equal before and after means nothing done."""
    tables = [
        str(name) for (name,) in rows(app, "SELECT name FROM sqlite_master WHERE type='table'")
    ]
    return {
        table: tuple(rows(app, f'SELECT * FROM "{table}" ORDER BY 1, 2'))
        for table in tables
        if table not in VOLATILE and not table.startswith("sqlite_") and table != "alembic_version"
    }


def raw_bytes(app: Flask) -> bytes:
    """The database as it lies on the disk, the write-ahead log with it."""
    path = path_of(app)
    with_log = (path, path.with_name(path.name + "-wal"))
    return b"".join(part.read_bytes() for part in with_log if part.exists())
