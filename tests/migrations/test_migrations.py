"""The migrations: up from nothing, down to nothing, up again, and in agreement with the models."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade

from flexapp.extensions import db, write_intent
from flexapp.wiring import create_app
from tests.support.database import path_of, settings_for


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Flask]:
    """An application in front of no database at all."""
    app = create_app(settings_for(tmp_path, None))
    with app.app_context():
        yield app
        db.engine.dispose()


def schema(app: Flask) -> dict[str, str]:
    """Every table and index, as SQLite keeps it."""
    with closing(sqlite3.connect(path_of(app))) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {
            name: sql
            for name, sql in found
            if name != "alembic_version" and not name.startswith("sqlite_")
        }


def test_up_from_nothing_makes_every_table(empty: Flask) -> None:
    upgrade()
    assert set(db.metadata.tables) <= set(schema(empty))


def test_down_to_nothing_leaves_nothing(empty: Flask) -> None:
    upgrade()
    downgrade(revision="base")
    assert schema(empty) == {}


def test_up_and_down_and_up_again_ends_at_the_same_schema(empty: Flask) -> None:
    upgrade()
    first = schema(empty)
    downgrade(revision="base")
    upgrade()
    assert schema(empty) == first


def test_up_twice_changes_nothing(empty: Flask) -> None:
    upgrade()
    first = schema(empty)
    upgrade()
    assert schema(empty) == first


def differences() -> list[object]:
    """What a new migration would have to do."""
    token = write_intent.set(False)
    try:
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            return list(compare_metadata(context, db.metadata))
    finally:
        write_intent.reset(token)


def test_the_models_and_the_migrations_agree(empty: Flask) -> None:
    upgrade()
    assert differences() == []


def test_a_disagreement_would_be_noticed(empty: Flask) -> None:
    upgrade()
    with closing(sqlite3.connect(path_of(empty))) as connection:
        connection.execute("ALTER TABLE account DROP COLUMN real_name_at")
        connection.execute("DROP INDEX ix_assessment_person")
    assert len(differences()) == 2


def test_without_a_schema_the_site_says_it_is_not_ready(empty: Flask) -> None:
    client = empty.test_client()
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    upgrade()
    assert client.get("/readyz").status_code == 200


def test_the_database_refuses_what_the_code_would_never_do(empty: Flask) -> None:
    upgrade()
    with closing(sqlite3.connect(path_of(empty))) as connection:
        connection.execute("INSERT INTO assessed_month VALUES (1, '2026-01', 1)")
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("INSERT INTO assessed_month VALUES (1, '2026-01', 2)")
