"""What lies on the disk is for the user of the service alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade

from flexapp.db.session import db
from flexapp.factory import create_app
from tests.support import postgresql
from tests.support.database import make_empty, path_of, settings_for


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    """The mask of a careless shell: whatever is made is for everybody."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> str:
    """As `chmod` takes it."""
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


def used(folder: Path) -> Flask:
    """A new service that has written something."""
    make_empty(folder)
    app = create_app(settings_for(folder, None))
    with app.app_context():
        upgrade()
        db.engine.dispose()
    app.test_client().get("/tax-bureau/")
    return app


@pytest.mark.skipif(postgresql.is_running(), reason="PostgreSQL keeps its files itself")
def test_databases_and_the_folder_made_for_them_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "var"
    app = used(folder)
    with app.app_context():
        db.session.connection()  # as long as somebody is connected, the log lies beside it
        files = sorted(folder.iterdir())
        db.session.remove()
        db.engine.dispose()
    assert {"site.sqlite3", "site.sqlite3-wal", "tax.sqlite3"} <= {file.name for file in files}
    assert {file.name: mode(file) for file in files if file.exists()} == {
        file.name: "0600" for file in files if file.exists()
    }
    assert mode(folder) == "0700"


@pytest.mark.skipif(postgresql.is_running(), reason="PostgreSQL keeps its files itself")
def test_databases_of_an_earlier_version_become_private_at_the_next_start(tmp_path: Path) -> None:
    app = used(tmp_path)
    files = [path_of(app), tmp_path / "tax.sqlite3"]
    for file in files:
        file.chmod(0o644)
    used(tmp_path)
    assert [mode(file) for file in files] == ["0600", "0600"]


def test_the_mode_of_a_folder_that_was_there_is_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    create_app(settings_for(tmp_path, None))
    assert mode(tmp_path) == "0755"


def test_a_new_signing_key_is_private_and_takes_no_files_place(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    runner = app.test_cli_runner()
    assert runner.invoke(args=["transmission", "new-key", "k-2026", str(file)]).exit_code == 0
    assert mode(file) == "0600"
    first = file.read_text()
    again = runner.invoke(args=["transmission", "new-key", "k-2027", str(file)])
    assert again.exit_code == 1
    assert "could not be made: File exists" in again.output
    assert file.read_text() == first
