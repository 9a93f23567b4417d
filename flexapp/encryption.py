"""Encryption of personal data at rest: values bound to their row, key rotation and a blind index.

A stored value is `label:base64(nonce + ciphertext + tag)`. The label is the id of the key, followed
by ".sm" for SM4-GCM (nothing for AES-256-GCM, `ciphers.py`), followed by ".row" when the value is
bound to its row. A bound value is authenticated together with its table, column and row key, so it
cannot be decrypted in any other place. Values without ".row" are older; they are authenticated with
table and column only, and `flask keys rotate` binds them. The first configured key encrypts, with
the configured suite. All configured keys decrypt, with either suite. Look-ups use an HMAC-SHA256
blind index, independent of the suite.

Declare an encrypted column with `mapped_column(EncryptedText("table.column"))`. It is bound to the
primary key of its table, or to the columns named in `row`, which must be known before the INSERT
and never change. ORM objects receive their primary key and are bound automatically. Core statements
must name the row: `insert(table), bound(table, row)` for a whole row, `BoundText(text, key)` for a
single value. An unbound text raises `TypeError`.

Re-encryption of rows with a new key: `people/key_rotation.py`.
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
from flexapp.services import AppValue

NONCE_BYTES = 12
LABEL = re.compile(r"(?P<key>[a-z0-9]{1,12})(?P<sm>\.sm)?(?P<row>\.row)?")
MAX_LABEL = 19
ROW_BETWEEN = "|"
"""Separator of the parts of a row's key, and of the key and the value when a column is read."""

ALL_BOUND = "data_keys.bound"
"""The audit event after which values that are not bound to their row are refused."""
RECHECK_AFTER = 60.0
"""Seconds between queries for `ALL_BOUND` in a process that reads unbound values."""


class MissingKey(KeyError):
    """A stored value names a key that is not configured, or no key at all."""

    def __str__(self) -> str:
        # A value without a label may be unencrypted personal data, which must not be logged.
        return f"FLEXAPP_DATA_KEYS does not hold {self.args[0]}."


class Unreadable(ValueError):
    """A stored value cannot be decrypted in its place. The message names only the place."""


class Vault:
    """Holds the keys; encrypts and decrypts values and computes the blind index.

    Raises `ValueError` when the installed cryptography package does not support the suite.
    """

    def __init__(
        self, data_keys: Mapping[str, bytes], index_key: bytes, suite: Suite = Suite.AES
    ) -> None:
        self._keys = dict(data_keys)
        self._index_key = index_key
        self._sealers: dict[str, Sealer] = {}
        self.label = next(iter(data_keys)) + (".sm" if suite is Suite.SM else "") + ".row"
        """The label of new values."""
        try:
            self.encrypt("", "start", "")
        except UnsupportedAlgorithm:
            raise ValueError(
                f"FLEXAPP_CIPHERS={suite}: the installed cryptography package cannot do it."
            ) from None

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of the configured keys; the first one encrypts."""
        return tuple(self._keys)

    def encrypt(self, value: str, context: str, row: str) -> str:
        """Encrypt `value` with the first key, for column `context` ("table.column") and one row."""
        nonce = os.urandom(NONCE_BYTES)
        beside = _place(context, row)
        sealed = self._sealer(self.label).encrypt(nonce, value.encode(), beside)
        return f"{self.label}:{base64.b64encode(nonce + sealed).decode()}"

    def decrypt(self, stored: str, context: str, row: str) -> str:
        """Decrypt a stored value.

        Raises `MissingKey` for an unknown key, and `InvalidTag` for a value that was changed or
        belongs to another column or row.
        """
        label, _, encoded = stored.partition(":")
        sealer = self._sealer(label)
        beside = _place(context, row) if is_bound(label) else context.encode()
        raw = base64.b64decode(encoded)
        return sealer.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], beside).decode()

    def index(self, value: str, context: str) -> str:
        """The HMAC of `value`: equal values have equal digests, which reveal nothing else."""
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


_VAULT: AppValue[Vault] = AppValue("vault")
UNBOUND_UNTIL: AppValue[float] = AppValue("unbound_until", float)
"""Until when (monotonic clock) a negative answer of `_all_bound` counts."""


def init_app(app: Flask, settings: Settings) -> None:
    """Create the vault of the app."""
    _VAULT.set(app, Vault(settings.data_keys, settings.index_key, Suite(settings.ciphers)))


def vault() -> Vault:
    """The current application's vault."""
    return _VAULT.get()


class BoundText(str):
    """A text to be written to an encrypted column, with the key of its row."""

    row: str

    def __new__(cls, value: str, *key: object) -> BoundText:
        """`key`: the values of the columns that the encrypted column is bound to, in order."""
        made = super().__new__(cls, value)
        made.row = row_key(*key)
        return made


def row_key(*key: object) -> str:
    """The key of a row in the form that is authenticated."""
    return ROW_BETWEEN.join(map(str, key))


class EncryptedText(TypeDecorator[str]):
    """A column type for text that is encrypted in the database and plain in Python."""

    impl = Text
    cache_ok = True

    def __init__(self, context: str, row: tuple[str, ...] = ()) -> None:
        """`context`: "table.column". `row`: the columns it is bound to (default: primary key)."""
        super().__init__()
        self.context = context
        self.row = row

    def bound_to(self, table: FromClause) -> tuple[str, ...]:
        """The names of the columns whose values are authenticated with the values of this one."""
        return self.row or tuple(column.key for column in table.primary_key)

    def column_expression(self, column: ColumnElement[str]) -> ColumnElement[str]:
        """Select the row's key together with the value, because decryption needs both.

        Raises `TypeError` when the column is not selected from a table.
        """
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
    """Decrypt a stored value.

    Raises `Unreadable`, which names the place, when the value was changed or moved, or is unbound
    although all values are bound.
    """
    where = f"{context} of the row {row}"
    label = stored.partition(":")[0]
    if LABEL.fullmatch(label) and not is_bound(label) and _all_bound():
        raise Unreadable(f"{where} is not bound to its row, though all values were: put there")
    try:
        return vault().decrypt(stored, context, row)
    except (InvalidTag, ValueError):
        raise Unreadable(f"{where} does not open: it was changed or brought here") from None


def _all_bound() -> bool:
    """Whether the audit log contains `ALL_BOUND`.

    Called only for unbound values. A negative answer is cached for `RECHECK_AFTER` seconds.
    """
    if time.monotonic() < UNBOUND_UNTIL.get():
        return False
    # By table name: the audit log belongs to a higher layer, which cannot be imported here.
    found = text("SELECT 1 FROM audit_event WHERE action = :action LIMIT 1")
    if db.session.execute(found, {"action": ALL_BOUND}).first() is not None:
        return True
    UNBOUND_UNTIL.set(current_app, time.monotonic() + RECHECK_AFTER)
    return False


def encrypted_columns(table: FromClause) -> dict[str, EncryptedText]:
    """The encrypted columns of a table, by name."""
    return {c.key: c.type for c in table.columns if isinstance(c.type, EncryptedText)}


def bound(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the row for an INSERT, with the texts of encrypted columns bound to the row."""
    made = dict(row)
    for name, kind in encrypted_columns(table).items():
        value = made.get(name)
        if value is not None:
            made[name] = BoundText(value, *(row[each] for each in kind.bound_to(table)))
    return made


@event.listens_for(Mapper, "before_insert")
@event.listens_for(Mapper, "before_update")
def _bind_object(mapper: Mapper[Any], connection: Connection, target: Any) -> None:
    """Bind the encrypted texts of an object to its row; assigns the primary key when missing."""
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
