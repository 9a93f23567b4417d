"""Personal data at rest: authenticated encryption, keys that can rotate, and a blind index.

A stored value is `key id:base64(nonce + AES-256-GCM ciphertext)`. The first configured key writes;
every configured key reads. The context ("person.name") is authenticated with the value, so that one
column's value cannot be moved to another. Look-ups go by an HMAC-SHA256 blind index.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask, current_app
from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

from flexapp.config import Settings

NONCE_BYTES = 12


class Vault:
    """Encrypts, decrypts and indexes; holds the keys."""

    def __init__(self, data_keys: Mapping[str, bytes], index_key: bytes) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in data_keys.items()}
        self._writer = next(iter(data_keys))
        self._index_key = index_key

    def encrypt(self, value: str, context: str) -> str:
        """`value` sealed for `context` with the writing key."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._writer].encrypt(nonce, value.encode(), context.encode())
        return f"{self._writer}:{base64.b64encode(nonce + sealed).decode()}"

    def decrypt(self, stored: str, context: str) -> str:
        """The value again; `KeyError` for an unknown key, `InvalidTag` for a changed value."""
        key_id, _, text = stored.partition(":")
        raw = base64.b64decode(text)
        return (
            self._ciphers[key_id]
            .decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], context.encode())
            .decode()
        )

    def index(self, value: str, context: str) -> str:
        """A keyed digest of `value`: equal values give equal digests, nothing else can be told."""
        message = f"{context}\0{value}".encode()
        return hmac.new(self._index_key, message, hashlib.sha256).hexdigest()


def init_app(app: Flask, settings: Settings) -> None:
    """Give the app its vault."""
    app.extensions["vault"] = Vault(settings.data_keys, settings.index_key)


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
