"""Migrated template databases with demo residents, their copies, and direct SQL access.

Everything works on both engines: a SQLite file, or a database on the tests' PostgreSQL server
(`postgresql.py`). Query results have the same form on both.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import make_url

from flexapp.config import Settings, load
from flexapp.db.session import db
from flexapp.factory import create_app
from tests.support import postgresql

VOLATILE = frozenset({"sign_in", "daily_use", "draft", "try_count", "reference_revision"})
"""Tables that differ after every walk: last use, rate limits, drafts, a random revision."""

REFUSED = (sqlite3.IntegrityError, psycopg.IntegrityError)
"""Driver exceptions for a violated constraint or trigger."""


def settings_for(folder: Path, today: date | None, **more: str) -> Settings:
    """Return demo settings with databases in `folder` (on PostgreSQL: named after it)."""
    ours = f"sqlite:///{folder / 'site.sqlite3'}"
    environ = {
        "FLEXAPP_ENV": "demo",
        "FLEXAPP_DATABASE_URL": postgresql.url_of(folder) if postgresql.is_running() else ours,
        "FLEXAPP_TAX_DATABASE": str(folder / "tax.sqlite3"),
        **({"FLEXAPP_TODAY": today.isoformat()} if today else {}),
    }
    return load(environ | more)


def make_empty(folder: Path) -> None:
    """Create an empty database for `settings_for(folder, …)`, replacing an existing one."""
    if postgresql.is_running():
        postgresql.create(postgresql.name_of(folder))
    else:
        (folder / "site.sqlite3").unlink(missing_ok=True)  # SQLite creates the file itself


def copy(source: Path, target: Path) -> None:
    """Copy the database of `source` for `target`; nothing may be connected to the source."""
    if postgresql.is_running():
        postgresql.create(postgresql.name_of(target), postgresql.name_of(source))
    else:
        shutil.copy(source / "site.sqlite3", target / "site.sqlite3")


def drop(folder: Path) -> None:
    """Release the database of a test; SQLite files are deleted with their folder."""
    if postgresql.is_running():
        postgresql.hand_back(folder)


class Templates:
    """One template database per business date, created on first use.

    Several processes may share the folder; a template made by one of them is used by all.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def copy(self, today: date, folder: Path) -> None:
        """Create a fresh copy for `folder`."""
        if not postgresql.is_running():
            shutil.copy(self.path(today), folder / "site.sqlite3")
            return
        finished = self.folder / today.isoformat()
        name = postgresql.name_of(finished)
        with postgresql.alone(self.folder):
            if not postgresql.exists(name):
                making = self.folder / f"{today.isoformat()}-making"
                making.mkdir()
                make_empty(making)
                self._make(making, today)
                postgresql.keep(postgresql.name_of(making))
                copy(making, finished)
        postgresql.lend(folder, name)

    def path(self, today: date) -> Path:
        """Return the SQLite template of a business date. Copy it; never open it.

        SQLite in every run, because the sites of the browser tests use files.
        """
        finished = self.folder / f"{today.isoformat()}.sqlite3"
        if not finished.exists():
            with TemporaryDirectory(dir=self.folder) as making:
                path = Path(making) / "site.sqlite3"
                self._make(Path(making), today, FLEXAPP_DATABASE_URL=f"sqlite:///{path}")
                with closing(sqlite3.connect(path)) as connection:
                    # A copy would miss what is still in the write-ahead log.
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                # An atomic rename: no process finds a half-written file under this name.
                os.replace(path, finished)
        return finished

    def _make(self, folder: Path, today: date, **more: str) -> None:
        app = create_app(settings_for(folder, today, **more))
        with app.app_context():
            upgrade()
            db.engine.dispose()
        result = app.test_cli_runner().invoke(args=["demo", "load"])
        assert result.exit_code == 0, result.output
        with app.app_context():
            db.engine.dispose()


