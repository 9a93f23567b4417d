"""From one data key to the next while the service runs: nothing lost, nothing forgotten, nothing
written over; and what is said about it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from flexapp.audit import verification
from flexapp.db.session import db, write_intent
from flexapp.encryption import vault
from flexapp.people import encrypted_columns, key_rotation
from flexapp.people.encrypted_columns import EncryptedRow, EncryptedTable
from flexapp.web.unit_of_work import read_transaction
from tests.architecture.checkout import files_below, text_of
from tests.conftest import MakeApp
from tests.support.client import LintingClient
from tests.support.database import REFUSED, execute, raw_bytes, rows, tamper
from tests.support.database import opened as database_of
from tests.support.sealed import (
    FILLED,
    NEW_ONLY,
    columns,
    labels,
    opened,
    rotate,
    run,
    to_do,
)
from tests.support.walks import MA_LAN, newcomer, sign_in


def test_every_encrypted_column_of_every_model_comes_to_the_new_key(
    filled: Flask, make_app: MakeApp
) -> None:
    assert sum(map(len, columns().values())) >= 17
    before = opened(filled)
    assert all(len(found) >= FILLED for found in before.values())
    assert labels(filled) == {"demo.row"}
    rotate(filled)
    assert labels(filled) == {"new.row"}
    for table, names in columns().items():
        for name in names:
            held = rows(filled, f"SELECT {name} FROM {table} WHERE {name} IS NOT NULL")
            assert len(held) >= FILLED, (table, name)
            assert [v for (v,) in held if not str(v).startswith("new.row:")] == [], (table, name)
    # And without the old key everything is still read.
    assert opened(make_app(FLEXAPP_DATA_KEYS=NEW_ONLY)) == before


def test_the_file_holds_nothing_under_the_old_key_once_it_is_packed(filled: Flask) -> None:
    old = re.compile(rb"demo\.row:[A-Za-z0-9+/]{20}")
    assert old.search(raw_bytes(filled))
    rotate(filled)
    with filled.app_context():
        db.session.remove()
        db.engine.dispose()
    with database_of(filled) as database:
        database.pack()
    assert not old.search(raw_bytes(filled))
    assert b"new.row:" in raw_bytes(filled)


def test_nothing_is_encrypted_but_in_these_columns() -> None:
    sealing = [
        str(path)
        for path in files_below("flexapp", ending=".py")
        if re.search(r"\.encrypt\(", text_of(path) or "")
    ]
    assert sealing == [
        "flexapp/encryption.py",
        "flexapp/migrations/versions/0022_bound_to_rows.py",
        "flexapp/people/key_check.py",
        "flexapp/people/key_rotation.py",
    ]


def test_pages_are_served_half_way_and_what_they_write_is_under_the_new_key(
    filled: Flask,
) -> None:
    with filled.app_context():
        halfway = key_rotation.rotate(batch=1)
        while next(halfway).table != "account":
            pass
    assert labels(filled) == {"demo.row", "new.row"}
    client, other = filled.test_client(), filled.test_client()
    assert isinstance(client, LintingClient)
    assert isinstance(other, LintingClient)
    sign_in(client, MA_LAN.phone)
    assert "马*" in client.page("/me").words
    sign_in(other, newcomer(7).phone)
    latest = rows(filled, "SELECT phone FROM account WHERE id < 9001 ORDER BY id DESC LIMIT 1")
    latest += rows(filled, "SELECT phone FROM account ORDER BY id DESC LIMIT 1")
    assert any(str(phone).startswith("new.row:") for (phone,) in latest)
    rotate(filled)
    assert labels(filled) == {"new.row"}
    assert "马*" in client.page("/me").words
    assert newcomer(7).phone[-4:] in other.page("/me").words


class Killed(Exception):
    """The process is gone."""


@pytest.mark.parametrize("after", [1, 4, 11, 26])
def test_killed_after_any_batch_it_goes_on_where_it_stopped(filled: Flask, after: int) -> None:
    before = opened(filled)

    def killed() -> Iterator[None]:
        with filled.app_context():
            for number, _ in enumerate(key_rotation.rotate(batch=2), 1):
                if number == after:
                    raise Killed
                yield

    with pytest.raises(Killed):
        list(killed())
    assert opened(filled) == before
    left = to_do(filled)
    assert 0 < left < sum(map(len, before.values()))
    assert run(filled, "status")  # nothing is missing half way
    assert f"{left} rows to encrypt anew" in rotate(filled)
    assert (opened(filled), labels(filled)) == (before, {"new.row"})


def test_killed_within_a_batch_the_whole_batch_is_as_it_was(
    filled: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, left = opened(filled), to_do(filled)
    real, calls = encrypted_columns.replace, []

    def dying(*given: Any) -> int:
        calls.append(given)
        done = real(*given)
        if len(calls) == 2:
            raise Killed
        return done

    monkeypatch.setattr(encrypted_columns, "replace", dying)
    with filled.app_context(), pytest.raises(Killed):
        list(key_rotation.rotate(batch=3))
    assert (opened(filled), to_do(filled)) == (before, left - 3)
    monkeypatch.undo()
    rotate(filled)
    assert (opened(filled), labels(filled)) == (before, {"new.row"})


def test_a_row_changed_between_reading_and_writing_keeps_its_change(
    filled: Flask, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, old = encrypted_columns.not_under, make_app()
    changed: list[int] = []

    def reading(of: EncryptedTable, *given: Any) -> list[EncryptedRow]:
        found = real(of, *given)
        if of.name == "person" and not changed:
            changed.append(found[0].key[0])
            with old.app_context():  # by a process that has the old key only
                name = vault().encrypt("改过的名字", "person.name", str(changed[0]))
            execute(old, "UPDATE person SET name = ? WHERE id = ?", name, changed[0])
            tamper(old, f"DELETE FROM person WHERE id = {found[1].key[0]}")
            changed.append(found[1].key[0])
        return found

    monkeypatch.setattr(encrypted_columns, "not_under", reading)
    before = opened(filled)["person"]
    said = rotate(filled)
    assert "2 were changed meanwhile and keep what was written" in said
    kept, gone = changed
    after = {key: (number, name) for key, number, name in opened(filled)["person"]}
    assert after == {
        key: (number, "改过的名字" if key == kept else name)
        for key, number, name in before
        if key != gone
    }
    # The second pass found it, though it was written with the old key.
    assert labels(filled) == {"new.row"}


def test_reading_for_it_holds_up_no_writer_whatever_ran_before(filled: Flask) -> None:
    token = write_intent.set(True)
    try:
        with filled.app_context(), read_transaction():
            db.session.execute(text("SELECT count(*) FROM person"))
            execute(filled, "UPDATE person SET name = name WHERE id = 9001")
    finally:
        write_intent.reset(token)


def test_status_counts_the_values_of_each_key(filled: Flask) -> None:
    said = run(filled, "status")
    assert re.search(r"^new \(AES-256-GCM, writes\): 0 values$", said, re.M)
    (line,) = re.findall(r"^demo \(AES-256-GCM\): (.*)$", said, re.M)
    places = dict(re.findall(r"(\w+\.\w+) (\d+)", line))
    held = {
        f"{table}.{name}": rows(filled, f"SELECT count({name}) FROM {table}")[0][0]
        for table, names in columns().items()
        for name in names
    }
    assert places == {place: str(number) for place, number in held.items()}
    assert line.startswith(f"{sum(map(int, places.values()))} values: ")
    assert "take it out" not in said
    with filled.app_context():
        next(key_rotation.rotate(batch=2))
    assert re.search(
        r"^new \(AES-256-GCM, writes\): [1-9]\d* values: ", run(filled, "status"), re.M
    )


def test_at_the_end_it_says_that_the_old_key_may_be_taken_out(
    filled: Flask, make_app: MakeApp
) -> None:
    free = "no value needs the key demo: take it out of FLEXAPP_DATA_KEYS"
    said = rotate(filled)
    assert "account: 7 done" in said
    assert free in said
    assert free in run(filled, "status")
    again = rotate(filled)
    assert "0 rows to encrypt anew" in again
    assert free in again
    assert free not in rotate(make_app(FLEXAPP_DATA_KEYS=NEW_ONLY))


def test_each_rotation_leaves_one_event(filled: Flask) -> None:
    rotate(filled)
    rotate(filled)  # nothing to do, nothing to tell
    ((actor, data),) = rows(
        filled, "SELECT actor_label, data FROM audit_event WHERE action = 'data_keys.rotated'"
    )
    found = json.loads(str(data))
    assert (actor, found["key"]) == ("op", "new")
    assert int(found["rows"]) > FILLED * len(columns())
    with filled.app_context():
        assert verification.verify().faults == ()


def test_a_missing_key_is_said_by_name(filled: Flask, make_app: MakeApp) -> None:
    without = make_app(FLEXAPP_DATA_KEYS=NEW_ONLY)
    said = run(without, "status", code=1)
    assert re.search(r"^demo \(AES-256-GCM, MISSING\): \d+ values: account.phone 7, ", said, re.M)
    assert "rows of the database need the key demo, which FLEXAPP_DATA_KEYS does not hold" in said
    said = rotate(without, code=1)
    assert "NOT done: demo (AES-256-GCM, MISSING)" in said
    assert "cannot be opened: account 1: phone" in said
    assert "take it out" not in said
    assert labels(filled) == {"demo.row"}
    with without.app_context(), pytest.raises(KeyError, match="not hold the key demo"):
        vault().decrypt("demo:AAAA", "person.name", "1")


def test_what_names_no_key_is_not_quoted(app: Flask) -> None:
    with app.app_context(), pytest.raises(KeyError) as raised:
        vault().decrypt(MA_LAN.identity, "person.identity", "1")
    assert MA_LAN.identity not in str(raised.value)
    tamper(app, f"UPDATE person SET identity = '{MA_LAN.identity}' WHERE id = 1")
    tamper(app, f"UPDATE person SET name = '{MA_LAN.name}:' WHERE id = 2")
    said = run(app, "status")
    assert "no key named: 2 values: person.identity 1, person.name 1" in said
    assert MA_LAN.identity not in said
    assert MA_LAN.name not in said


def test_a_value_changed_past_the_service_is_named_and_left_and_the_rest_is_done(
    filled: Flask,
) -> None:
    execute(filled, "UPDATE person SET name = identity WHERE id = 2")
    said = rotate(filled, code=1)
    assert "cannot be opened: person 2: name" in said
    assert re.search(r"^NOT done: demo \(AES-256-GCM\): 1 values: person.name 1$", said, re.M)
    assert "take it out" not in said
    ((name, number),) = rows(filled, "SELECT name, identity FROM person WHERE id = 2")
    assert str(name).startswith("demo.row:")
    assert str(number).startswith("new.row:")
    assert labels(filled) == {"demo.row", "new.row"}


def test_a_rating_is_encrypted_anew_and_still_cannot_be_changed(filled: Flask) -> None:
    execute(filled, "UPDATE rating SET handled_at = created_at, handled_by = 1 WHERE id = 9002")
    before = opened(filled)["rating"]
    rotate(filled)
    assert opened(filled)["rating"] == before
    (sealed,) = rows(filled, "SELECT sentence FROM rating WHERE id = 9001")
    other = str(sealed[0]).replace("new.row:", "x.row:")
    for number, change in [
        (9001, f"sentence = '{sealed[0]}x'"),  # under the same key: other words
        (9001, "sentence = 'not sealed'"),
        (9001, "sentence = NULL"),
        (9001, f"sentence = '{other}', level = 5"),
        (9002, f"answer = '{other}', handled_at = '2026-11-25'"),
        (9002, "answer = NULL"),
        (9002, f"answer = '{sealed[0]}'"),
    ]:
        with pytest.raises(REFUSED, match="a rating is not changed"):
            execute(filled, f"UPDATE rating SET {change} WHERE id = {number}")


def test_an_old_process_that_goes_on_writing_is_noticed(
    filled: Flask, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, real = make_app(), encrypted_columns.not_under

    def reading(of: EncryptedTable, *given: Any) -> list[EncryptedRow]:
        with old.app_context():
            phone = vault().encrypt(MA_LAN.phone, "account.phone", "1")
        execute(old, "UPDATE account SET phone = ? WHERE id = 1", phone)
        return real(of, *given)

    monkeypatch.setattr(encrypted_columns, "not_under", reading)
    said = rotate(filled, code=1)
    assert "NOT done: demo (AES-256-GCM): 1 values: account.phone 1" in said
    assert "a process that still runs with another setting writes it" in said


def test_the_event_is_in_the_record_before_the_first_row_is_touched(
    filled: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dying(*_: Any) -> int:
        raise Killed

    monkeypatch.setattr(encrypted_columns, "replace", dying)
    done = filled.test_cli_runner().invoke(args=["keys", "rotate", "--by", "op"])
    assert isinstance(done.exception, Killed)
    query = "SELECT count(*) FROM audit_event WHERE action = 'data_keys.rotated'"
    assert rows(filled, query) == [(1,)]
