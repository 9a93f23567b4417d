"""Vendors' public keys: at most two are valid at once; a retired key is never valid again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from joserfc.jwk import ECKey, KeySet

from flexapp import signing
from flexapp.channels import public_keys, repository
from flexapp.rules.refusal import Refusal

MAX_VALID = 2
"""The old and the new key while a vendor changes keys. More would be forgotten and stay valid."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a channel. `jwk`: the public key as JSON text."""

    channel: str
    kid: str
    jwk: str
    added_at: datetime
    retired_at: datetime | None

    @property
    def valid(self) -> bool:
        """Whether messages signed with it are accepted."""
        return self.retired_at is None


def of_channel(code: str) -> tuple[Key, ...]:
    """Return all keys that a channel ever had, oldest first."""
    return tuple(_key(row) for row in repository.keys(code))


def key_set(keys: tuple[Key, ...]) -> KeySet | None:
    """Return these keys as a set for verification; None if there are none."""
    if not keys:
        return None
    return signing.public_keys(json.dumps({"keys": [json.loads(key.jwk) for key in keys]}))


def read(content: bytes | str, kid: str | None) -> ECKey | Refusal:
    """Read a public key: a JWK, a JWK set with one key, or PEM, which needs a `kid`.

    Refused with a reason of `public_keys.SENTENCES` if it is not a public P-256 key.
    """
    try:
        return public_keys.read(content, kid)
    except public_keys.UnusableKey as fault:
        return Refusal(fault.reason, public_keys.SENTENCES[fault.reason][0])


def add(*, code: str, new: ECKey, at: datetime) -> Key | Refusal:
    """Register a key that `read` returned.

    Refused: a `kid` that this channel has or had, a key that any channel has or had, and a third
    valid key.
    """
    name = str(new.kid)
    known = [_key(row) for row in repository.all_keys()]
    if any(key.channel == code and key.kid == name for key in known):
        return Refusal("kid_used", f"{code} has or had a key {name} already; take another kid")
    # Two channels with the same key could sign for each other.
    if any(signing.same_key(ECKey.import_key(json.loads(key.jwk)), new) for key in known):
        return Refusal("key_used", "this very key is or was registered already; make a new pair")
    if sum(key.channel == code and key.valid for key in known) >= MAX_VALID:
        return Refusal("keys_enough", f"{code} has {MAX_VALID} valid keys; retire one first")
    jwk = json.dumps(new.as_dict(private=False), sort_keys=True)
    key = Key(code, name, jwk, at, None)
    repository.add_key(
        {
            "channel": key.channel,
            "kid": key.kid,
            "jwk": key.jwk,
            "added_at": key.added_at,
            "retired_at": None,
        }
    )
    return key


def retire(*, code: str, kid: str, at: datetime) -> Refusal | None:
    """Retire a key: messages signed with it are no longer accepted. None on success."""
    if repository.retire_key(code, kid, at):
        return None
    return Refusal("key_unknown", f"{code} has no valid key {kid}")


def _key(row: object) -> Key:
    assert isinstance(row, dict)
    return Key(row["channel"], row["kid"], row["jwk"], row["added_at"], row["retired_at"])
