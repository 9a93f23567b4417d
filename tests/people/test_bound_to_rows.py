"""An encrypted value opens where it was written and nowhere else, whoever moves it."""

from __future__ import annotations

import base64
import json
import os
import re

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask
from sqlalchemy import insert, update

from flexapp.audit import verification
from flexapp.config import DEMO_DATA_KEY
from flexapp.db.session import (
    db,
    table_of,
    write_intent,
)
from flexapp.encryption import (
    ALL_BOUND,
    UNBOUND_UNTIL,
    BoundText,
    Unreadable,
    encrypted_columns,
    vault,
)
from flexapp.people import encrypted_columns as sealed_repository
from flexapp.people import key_rotation
from flexapp.people.encrypted_columns import EncryptedTable
from flexapp.people.models import Account, Person
from flexapp.web.clock import utcnow
from flexapp.web.unit_of_work import read_transaction, write_transaction
from tests.conftest import MakeApp
from tests.support.client import LintingClient
from tests.support.database import rows, tamper
from tests.support.sealed import columns, fill, opened, rotate, run
from tests.support.walks import (
    MA_LAN,
    WANG,
    assess,
    newcomer,
    request_code,
    serials,
    sign_in,
    transmit,
    work,
)

PLACES = sorted((table, name) for table, names in columns().items() for name in names)


@pytest.fixture
def filled(app: Flask) -> Flask:
    """Rows in every table with an encrypted column, under the one key there is."""
    fill(app)
    return app


def read(app: Flask, table: str, name: str) -> None:
    """Every value of a column, as the service reads it."""
    with app.app_context(), read_transaction():
        db.session.execute(db.select(db.metadata.tables[table].c[name])).all()


def swap(app: Flask, table: str, name: str) -> None:
    """Two rows of a table have each other's value."""
    column = db.metadata.tables[table].primary_key.columns.keys()[0]
    (one, two, *_) = [key for (key,) in rows(app, f"SELECT {column} FROM {table} ORDER BY 1 DESC")]
    ((first,),) = rows(app, f"SELECT {name} FROM {table} WHERE {column} = ?", one)
    ((second,),) = rows(app, f"SELECT {name} FROM {table} WHERE {column} = ?", two)
    tamper(
        app,
        f"UPDATE {table} SET {name} = '{second}' WHERE {column} = '{one}'",
        f"UPDATE {table} SET {name} = '{first}' WHERE {column} = '{two}'",
    )


@pytest.mark.parametrize(("table", "name"), PLACES)
def test_two_rows_cannot_exchange_their_values(filled: Flask, table: str, name: str) -> None:
    read(filled, table, name)
    swap(filled, table, name)
    with pytest.raises(Unreadable, match=rf"{table}\.{name} of the row .+ does not open"):
        read(filled, table, name)
    with filled.app_context():
        found = [
            each for each in verification.verify().rows if "does not open in its place" in each
        ]
    assert [each.partition(":")[2] for each in found] == [f" {name} does not open in its place"] * 2


def test_a_session_that_is_pointed_at_another_account_opens_nothing(
    app: Flask, client: LintingClient
) -> None:
    sign_in(client, MA_LAN.phone)
    assert client.get("/me").status_code == 200
    assert "马*" in client.page("/me").words
    tamper(app, "UPDATE sign_in SET account_id = 3 WHERE account_id = 1")
    assert "王*" not in client.page("/me").words
    assert "马*" not in client.page("/me").words


def test_a_code_that_is_pointed_at_another_number_signs_nobody_else_in(
    app: Flask, client: LintingClient
) -> None:
    page, code = request_code(client, newcomer(1).phone)
    tamper(app, "UPDATE sms_code SET phone_index = (SELECT phone_index FROM account WHERE id = 1)")
    landed = client.submit(page, "登录", code=code)
    assert landed.path == "/real-name"


def test_a_value_moved_to_another_column_or_table_does_not_open(filled: Flask) -> None:
    tamper(filled, "UPDATE person SET name = identity WHERE id = 1")
    with pytest.raises(Unreadable, match=r"person\.name of the row 1"):
        read(filled, "person", "name")
    tamper(filled, "UPDATE account SET phone = (SELECT name FROM person WHERE id = 2) WHERE id = 2")
    with pytest.raises(Unreadable, match=r"account\.phone of the row 2"):
        read(filled, "account", "phone")


