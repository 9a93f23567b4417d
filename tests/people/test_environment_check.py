"""The demo never opens a database with real people, and production none with fictional ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade

import app as entry
from flexapp.config import load
from flexapp.db.session import db
from flexapp.environment_check import WrongEnvironment, check
from flexapp.factory import create_app
from tests.architecture.checkout import ROOT
from tests.conftest import MakeApp
from tests.support.database import drop, execute, make_empty, rows, settings_for
from tests.web.test_settings import PRODUCTION

KEYS = {name: PRODUCTION[name] for name in ("FLEXAPP_DATA_KEYS", "FLEXAPP_INDEX_KEY")}
"""Those of the deployment, which are not the demo's."""


def looked_at(app: Flask) -> None:
    """What every start and every command looks at first."""
    with app.app_context():
        try:
            check(app.config["SETTINGS"])
        finally:
            db.session.remove()
            db.engine.dispose()


def deployment(app: Flask) -> Flask:
    """The database of an application, opened as production."""
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    return create_app(load(PRODUCTION | {"FLEXAPP_DATABASE_URL": url}))


@pytest.fixture
def empty(tmp_path: Path) -> Flask:
    """A migrated database with nobody in it, opened as the demo with the deployment's keys."""
    make_empty(tmp_path)
    made = create_app(settings_for(tmp_path, None, **KEYS))
    with made.app_context():
        upgrade()
        db.engine.dispose()
    return made


def load_demo(app: Flask) -> None:
    """The demo's people and clerks, whatever the keys are."""
    result = app.test_cli_runner().invoke(args=["demo", "load"])
    assert result.exit_code == 0, result.output


def test_the_demo_opens_its_own_database(app: Flask) -> None:
    looked_at(app)


def test_the_demo_does_not_open_a_database_of_real_people(app: Flask) -> None:
    execute(app, "UPDATE person SET identity_index = 'real ' || id")
    with pytest.raises(WrongEnvironment, match="set FLEXAPP_ENV=production"):
        looked_at(app)


def test_the_demo_does_not_open_a_database_that_has_only_clerks(empty: Flask) -> None:
    load_demo(empty)
    execute(empty, "DELETE FROM account")
    execute(empty, "DELETE FROM registration")
    execute(empty, "DELETE FROM person")
    with pytest.raises(WrongEnvironment, match="none of them is of the demo"):
        looked_at(empty)


def test_the_demo_does_not_open_a_database_that_was_written_with_other_keys(
    make_app: MakeApp,
) -> None:
    with pytest.raises(WrongEnvironment, match="none of them is of the demo"):
        looked_at(make_app(**KEYS))


def test_either_opens_a_database_with_nobody_in_it(empty: Flask) -> None:
    looked_at(empty)
    looked_at(deployment(empty))


def test_either_opens_a_database_without_tables(empty: Flask, tmp_path: Path) -> None:
    make_empty(tmp_path)
    looked_at(empty)
    looked_at(deployment(empty))


def test_production_does_not_open_a_database_with_residents_of_the_demo(empty: Flask) -> None:
    load_demo(empty)
    with pytest.raises(WrongEnvironment, match=r"马兰.*xz01.*published"):
        looked_at(deployment(empty))


def test_production_does_not_open_a_database_with_a_clerk_of_the_demo(empty: Flask) -> None:
    load_demo(empty)
    execute(empty, "UPDATE person SET identity_index = 'real ' || id")
    execute(empty, "UPDATE staff SET user_name = 'real' || id WHERE user_name <> 'jb01'")
    with pytest.raises(WrongEnvironment, match=r"\(jb01\)"):
        looked_at(deployment(empty))


def test_a_deployment_may_have_a_clerk_of_its_own_with_a_user_name_of_the_demo(
    empty: Flask,
) -> None:
    load_demo(empty)
    execute(empty, "UPDATE person SET identity_index = 'real ' || id")
    execute(empty, "UPDATE staff SET secret = NULL")
    looked_at(deployment(empty))


@pytest.mark.parametrize("column", ["must_change", "disabled_at", "last_step"])
def test_a_column_of_staff_that_an_upgrade_has_yet_to_add_is_not_asked_for(
    empty: Flask, column: str
) -> None:
    load_demo(empty)
    execute(empty, f"ALTER TABLE staff DROP COLUMN {column}")
    with pytest.raises(WrongEnvironment, match=r"马兰.*xz01.*published"):
        looked_at(deployment(empty))
    execute(empty, "UPDATE person SET identity_index = 'real ' || id")
    with pytest.raises(WrongEnvironment, match="none of them is of the demo"):
        looked_at(empty)


@pytest.mark.parametrize("revision", ["0001", "0004", "0005", "0007", "0021"])
def test_an_older_schema_is_upgraded_by_the_documented_command(
    tmp_path: Path, revision: str
) -> None:
    make_empty(tmp_path)
    made = create_app(settings_for(tmp_path, None))
    with made.app_context():
        upgrade(revision=revision)
        db.engine.dispose()
    settings = made.config["SETTINGS"]
    environ = os.environ | {
        "FLEXAPP_ENV": "demo",
        "FLEXAPP_DATABASE_URL": settings.database_url,
        "FLEXAPP_TAX_DATABASE": str(tmp_path / "tax.sqlite3"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "db", "upgrade"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (head,) = ScriptDirectory(str(ROOT / "flexapp/migrations")).get_heads()
    assert rows(made, "SELECT version_num FROM alembic_version") == [(head,)]
    drop(tmp_path)


@pytest.mark.parametrize("wished", ["demo", None])
def test_neither_the_server_nor_a_command_starts_on_the_wrong_database(
    app: Flask,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    wished: str | None,
) -> None:
    execute(app, "UPDATE person SET identity_index = 'real ' || id")
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    if wished is None and not url.startswith("sqlite"):
        return  # PostgreSQL is not opened without the wish at all: tests/web/test_settings.py
    for name in ("FLEXAPP_ENV", *KEYS):
        monkeypatch.delenv(name, raising=False)
    if wished is not None:
        monkeypatch.setenv("FLEXAPP_ENV", wished)
    monkeypatch.setenv("FLEXAPP_DATABASE_URL", url)
    monkeypatch.setenv("FLEXAPP_TAX_DATABASE", str(tmp_path / "tax.sqlite3"))
    assert entry.main() == 2
    said = capsys.readouterr().err
    assert said.startswith("The service cannot start: the database of FLEXAPP_DATABASE_URL holds")
    with pytest.raises(WrongEnvironment):
        _ = entry.app
