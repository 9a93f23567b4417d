"""Helpers for encrypted columns of all tables and for `flask keys …`."""

from __future__ import annotations

import base64
import re
from typing import Any

from flask import Flask
from sqlalchemy import CheckConstraint, Table
from sqlalchemy.types import Boolean, Date, DateTime, Integer

from flexapp.config import DEMO_DATA_KEY
from flexapp.db.session import UTCDateTime, db
from flexapp.encryption import EncryptedText, row_key, vault
from flexapp.people import key_rotation
from flexapp.web.unit_of_work import read_transaction
from tests.support.database import opened as database_of
from tests.support.database import rows, tables

NEW = base64.b64encode(b"n" * 32).decode()


OLD_ONLY = f"demo:{DEMO_DATA_KEY}"


BOTH = f"new:{NEW},{OLD_ONLY}"


NEW_ONLY = f"new:{NEW}"


SEALED = re.compile(r"(?P<label>[a-z0-9]+(\.sm)?(\.row)?):[A-Za-z0-9+/]{38,}={0,2}")


FILLED = 3
"""Number of rows that `fill` adds to each table with an encrypted column."""


def columns() -> dict[str, list[str]]:
    """Return the encrypted columns of all models by table."""
    found = {
        table.name: [c.name for c in table.columns if isinstance(c.type, EncryptedText)]
        for table in db.metadata.tables.values()
    }
    return {table: names for table, names in found.items() if names}


def fill(app: Flask) -> None:
    """Insert rows with a value in every encrypted column of every table."""
    with app.app_context(), database_of(app) as database:
        database.forget_keys()
        for name in columns():
            table = db.metadata.tables[name]
            for number in range(9001, 9001 + FILLED):
                plain = {c.name: _filler(table, c.name, number) for c in table.columns}
                row = {name: _sealed(table, name, plain) for name in plain}
                marks = ", ".join("?" * len(row))
                database.execute(
                    f"INSERT INTO {name} ({', '.join(row)}) VALUES ({marks})", *row.values()
                )


def _sealed(table: Table, name: str, row: dict[str, object]) -> object:
    kind = table.columns[name].type
    if not isinstance(kind, EncryptedText):
        return row[name]
    key = row_key(*(row[each] for each in kind.bound_to(table)))
    return vault().encrypt(str(row[name]), kind.context, key)


def _filler(table: Table, name: str, number: int) -> object:
    column = table.columns[name]
    if isinstance(column.type, EncryptedText):
        return f"{table.name}.{name} {number}"
    bounds = " ".join(str(c.sqltext) for c in table.constraints if isinstance(c, CheckConstraint))
    if column.nullable:
        return None
    if isinstance(column.type, Boolean):
        return True
    if re.search(rf"\b{name} BETWEEN", bounds):
        return 1
    if isinstance(column.type, Integer):
        return number
    if isinstance(column.type, DateTime | UTCDateTime):
        return "2026-11-24 00:00:00.000000"
    return "2026-11-24" if isinstance(column.type, Date) else f"filled {number}"


def opened(app: Flask) -> dict[str, list[tuple[Any, ...]]]:
    """Return all decrypted values by table, read through the product's models."""
    found = {}
    with app.app_context(), read_transaction():
        for name, sealed in columns().items():
            table = db.metadata.tables[name]
            query = db.select(*table.primary_key.columns, *(table.c[each] for each in sealed))
            order = [*table.primary_key.columns]
            found[name] = [tuple(row) for row in db.session.execute(query.order_by(*order))]
    return found


def labels(app: Flask) -> set[str]:
    """Return the key labels of all encrypted values in the database."""
    found = set()
    for table in tables(app):
        for row in rows(app, f'SELECT * FROM "{table}"'):
            texts = (value for value in row if isinstance(value, str))
            found |= {named["label"] for text in texts if (named := SEALED.fullmatch(text))}
    return found


def run(app: Flask, *arguments: str, code: int = 0) -> str:
    """Run `flask keys …` and return its output."""
    done = app.test_cli_runner().invoke(args=["keys", *arguments])
    assert done.exit_code == code, done.output
    return str(done.output)


def rotate(app: Flask, *, code: int = 0) -> str:
    """Run `flask keys rotate` in small batches."""
    return run(app, "rotate", "--batch", "2", "--pause", "0", "--by", "op", code=code)


def to_do(app: Flask) -> int:
    """Return how many rows still have to be re-encrypted."""
    with app.app_context(), read_transaction():
        return sum(key_rotation.waiting().values())
