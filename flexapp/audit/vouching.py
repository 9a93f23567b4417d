"""Vouching: audit events carry keyed digests of the rows that decide about money or rights.

Code that writes such a row calls `vouch` with its new state, or `record_removal` if it was deleted.
The next event of the transaction stores a keyed digest of the row: it vouches for the row. `flask
audit verify` compares every such row with the last event that vouches for it, and so detects rows
that were changed, added or removed outside the service. Changes that no event has stored get an
event of their own before the transaction commits.

A table takes part if its model has `{"info": {"vouched": True}}` in `__table_args__`;
`"unvouched"` lists columns that change without an event. Encrypted columns are bound to their row
instead (`flexapp/encryption.py`). A digest omits empty values (None, "", 0, False), so that a new
column with such a default does not change the digests of existing rows.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from flask import current_app
from sqlalchemy import Table, event
from sqlalchemy.orm import Session

from flexapp.config import Settings
from flexapp.db.session import Base, db
from flexapp.encryption import EncryptedText

GONE = ""
"""In place of a digest: the row was deleted."""

EVERYTHING = "*"
"""In place of a row, in the first event of a database: all rows will be vouched for."""

_CHANGED = "vouched for"
"""Key in `Session.info` of the changes that the next event stores: row -> digest or `GONE`."""


def vouched_tables() -> tuple[Table, ...]:
    """All tables whose rows are vouched for, in dependency order."""
    return tuple(table for table in db.metadata.sorted_tables if table.info.get("vouched"))


def vouched_columns(table: Table) -> tuple[str, ...]:
    """The columns of a table that the digest covers, including the primary key."""
    left_out = table.info.get("unvouched", ())
    return tuple(
        column.key
        for column in table.columns
        if column.key not in left_out and not isinstance(column.type, EncryptedText)
    )


def vouch(table: Table, row: Mapping[str, Any] | Base) -> None:
    """Declare the new state of a row of a vouched table; the next event stores its digest."""
    values = row if isinstance(row, Mapping) else _values(table, row)
    _changed()[f"{table.name}/{key_of(table, values)}"] = row_digest(table, values)


def record_removal(table: Table, *key: object) -> None:
    """Declare that the row with this primary key was deleted; the next event stores it."""
    _changed()[f"{table.name}/{_key(key)}"] = GONE


def taken(*, first: bool) -> str | None:
    """Take the changes declared since the last event, as JSON for the next one; None if none.

    `first`: this is the first event of the database, so all rows will be vouched for.
    """
    found = db.session().info.pop(_CHANGED, None) or {}
    if first:
        found[EVERYTHING] = "from here on"
    return json.dumps(found, separators=(",", ":"), sort_keys=True) if found else None


def key_of(table: Table, row: Mapping[str, Any]) -> str:
    """The primary key of a row as text, its parts joined with "/"."""
    return _key(tuple(row[column.key] for column in table.primary_key))


def row_digest(table: Table, row: Mapping[str, Any]) -> str:
    """Keyed digest of a row, 32 hexadecimal digits, over its non-empty vouched columns."""
    filled = {name: _plain(row[name]) for name in vouched_columns(table) if row.get(name)}
    content = json.dumps(filled, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return keyed_digest("audit.row", table.name, content)[:32]


def keyed_digest(*parts: object) -> str:
    """HMAC-SHA256 with the index key: deterministic, and not computable without the key."""
    settings: Settings = current_app.config["SETTINGS"]
    message = "\0".join(map(str, parts)).encode()
    return hmac.new(settings.index_key, message, hashlib.sha256).hexdigest()


def anything_left() -> bool:
    """Whether there are declared changes that no event has stored yet."""
    return bool(db.session().info.get(_CHANGED))


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, _transaction: object) -> None:
    session.info.pop(_CHANGED, None)


def _changed() -> dict[str, str]:
    found: dict[str, str] = db.session().info.setdefault(_CHANGED, {})
    return found


def _values(table: Table, row: Base) -> dict[str, Any]:
    return {name: getattr(row, name) for name in vouched_columns(table)}


def _key(parts: tuple[object, ...]) -> str:
    return "/".join(map(str, parts))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return int(value) if isinstance(value, bool) else value
