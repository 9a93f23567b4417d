"""Personal data at rest: authenticated encryption bound to its place, keys that can rotate, and a
blind index.

A stored value is `label:base64(nonce + ciphertext + tag)`. The label is the key's id, then ".sm"
where SM4-GCM encrypted it and nothing where AES-256-GCM did (`ciphers.py`), then ".row" where the
value is bound to its row. Authenticated with a bound value are its table, its column and the key of
its row, so that it opens nowhere else. Values without ".row" were written before that and are
authenticated with table and column only; `flask keys rotate` binds them. The first configured key
writes, with the suite that is set; every configured key reads, whatever the suite. Look-ups go by
an HMAC-SHA256 blind index, whatever the suite.

To declare an encrypted column: `mapped_column(EncryptedText("table.column"))`. It is bound to the
primary key of its table, or to the columns named in `row`, which must be known before the row is
written and never change. Rows that are added as objects get their number and are bound by
themselves. Statements on tables say the row: `insert(table), bound(table, row)` for a whole row,
`BoundText(text, key)` for a single value. A text that says no row is refused.

How rows come from one key to the next: `people/key_rotation.py`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import time
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from flask import Flask, current_app
from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    FromClause,
    Label,
    String,
    Table,
    Text,
    cast,
    event,
    literal_column,
    select,
    text,
    type_coerce,
)
from sqlalchemy.orm import Mapper
from sqlalchemy.types import TypeDecorator

from flexapp.ciphers import SEALERS, Sealer, Suite
from flexapp.config import Settings
from flexapp.db.session import db, next_number

NONCE_BYTES = 12
LABEL = re.compile(r"(?P<key>[a-z0-9]{1,12})(?P<sm>\.sm)?(?P<row>\.row)?")
LONGEST_LABEL = 19
ROW_BETWEEN = "|"
"""Between the parts of a row's key, and between the key and the value as it is read."""

ALL_BOUND = "data_keys.bound"
"""The event after which no value that is not bound to its row is read."""
LOOK_AGAIN = 60.0
"""Seconds after which a process that met such a value asks for that event again."""


class MissingKey(KeyError):
    """A stored value names a key that is not in the setting."""

    def __str__(self) -> str:
        # What has no label may be personal data in plain: it must not land in a log.
        return f"FLEXAPP_DATA_KEYS does not hold {self.args[0]}."


class Unreadable(ValueError):
    """A stored value does not open where it stands; the text names the place, never the value."""


class Vault:
    """Encrypts, decrypts and indexes; holds the keys."""

    def __init__(
        self, data_keys: Mapping[str, bytes], index_key: bytes, suite: Suite = Suite.AES
    ) -> None:
        self._keys = dict(data_keys)
        self._index_key = index_key
        self._sealers: dict[str, Sealer] = {}
        self.label = next(iter(data_keys)) + (".sm" if suite is Suite.SM else "") + ".row"
        """What new values are written under."""
        try:
            self.encrypt("", "start", "")
        except UnsupportedAlgorithm:
            raise ValueError(
                f"FLEXAPP_CIPHERS={suite}: the installed cryptography package cannot do it."
            ) from None

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The configured keys; the first one writes."""
        return tuple(self._keys)

    def encrypt(self, value: str, context: str, row: str) -> str:
        """`value` encrypted with the writing key, for the column `context` of one row."""
        nonce = os.urandom(NONCE_BYTES)
        beside = _place(context, row)
        sealed = self._sealer(self.label).encrypt(nonce, value.encode(), beside)
        return f"{self.label}:{base64.b64encode(nonce + sealed).decode()}"

    def decrypt(self, stored: str, context: str, row: str) -> str:
        """The value again; `MissingKey` for an unknown key, `InvalidTag` for a value that was
        changed or that belongs elsewhere."""
        label, _, encoded = stored.partition(":")
        sealer = self._sealer(label)
        beside = _place(context, row) if is_bound(label) else context.encode()
        raw = base64.b64decode(encoded)
        return sealer.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], beside).decode()

    def index(self, value: str, context: str) -> str:
        """A keyed digest of `value`: equal values give equal digests, nothing else can be told."""
        message = f"{context}\0{value}".encode()
        return hmac.new(self._index_key, message, hashlib.sha256).hexdigest()

    def _sealer(self, label: str) -> Sealer:
        found = self._sealers.get(label)
        if found is None:
            named = LABEL.fullmatch(label)
            if named is None:
                raise MissingKey("a key for a value that names none")
            if named["key"] not in self._keys:
                raise MissingKey(f"the key {named['key']}")
            suite = Suite.SM if named["sm"] else Suite.AES
            found = self._sealers[label] = SEALERS[suite](self._keys[named["key"]])
        return found


def _place(context: str, row: str) -> bytes:
    return f"{context}\0{row}".encode()


def is_bound(label: str) -> bool:
    """Whether values under this label are bound to their row."""
    return label.endswith(".row")


def init_app(app: Flask, settings: Settings) -> None:
    """Give the app its vault."""
    app.extensions["vault"] = Vault(settings.data_keys, settings.index_key, Suite(settings.ciphers))
    app.extensions["unbound_until"] = 0.0


def vault() -> Vault:
    """The current application's vault."""
    found: Vault = current_app.extensions["vault"]
    return found