class Opened:
    """A direct connection, bypassing the product; each statement commits by itself."""

    def __init__(self, connection: sqlite3.Connection | psycopg.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Execute a statement and return its rows, undecrypted. `?` marks each value."""
        if isinstance(self._connection, sqlite3.Connection):
            return self._connection.execute(statement, values).fetchall()
        if values:
            statement = statement.replace("%", "%%").replace("?", "%s")
        cursor = self._connection.execute(statement.encode(), values or None)
        if cursor.description is None:
            return []
        return [tuple(map(_as_in_sqlite, row)) for row in cursor]

    def script(self, statements: str) -> None:
        """Execute several statements without results."""
        if isinstance(self._connection, sqlite3.Connection):
            self._connection.executescript(statements)
        else:
            self._connection.execute(statements.encode())

    def forget_keys(self) -> None:
        """Disable foreign key checks on this connection."""
        of_sqlite = isinstance(self._connection, sqlite3.Connection)
        self.script(
            "PRAGMA foreign_keys=OFF" if of_sqlite else "SET session_replication_role = replica"
        )

    def pack(self) -> None:
        """Physically remove deleted and overwritten data."""
        self.script("VACUUM")
        if isinstance(self._connection, sqlite3.Connection):
            self.script("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def opened(app: Flask) -> Iterator[Opened]:
    """Open the application's database directly, with foreign keys enforced."""
    if is_on_postgresql(app):
        with closing(postgresql.connect(name_of(app))) as connection:
            connection.autocommit = True
            yield Opened(connection)
        return
    path = path_of(app)
    with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as file:
        file.execute("PRAGMA foreign_keys=ON")
        yield Opened(file)


def path_of(app: Flask) -> Path:
    """Return the path of the application's SQLite file."""
    uri: str = app.config["SQLALCHEMY_DATABASE_URI"]
    assert uri.startswith("sqlite:///"), "this run has no file: look through `opened`"
    return Path(uri.removeprefix("sqlite:///"))


def take_away(app: Flask) -> None:
    """Remove the application's database and prevent a new one from being created."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    if is_on_postgresql(app):
        postgresql.drop(name_of(app))
    else:
        path_of(app).unlink()
        path_of(app).mkdir()


def rows(app: Flask, query: str, *values: object) -> list[tuple[object, ...]]:
    """Return the committed, undecrypted rows of a query."""
    with opened(app) as database:
        return database.execute(query, *values)


def execute(app: Flask, statement: str, *values: object) -> None:
    """Change the database directly, bypassing the application."""
    rows(app, statement, *values)


def tamper(app: Flask, *statements: str) -> None:
    """Change the database like an attacker: bypassing triggers and foreign keys."""
    if not is_on_postgresql(app):
        tamper_with(path_of(app), *statements)
        return
    with opened(app) as database:
        database.forget_keys()
        for statement in statements:
            database.script(statement)


def tamper_with(file: Path, *statements: str) -> None:
    """Like `tamper`, for a SQLite file."""
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


def tables(app: Flask) -> list[str]:
    """Return the names of all tables of the product."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    if is_on_postgresql(app):
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    names = {str(name) for (name,) in rows(app, query)}
    return sorted(names - {"alembic_version"})


def plan(app: Flask, query: str) -> str:
    """Return the query plan that the engine would use for a large table."""
    with opened(app) as database:
        if not is_on_postgresql(app):
            return " ".join(str(row[3]) for row in database.execute(f"EXPLAIN QUERY PLAN {query}"))
        database.script("SET enable_seqscan = off")
        return " ".join(str(line) for (line,) in database.execute(f"EXPLAIN {query}"))


def stored(app: Flask) -> Mapping[str, tuple[tuple[object, ...], ...]]:
    """Return all rows of all tables except the volatile ones, for before/after comparison."""
    with opened(app) as database:
        return {
            table: tuple(database.execute(f'SELECT * FROM "{table}" ORDER BY 1, 2'))
            for table in tables(app)
            if table not in VOLATILE
        }


def raw_bytes(app: Flask) -> bytes:
    """Return everything that somebody with access to the database can read.

    On SQLite the bytes on disk, including the write-ahead log. On PostgreSQL the dump of every
    table, because long values are compressed on disk.
    """
    if is_on_postgresql(app):
        with closing(postgresql.connect(name_of(app))) as connection:
            cursor = connection.cursor()
            parts: list[bytes] = []
            for table in tables(app):
                with cursor.copy(f'COPY "{table}" TO STDOUT'.encode()) as copied:
                    parts.extend(bytes(block) for block in copied)
            return b"".join(parts)
    path = path_of(app)
    with_log = (path, path.with_name(path.name + "-wal"))
    return b"".join(part.read_bytes() for part in with_log if part.exists())


def is_on_postgresql(app: Flask) -> bool:
    """Whether the application uses PostgreSQL; sites of browser tests always use SQLite."""
    uri: str = app.config["SQLALCHEMY_DATABASE_URI"]
    return uri.startswith("postgresql")


def name_of(app: Flask) -> str:
    """Return the name of the application's PostgreSQL database."""
    name = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).database
    assert name is not None
    return name


def _as_in_sqlite(value: object) -> object:
    """Convert booleans, dates and times to SQLite's representation, for engine-neutral tests."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "microseconds")
    return value.isoformat() if isinstance(value, date) else value
