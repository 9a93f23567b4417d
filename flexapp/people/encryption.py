"""Personal data at rest: authenticated encryption, keys that can rotate, and a blind index.

A stored value is `label:base64(nonce + ciphertext + tag)`. The label is the key's id, followed by
".sm" where SM4-GCM sealed it and by nothing where AES-256-GCM did (`ciphers.py`). The first
configured key writes, with the suite that is set; every configured key reads, whatever the suite.
The context ("person.name") is authenticated with the value, so that one column's value cannot be
moved to another. Look-ups go by an HMAC-SHA256 blind index, whatever the suite.

How rows come from one key to the next: `rotating.py`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from collections.abc import Mapping

from cryptography.exceptions import UnsupportedAlgorithm
from flask import Flask, current_app
from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

from flexapp.config import Settings
from flexapp.people.ciphers import SEALERS, Sealer, Suite

NONCE_BYTES = 12
LABEL = re.compile(r"(?P<key>[a-z0-9]{1,12})(?P<sm>\.sm)?")
LONGEST_LABEL = 15


class MissingKey(KeyError):
    """A stored value names a key that is not in the setting."""

    def __str__(self) -> str:
        # What has no label may be personal data in plain: it must not land in a log.
        return f"FLEXAPP_DATA_KEYS does not hold {self.args[0]}."


class Vault:
    """Encrypts, decrypts and indexes; holds the keys."""

    def __init__(
        self, data_keys: Mapping[str, bytes], index_key: bytes, suite: Suite = Suite.AES
    ) -> None:
        self._keys = dict(data_keys)
        self._index_key = index_key
        self._sealers: dict[str, Sealer] = {}
        self.label = next(iter(data_keys)) + (".sm" if suite is Suite.SM else "")
        """What new values are written under."""
        try:
            self.encrypt("", "start")
        except UnsupportedAlgorithm:
            raise ValueError(
                f"FLEXAPP_CIPHERS={suite}: the installed cryptography package cannot do it."
            ) from None

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The configured keys; the first one writes."""
        return tuple(self._keys)

    def encrypt(self, value: str, context: str) -> str:
        """`value` sealed for `context` with the writing key."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._sealer(self.label).encrypt(nonce, value.encode(), context.encode())
        return f"{self.label}:{base64.b64encode(nonce + sealed).decode()}"

    def decrypt(self, stored: str, context: str) -> str:
        """The value again; `MissingKey` for an unknown key, `InvalidTag` for a changed value."""
        label, _, text = stored.partition(":")
        sealer = self._sealer(label)
        raw = base64.b64decode(text)
        return sealer.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], context.encode()).decode()

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


def init_app(app: Flask, settings: Settings) -> None:
    """Give the app its vault."""
    app.extensions["vault"] = Vault(settings.data_keys, settings.index_key, Suite(settings.ciphers))


def vault() -> Vault:
    """The current application's vault."""
    found: Vault = current_app.extensions["vault"]
    return found


class EncryptedText(TypeDecorator[str]):
    """A text column that is encrypted in the database and plain in Python."""

    impl = Text
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else vault().encrypt(value, self.context)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else vault().decrypt(value, self.context)
