"""The migrations: up from nothing, down to nothing, up again, and in agreement with the models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade

from flexapp.db.session import db, write_intent
from flexapp.factory import create_app
from tests.support import postgresql
from tests.support.database import (
    REFUSED,
    drop,
    execute,
    make_empty,
    opened,
    rows,
    settings_for,
    tamper,
)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Flask]:
    """An application in front of no database at all."""
    make_empty(tmp_path)
    app = create_app(settings_for(tmp_path, None))
    with app.app_context():
        yield app
        db.engine.dispose()
    drop(tmp_path)


SCHEMA_OF_SQLITE = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
SCHEMA_OF_POSTGRESQL = """
SELECT relname, coalesce(pg_get_indexdef(CASE relkind WHEN 'i' THEN oid END), relkind::text)
  FROM pg_class WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT attrelid::regclass || '.' || attname, concat_ws(' ',
    format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid))
  FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
  LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0
    AND NOT attisdropped
UNION ALL SELECT conname, conrelid::regclass || ' ' || pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""


def schema(app: Flask) -> dict[str, str]:
    """Every table, index, constraint and trigger, as the engine keeps it."""
    query = SCHEMA_OF_POSTGRESQL if postgresql.is_running() else SCHEMA_OF_SQLITE
    return {
        str(name): str(made)
        for name, made in rows(app, query)
        if not str(name).startswith(("alembic_version", "sqlite_"))
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
    execute(empty, "ALTER TABLE account DROP COLUMN real_name_at")
    execute(empty, "DROP INDEX ix_assessment_person")
    assert len(differences()) == 2


def test_without_a_schema_the_site_says_it_is_not_ready(empty: Flask) -> None:
    client = empty.test_client()
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    upgrade()
    assert client.get("/readyz").status_code == 200


def test_the_database_refuses_what_the_code_would_never_do(empty: Flask) -> None:
    upgrade(revision="0006")
    with opened(empty) as database:
        database.script(BEFORE_0007)
    upgrade()
    with pytest.raises(REFUSED, match="assessed_month"):
        execute(empty, "INSERT INTO assessed_month VALUES (1, '2026-01', 7)")


BEFORE_0003 = """
INSERT INTO virtual_unit VALUES (1, '640104', 'flexible', 'unit');
INSERT INTO person VALUES (1, 'x', 'x', 'x', true, '2026-01-01');
INSERT INTO account VALUES (1, 'x', 'x', 1, '2026-01-01', '2026-01-01');
INSERT INTO assessment (id, serial, person_id, unit_id, division, kind, start_month, end_month,
    months, entered, meaning, bound, monthly_base, period_base, monthly_amount, total, parameters,
    made_by, made_by_label, by_proxy, channel, made_at, state, state_at, claimed, delayed)
  SELECT n, 's' || n, 1, 1, '640104', 'flexible', '2026-01', '2026-01', 1, '60', 'percent', 'none',
    1, 1, 1, 1, '[]', 1, 'x', false, 'phone', '2026-01-01', 'queued', '2026-01-01', false, n = 1
  FROM (SELECT 1 AS n UNION SELECT 2) AS two;
INSERT INTO outbox_message VALUES
  ('m', 's1', 'submit', '', 'waiting', 1, true, '2026-01-01', '2026-01-01', 'ReadTimeout');
INSERT INTO tax_change VALUES ('e', 7, 's1', 'received', '2026-01-01', 'transmitted');
"""


def test_what_was_under_way_before_messages_were_signed_goes_on(empty: Flask) -> None:
    upgrade(revision="0002")
    with opened(empty) as database:
        database.script(BEFORE_0003)
    upgrade(revision="0003")

    def ask(query: str) -> list[tuple[object, ...]]:
        return rows(empty, query)

    assert ask("SELECT id, held_up FROM assessment ORDER BY id") == [(1, "down"), (2, "")]
    assert ask("SELECT id, status, maybe_sent, content, digest, failures FROM outbox_message") == [
        ("m", "waiting", 1, None, "", 0)
    ]
    assert ask("SELECT event_id, cursor, serial, event FROM tax_event") == [
        ("e", 0, "s1", "received")
    ]
    assert ask("SELECT cursor, down_since FROM tax_link") == [(0, None)]
    downgrade(revision="0002")
    assert ask("SELECT id, delayed FROM assessment ORDER BY id") == [(1, 1), (2, 0)]
    assert ask("SELECT event_id, serial FROM tax_change") == [("e", "s1")]


def test_without_channels_nobody_is_let_in_by_what_only_a_vendor_said(empty: Flask) -> None:
    upgrade()
    at = "2026-11-24 00:00:00"
    with opened(empty) as database:
        person = (
            "INSERT INTO person (id, identity, identity_index, name, proxy_allowed, created_at)"
            " VALUES (?, 'i', ?, 'n', true, ?)"
        )
        account = (
            "INSERT INTO account (id, phone, phone_index, person_id, created_at, vouched_by)"
            " VALUES (?, 'p', ?, ?, ?, ?)"
        )
        session = (
            "INSERT INTO sign_in (token_digest, account_id, channel, started_at, seen_at)"
            " VALUES (?, ?, ?, ?, ?)"
        )
        for number, vouched_by in ((1, None), (2, "abc")):
            database.execute(person, number, f"i{number}", at)
            database.execute(account, number, f"p{number}", number, at, vouched_by)
            for channel in ("phone", "abc"):
                database.execute(session, f"{number}{channel}", number, channel, at, at)
    downgrade(revision="0003")
    bound = rows(empty, "SELECT id, person_id FROM account ORDER BY id")
    left = rows(empty, "SELECT token_digest FROM sign_in ORDER BY 1")
    assert bound == [(1, 1), (2, None)]
    assert left == [("1phone",), ("2phone",)]


BEFORE_0007 = """
INSERT INTO virtual_unit VALUES (1, '640104', 'flexible', 'unit');
INSERT INTO person (id, identity, identity_index, name, proxy_allowed, created_at)
  VALUES (1, 'x', 'x', 'x', true, '2026-01-01');
INSERT INTO account (id, phone, phone_index, person_id, created_at)
  VALUES (1, 'x', 'x', 1, '2026-01-01');
INSERT INTO staff VALUES
  (1, 'dt01', 'x', 'hall', 'x', false, NULL, 0, 0, NULL, NULL, '2026-01-01');
INSERT INTO assessment (id, serial, person_id, unit_id, division, kind, start_month, end_month,
    months, entered, meaning, bound, monthly_base, period_base, monthly_amount, total, parameters,
    made_by, made_by_label, by_proxy, channel, made_at, state, state_at, claimed, held_up)
  VALUES (7, 's', 1, 1, '640104', 'flexible', '2026-01', '2026-02', 2, '60', 'percent', 'none',
    1, 2, 1, 2, '[]', 1, 'x', false, 'phone', '2026-01-01', 'queued', '2026-01-01', true, 'down');
INSERT INTO assessed_month VALUES (1, '2026-01', 7), (1, '2026-02', 7);
"""


def test_assessments_and_their_months_outlive_the_table_being_made_anew(empty: Flask) -> None:
    upgrade(revision="0006")
    with opened(empty) as database:
        database.script(BEFORE_0007)

    def ask(query: str) -> list[tuple[object, ...]]:
        with opened(empty) as database:
            if not postgresql.is_running():  # where nothing checks rows that were there before
                assert database.execute("PRAGMA foreign_key_check") == []
            return database.execute(query)

    row = "SELECT id, serial, made_by, state, claimed, held_up, total FROM assessment"
    months = "SELECT * FROM assessed_month ORDER BY month"
    before, held = ask(row), ask(months)
    assert (len(before), len(held)) == (1, 2)
    upgrade(revision="0007")
    assert (ask(row), ask(months)) == (before, held)
    with pytest.raises(REFUSED, match="ck_assessment_maker"):
        ask("UPDATE assessment SET made_by_staff = 1")
    with pytest.raises(REFUSED, match="ck_assessment_maker"):
        ask("UPDATE assessment SET made_by = NULL")
    ask("UPDATE assessment SET made_by = NULL, made_by_staff = 1")
    with pytest.raises(SystemExit):  # Flask-Migrate logs why: it holds what clerks made
        downgrade(revision="0006")
    ask("UPDATE assessment SET made_by = 1, made_by_staff = NULL")
    downgrade(revision="0006")
    assert (ask(row), ask(months)) == (before, held)


def test_drafts_come_and_go_and_the_accounts_stay(empty: Flask) -> None:
    upgrade(revision="0014")
    execute(
        empty,
        "INSERT INTO account (id, phone, phone_index, created_at)"
        " VALUES (1, 'p', 'p', '2026-11-25')",
    )
    upgrade(revision="0015")
    draft = "INSERT INTO draft VALUES (?, '/registration', 'x', '2026-11-25')"
    execute(empty, draft, 1)
    for account in (1, 2):  # a second of the same form, and one of nobody
        with pytest.raises(REFUSED):
            execute(empty, draft, account)
    downgrade(revision="0014")
    assert rows(empty, "SELECT id, phone FROM account") == [(1, "p")]
    assert "draft" not in schema(empty)


def test_ratings_outlive_the_table_being_made_anew(empty: Flask) -> None:
    upgrade(revision="0015")
    execute(
        empty,
        "INSERT INTO account (id, phone, phone_index, created_at)"
        " VALUES (1, 'p', 'p', '2026-11-25')",
    )
    execute(
        empty,
        "INSERT INTO rating (id, case_seq, business, channel, division, level, sentence,"
        " account_id, created_at)"
        " VALUES (3, 7, 'assess', 'phone', '640104', 2, 'x', 1, '2026-11-25')",
    )

    def ask() -> list[tuple[object, ...]]:
        return rows(empty, "SELECT * FROM rating")

    before, made = ask(), schema(empty)
    upgrade(revision="0016")
    assert ask() == before
    for change in ("level = 5", "account_id = 2", "sentence = 'y'"):
        with pytest.raises(REFUSED, match="a rating is not changed"):
            execute(empty, f"UPDATE rating SET {change}")
    execute(empty, "UPDATE rating SET account_id = NULL")
    with pytest.raises(SystemExit):  # Flask-Migrate logs why: it holds what belongs to nobody
        downgrade(revision="0015")
    tamper(empty, "UPDATE rating SET account_id = 1")
    downgrade(revision="0015")
    assert ask() == before
    assert {name: words(sql) for name, sql in schema(empty).items()} == {
        name: words(sql) for name, sql in made.items()
    }


def words(sql: str) -> str:
    """A statement but for how it is laid out and quoted."""
    return " ".join(sql.replace('"', "").split())


BEFORE_0020 = """
INSERT INTO virtual_unit VALUES (1, '640104', 'flexible', '兴庆区灵活就业人员虚拟单位');
INSERT INTO person (id, identity, identity_index, name, proxy_allowed, created_at)
  VALUES (1, 'x', 'x', 'x', true, '2026-01-01'), (2, 'y', 'y', 'y', true, '2026-01-01');
INSERT INTO account (id, phone, phone_index, person_id, created_at)
  VALUES (1, 'x', 'x', 1, '2026-01-01'), (2, 'y', 'y', 2, '2026-01-01');
INSERT INTO assessment (id, serial, person_id, unit_id, division, kind, start_month, end_month,
    months, entered, meaning, bound, monthly_base, period_base, monthly_amount, total, parameters,
    made_by, made_by_label, by_proxy, channel, made_at, state, state_at, claimed, held_up)
  SELECT id, 's' || id, 1, 1, '640104', 'flexible', '2026-01', '2026-02', 2, '60', 'percent',
    'none', 1, 2, 1, 2, '[]', 2, 'x', true, 'phone', '2026-01-01', state, '2026-01-01', false, ''
  FROM (SELECT 7 AS id, 'queued' AS state UNION SELECT 8, 'paid'
    UNION SELECT 9, 'revoked') AS made;
"""


def test_what_was_disputed_before_there_were_cases_becomes_one(empty: Flask) -> None:
    upgrade(revision="0019")
    event = (
        "INSERT INTO audit_event (at, action, person_id, subject, actor_kind, actor_id,"
        " actor_label, channel, data, previous, digest)"
        " VALUES ('2026-11-25', ?, 1, ?, 'account', ?, 'x', 'phone', ?, 'p', ?)"
    )
    with opened(empty) as database:
        database.script(BEFORE_0020)
        for number, serial in enumerate(("s7", "s8", "s9"), 1):
            database.execute(event, "assessment.assess", serial, 2, "{}", f"a{number}")
        for number, serial in enumerate(("s7", "s7", "s8", "s9"), 1):
            about = f'{{"about":"{max(1, number - 1)}"}}'
            database.execute(event, "person.disputed", serial, 1, about, f"d{number}")
        database.execute(event, "proxy.opened", "proxy", 2, "{}", "a4")
        for number in (5, 6):
            database.execute(event, "person.disputed", "proxy", 1, '{"about":"8"}', f"d{number}")
    upgrade(revision="0020")
    query = "SELECT about_seq, assessment_id, proxy_person_id, under_way, state FROM dispute"
    assert rows(empty, f"{query} ORDER BY id") == [
        (1, 7, 2, 0, "open"),
        (2, 8, 2, 1, "open"),
        (8, None, 2, 0, "open"),
    ]
    held = rows(empty, "SELECT id FROM assessment WHERE disputed_at IS NOT NULL ORDER BY id")
    assert held == [(7,), (8,)]
    downgrade(revision="0019")
    assert "dispute" not in schema(empty)