def test_a_handed_over_form_cannot_be_given_to_another_person(filled: Flask) -> None:
    read(filled, "hand_over", "content")
    tamper(filled, "UPDATE hand_over SET person_id = 1 WHERE id = 9001")
    with pytest.raises(Unreadable, match=r"hand_over\.content"):
        read(filled, "hand_over", "content")


@pytest.mark.parametrize("suite", ["aes", "sm"])
def test_a_page_with_a_moved_value_is_a_fault_and_the_log_names_the_place_alone(
    make_app: MakeApp, suite: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(FLEXAPP_CIPHERS=suite)
    rotate(app)
    client = app.test_client()
    assert isinstance(client, LintingClient)
    sign_in(client, MA_LAN.phone)
    assert "马*" in client.page("/me").words
    swap(app, "person", "name")
    tamper(app, "UPDATE person SET name = (SELECT name FROM person WHERE id = 3) WHERE id = 1")
    client.faults_expected = True
    answer = client.get("/me")
    assert answer.status_code == 500
    assert "person.name of the row 1 does not open" in caplog.text
    for said in (MA_LAN.name, WANG.name, MA_LAN.identity):
        assert said not in answer.text
        assert said not in caplog.text


def test_nothing_is_written_that_does_not_say_its_row(app: Flask) -> None:
    token = write_intent.set(True)
    try:
        with app.app_context(), pytest.raises(Exception, match="does not say which row"):
            db.session.execute(update(table_of(Account)).values(phone="13800000000"))
        row = {"identity": "1", "identity_index": "1", "name": "1", "created_at": utcnow()}
        adding = insert(table_of(Person)).values(row | {"proxy_allowed": True})
        with app.app_context(), pytest.raises(Exception, match="does not say which row"):
            db.session.execute(adding)
    finally:
        write_intent.reset(token)


def unbind(app: Flask) -> None:
    """Every encrypted value as it was written before values were bound to their rows."""
    with app.app_context():
        keys = vault()
        for name in columns():
            table = db.metadata.tables[name]
            for column, kind in encrypted_columns(table).items():
                wanted = [*kind.bound_to(table), column]
                for *parts, stored in rows(
                    app, f"SELECT {', '.join(wanted)} FROM {name} WHERE {column} IS NOT NULL"
                ):
                    plain = keys.decrypt(str(stored), kind.context, "|".join(map(str, parts)))
                    tamper(
                        app,
                        f"UPDATE {name} SET {column} = '{_before(plain, kind.context)}'"
                        f" WHERE {column} = '{stored}'",
                    )


def _before(plain: str, context: str) -> str:
    """A value as earlier versions wrote it: authenticated with its column alone."""
    nonce = os.urandom(12)
    sealed = AESGCM(base64.b64decode(DEMO_DATA_KEY)).encrypt(
        nonce, plain.encode(), context.encode()
    )
    return f"demo:{base64.b64encode(nonce + sealed).decode()}"


def test_values_of_before_are_read_and_bound_by_a_rotation_and_then_refused(
    filled: Flask, client: LintingClient
) -> None:
    before = opened(filled)
    unbind(filled)
    assert opened(filled) == before
    said = run(filled, "status")
    assert re.search(r"^demo \(AES-256-GCM, not bound to rows\): \d+ values", said, re.M)
    ((old,),) = rows(filled, "SELECT name FROM person WHERE id = 3")
    assert rows(filled, "SELECT 1 FROM audit_event WHERE action = ?", ALL_BOUND) == []
    rotate(filled)
    assert opened(filled) == before
    assert "not bound" not in run(filled, "status")
    assert rows(filled, "SELECT 1 FROM audit_event WHERE action = ?", ALL_BOUND) == [(1,)]
    # Somebody who kept a value of before cannot put it anywhere, not even where it was.
    for number in (1, 3):
        ((kept,),) = rows(filled, "SELECT name FROM person WHERE id = ?", number)
        tamper(filled, f"UPDATE person SET name = '{old}' WHERE id = {number}")
        UNBOUND_UNTIL.set(filled, 0.0)
        with pytest.raises(Unreadable, match=f"person.name of the row {number} is not bound"):
            read(filled, "person", "name")
        if number == 1:
            tamper(filled, f"UPDATE person SET name = '{kept}' WHERE id = 1")
    verified = filled.test_cli_runner().invoke(args=["audit", "verify"])
    assert "person holds values that are not bound to their rows" in verified.output


def test_once_all_values_were_bound_a_rotation_does_not_bind_what_was_put_there_since(
    filled: Flask,
) -> None:
    other = _before(WANG.name, "person.name")
    rotate(filled)
    assert rows(filled, "SELECT 1 FROM audit_event WHERE action = ?", ALL_BOUND) == [(1,)]
    tamper(filled, f"UPDATE person SET name = '{other}' WHERE id = 1")
    said = rotate(filled, code=1)
    assert "cannot be opened: person 1: name" in said
    assert rows(filled, "SELECT name FROM person WHERE id = 1") == [(other,)]


@pytest.mark.parametrize("scan", ["start", "rotation"])
def test_the_tables_are_scanned_while_others_can_write(
    filled: Flask, monkeypatch: pytest.MonkeyPatch, scan: str
) -> None:
    intents = []

    def scanned(_: EncryptedTable) -> bool:
        intents.append(write_intent.get())
        return False

    monkeypatch.setattr(sealed_repository, "has_unbound", scanned)
    if scan == "start":
        with filled.app_context():
            key_rotation.check_at_start()
    else:
        rotate(filled)
    assert intents == [False] * len(columns())
    assert rows(filled, "SELECT 1 FROM audit_event WHERE action = ?", ALL_BOUND) == [(1,)]


def test_a_start_notes_that_all_values_are_bound_and_warns_where_some_are_not(
    filled: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    ((bound,),) = rows(filled, "SELECT name FROM person WHERE id = 1")
    tamper(filled, f"UPDATE person SET name = '{_before(MA_LAN.name, 'person.name')}' WHERE id = 1")
    with filled.app_context():
        key_rotation.check_at_start()
    assert "run `flask keys rotate` once" in caplog.text
    assert rows(filled, "SELECT 1 FROM audit_event WHERE action = ?", ALL_BOUND) == []
    tamper(filled, f"UPDATE person SET name = '{bound}' WHERE id = 1")
    with filled.app_context():
        key_rotation.check_at_start()
        key_rotation.check_at_start()
    assert rows(filled, "SELECT 1 FROM audit_event WHERE action = ?", ALL_BOUND) == [(1,)]


def test_an_object_is_bound_to_the_number_it_gets_and_stays_readable(app: Flask) -> None:
    with app.app_context():
        with write_transaction():
            made = Person(name="试一试", identity="x", identity_index="x", proxy_allowed=True)
            made.created_at = utcnow()
            db.session.add(made)
            db.session.flush()
            number = made.id
        with write_transaction():
            found = db.session.get_one(Person, number)
            assert found.name == "试一试"
            found.name = "改过了"
        with read_transaction():
            assert db.session.get_one(Person, number).name == "改过了"
    assert BoundText("a", 1, "b").row == "1|b"


REASON = "张三的儿子重复交了"


def test_what_people_type_stands_nowhere_in_plain_and_is_shown_all_the_same(
    app: Flask, client: LintingClient
) -> None:
    sign_in(client, MA_LAN.phone)
    serial = assess(client, "2026-01", "2026-06")
    transmit(client, serial)
    work(app)
    form = client.submit(client.page(f"/assessment/records/{serial}"), "申请税务撤销")
    client.submit(form, "确认", reason=REASON)
    assert serials(client.page("/assessment/self")) == [serial]
    assert REASON in client.page(f"/assessment/records/{serial}").words
    work(app)
    for table in ("audit_event", "audit_words", "outbox_message", "tax_event"):
        assert REASON not in str(rows(app, f"SELECT * FROM {table}"))
    found = rows(app, "SELECT data, words FROM audit_event WHERE action = 'assessment.ask'")
    assert [("reason" in json.loads(str(data)), bool(words)) for data, words in found] == [
        (False, True)
    ]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("DELETE FROM audit_words", "is gone"),
        ("UPDATE audit_words SET content = 'demo.row:AAAA'", "cannot be read"),
    ],
)
def test_changed_words_of_an_event_are_found(
    app: Flask, client: LintingClient, change: str, fault: str
) -> None:
    test_what_people_type_stands_nowhere_in_plain_and_is_shown_all_the_same(app, client)
    tamper(app, change)
    verified = app.test_cli_runner().invoke(args=["audit", "verify"])
    assert re.search(rf"what was typed of event \d+ {fault}", verified.output)
    assert verified.exit_code == 1
