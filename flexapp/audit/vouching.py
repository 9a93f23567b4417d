"""Which rows the record of events vouches for, and what it says of them.

Rows that decide about money or rights are vouched for: whoever writes one calls `vouch` with the
row as it is now (`gone` where it was removed), and the next event of the transaction says so, with
a keyed digest. `flask audit verify` compares every such row with the last event that vouches for
it, and so finds one that was changed, added or removed past the service. What no event takes along
is noted by an event of its own before the transaction is committed.

A table is vouched for where its model says so: `{"info": {"vouched": True}}` in `__table_args__`;
`"unvouched"` names columns that change without an event. Encrypted columns are bound to their
row instead (`flexapp/encryption.py`). A digest leaves out what is empty (None, "", 0, False), so
that a further column with such a default changes no digest of earlier rows.
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
"""In place of a digest: the row is not there any more."""

EVERYTHING = "*"
"""In place of a row, in the first event of a database: no row was there before."""

_CHANGED = "vouched for"


def vouched_tables() -> tuple[Table, ...]:
    """Every table whose rows are vouched for, in the order of their dependencies."""
    return tuple(table for table in db.metadata.sorted_tables if table.info.get("vouched"))


def vouched_columns(table: Table) -> tuple[str, ...]:
    """What of a row is vouched for, its primary key among it."""
    left_out = table.info.get("unvouched", ())
    return tuple(
        column.key
        for column in table.columns
        if column.key not in left_out and not isinstance(column.type, EncryptedText)
    )


def vouch(table: Table, row: Mapping[str, Any] | Base) -> None:
    """Say that a row of a vouched table is like this from now on."""
    values = row if isinstance(row, Mapping) else _values(table, row)
    _changed()[f"{table.name}/{key_of(table, values)}"] = row_digest(table, values)


def gone(table: Table, *key: object) -> None:
    """Say that the row with this primary key is removed."""
    _changed()[f"{table.name}/{_key(key)}"] = GONE


def taken(*, first: bool) -> str | None:
    """What was said since the last event, for the next one to hold; None where it was nothing.

    `first`: it is the first event there is, so that all rows will be vouched for.
    """
    found = db.session().info.pop(_CHANGED, None) or {}
    if first:
        found[EVERYTHING] = "from here on"
    return json.dumps(found, separators=(",", ":"), sort_keys=True) if found else None


def key_of(table: Table, row: Mapping[str, Any]) -> str:
    """The primary key of a row in one text."""
    return _key(tuple(row[column.key] for column in table.primary_key))


def row_digest(table: Table, row: Mapping[str, Any]) -> str:
    """What only we can write of a row: 32 hexadecimal digits over everything vouched for."""
    filled = {name: _plain(row[name]) for name in vouched_columns(table) if row.get(name)}
    content = json.dumps(filled, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return keyed_digest("audit.row", table.name, content)[:32]


def keyed_digest(*parts: object) -> str:
    """HMAC-SHA256 with the index key: the same for the same, and only we can make it."""
    settings: Settings = current_app.config["SETTINGS"]
    message = "\0".join(map(str, parts)).encode()
    return hmac.new(settings.index_key, message, hashlib.sha256).hexdigest()


def anything_left() -> bool:
    """Whether something was said that no event has taken along yet."""
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