class BoundText(str):
    """A text on its way into an encrypted column, with the key of the row it is for."""

    row: str

    def __new__(cls, value: str, *key: object) -> BoundText:
        """`key`: the values of the columns that the column is bound to, in their order."""
        made = super().__new__(cls, value)
        made.row = row_key(*key)
        return made


def row_key(*key: object) -> str:
    """A row's key as it is authenticated."""
    return ROW_BETWEEN.join(map(str, key))


class EncryptedText(TypeDecorator[str]):
    """A text column that is encrypted in the database and plain in Python."""

    impl = Text
    cache_ok = True

    def __init__(self, context: str, row: tuple[str, ...] = ()) -> None:
        """`context`: "table.column". `row`: the columns it is bound to; none: the primary key."""
        super().__init__()
        self.context = context
        self.row = row

    def bound_to(self, table: FromClause) -> tuple[str, ...]:
        """The names of the columns whose values are authenticated with this one's."""
        return self.row or tuple(column.key for column in table.primary_key)

    def column_expression(self, column: ColumnElement[str]) -> ColumnElement[str]:
        """What is read instead of the column: the row's key beside the value."""
        plain = column.element if isinstance(column, Label) else column
        table: FromClause | None = getattr(plain, "table", None)
        if table is None:
            raise TypeError(f"{self.context} is read from a table, not from an expression")
        parts = [cast(table.c[name], String) for name in self.bound_to(table)]
        beside: ColumnElement[str] = type_coerce(plain, String)
        for part in reversed(parts):
            beside = part.concat(_BETWEEN).concat(beside)
        return type_coerce(beside, self)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if not isinstance(value, BoundText):
            raise TypeError(f"a value for {self.context} does not say which row it is for")
        return vault().encrypt(value, self.context, value.row)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        key, _, stored = value.rpartition(ROW_BETWEEN)
        return open_stored(stored, self.context, key)


_BETWEEN = literal_column(f"'{ROW_BETWEEN}'", String)


def open_stored(stored: str, context: str, row: str) -> str:
    """A stored value in plain; `Unreadable`, which names its place, where it does not open."""
    where = f"{context} of the row {row}"
    label = stored.partition(":")[0]
    if LABEL.fullmatch(label) and not is_bound(label) and _all_bound():
        raise Unreadable(f"{where} is not bound to its row, though all values were: put there")
    try:
        return vault().decrypt(stored, context, row)
    except (InvalidTag, ValueError):
        raise Unreadable(f"{where} does not open: it was changed or brought here") from None


def _all_bound() -> bool:
    """Whether `ALL_BOUND` is in the record. Asked only where a value that is not bound is met, and
    once a minute at most."""
    if time.monotonic() < current_app.extensions["unbound_until"]:
        return False
    # By name: the record lies in a slice above.
    found = text("SELECT 1 FROM audit_event WHERE action = :action LIMIT 1")
    if db.session.execute(found, {"action": ALL_BOUND}).first() is not None:
        return True
    current_app.extensions["unbound_until"] = time.monotonic() + LOOK_AGAIN
    return False


def encrypted_columns(table: FromClause) -> dict[str, EncryptedText]:
    """The encrypted columns of a table, by name."""
    return {c.key: c.type for c in table.columns if isinstance(c.type, EncryptedText)}


def bound(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row to be inserted, its texts for encrypted columns bound to it."""
    made = dict(row)
    for name, kind in encrypted_columns(table).items():
        value = made.get(name)
        if value is not None:
            made[name] = BoundText(value, *(row[each] for each in kind.bound_to(table)))
    return made


@event.listens_for(Mapper, "before_insert")
@event.listens_for(Mapper, "before_update")
def _bind_object(mapper: Mapper[Any], connection: Connection, target: Any) -> None:
    """Bind the texts of an object to its row, which gets its number now where it has none yet."""
    table = mapper.local_table
    columns = encrypted_columns(table)
    if not columns:
        return
    assert isinstance(table, Table)
    keys = list(table.primary_key)
    if len(keys) == 1 and getattr(target, keys[0].key) is None:
        setattr(target, keys[0].key, connection.execute(select(next_number(table))).scalar_one())
    for name, kind in columns.items():
        value = getattr(target, name)
        if value is not None and not isinstance(value, BoundText):
            key = (getattr(target, each) for each in kind.bound_to(table))
            setattr(target, name, BoundText(value, *key))
