"""With which keys a process starts: never with those that cannot read what is stored."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from app import main
from flexapp.db.session import db
from flexapp.encryption import vault
from flexapp.people import key_rotation
from flexapp.people.key_rotation import KeysDoNotFit
from tests.conftest import MakeApp
from tests.support.database import execute, make_empty, rows
from tests.support.sealed import (
    BOTH,
    NEW,
    NEW_ONLY,
    fill,
    rotate,
    to_do,
)


def start(app: Flask) -> None:
    """What `python app.py` looks at before it serves."""
    with app.app_context():
        key_rotation.check_at_start()


@pytest.mark.parametrize("stopped_after", [0, 1, 9, 40])
def test_a_start_without_a_key_that_rows_still_need_is_refused(
    filled: Flask, make_app: MakeApp, stopped_after: int
) -> None:
    with filled.app_context():
        halfway = key_rotation.rotate(batch=1)
        for _ in range(stopped_after):
            next(halfway)
    start(filled)
    with pytest.raises(KeysDoNotFit, match="need the key demo, which FLEXAPP_DATA_KEYS does not"):
        start(make_app(FLEXAPP_DATA_KEYS=NEW_ONLY))
    rotate(filled)
    start(make_app(FLEXAPP_DATA_KEYS=NEW_ONLY))


def test_many_new_rows_do_not_hide_that_the_old_key_is_needed(
    app: Flask, make_app: MakeApp
) -> None:
    both = make_app(FLEXAPP_DATA_KEYS=BOTH)
    rotate(both)
    for writer in (app, both):  # more of either key than a start looks at
        add_accounts(writer, 3 * key_rotation.ROWS_AT_START)
    with both.app_context():
        halfway = key_rotation.rotate(batch=5)
        while to_do(both) > 5:
            next(halfway)
    assert to_do(both) == 5
    with pytest.raises(KeysDoNotFit, match="need the key demo"):
        start(make_app(FLEXAPP_DATA_KEYS=NEW_ONLY))


def add_accounts(app: Flask, how_many: int) -> None:
    """Accounts as a process with this setting writes them."""
    columns = "phone, phone_index, created_at"
    for _ in range(how_many):
        ((number,),) = rows(app, "SELECT max(id) + 1 FROM account")
        with app.app_context():
            phone = vault().encrypt("13800000000", "account.phone", str(number))
        values = "(?, ?, ?, '2026-11-24')"
        execute(app, f"INSERT INTO account (id, {columns}) VALUES {values}", number, phone, phone)


def test_a_start_with_another_key_under_the_same_name_is_refused(make_app: MakeApp) -> None:
    fill(make_app())
    with pytest.raises(KeysDoNotFit, match=r"the key demo .* is another one"):
        start(make_app(FLEXAPP_DATA_KEYS=f"demo:{NEW}"))


def test_a_changed_row_alone_does_not_stop_a_start(app: Flask) -> None:
    execute(app, "UPDATE person SET name = identity")
    start(app)


def test_the_server_says_which_key_is_missing_and_does_not_start(
    app: Flask,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = {
        "FLEXAPP_ENV": "demo",
        "FLEXAPP_DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
        "FLEXAPP_TAX_DATABASE": str(tmp_path / "tax.sqlite3"),
        "FLEXAPP_DATA_KEYS": NEW_ONLY,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert main() == 2
    said = capsys.readouterr().err
    assert said.startswith("The service cannot start: rows of the database need the key demo,")


def test_a_start_on_a_database_without_tables_is_let_through(
    make_app: MakeApp, tmp_path: Path
) -> None:
    app = make_app()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    make_empty(tmp_path)
    start(app)
