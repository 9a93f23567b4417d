"""Vendors' public keys: at most two are valid at once, and a retired one never again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from flexapp import signing
from flexapp.channels import repository
from flexapp.rules.refusal import Refusal

MOST_VALID = 2
"""The old and the new one while a vendor changes keys; more would only be forgotten."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a channel. `jwk`: the public key as JSON text."""

    channel: str
    kid: str
    jwk: str
    added_at: datetime
    retired_at: datetime | None

    @property
    def valid(self) -> bool:
        """Whether what it signs is believed."""
        return self.retired_at is None


def of_channel(code: str) -> tuple[Key, ...]:
    """All keys a channel ever had, the oldest first."""
    return tuple(_key(row) for row in repository.keys(code))


def key_set(keys: tuple[Key, ...]) -> KeySet | None:
    """These keys to check a message with; None without any."""
    if not keys:
        return None
    return signing.public_keys(json.dumps({"keys": [json.loads(key.jwk) for key in keys]}))


def add(*, code: str, text: str, kid: str | None, at: datetime) -> Key | Refusal:
    """Register a public key: a JWK, a JWK set with one key, or PEM, which needs a `kid`.

    Refused: what is no public P-256 key, a name or a key that was ever used before by this or
    another channel, and a third valid key.
    """
    try:
        new = _public(text, kid)
    except ValueError as fault:
        return Refusal("key_unusable", str(fault))
    name = str(new.kid)
    known = [_key(row) for row in repository.all_keys()]
    if any(key.channel == code and key.kid == name for key in known):
        return Refusal("kid_used", f"{code} has or had a key {name} already; take another kid")
    # Two channels with one key could sign for each other.
    if any(signing.same_key(ECKey.import_key(json.loads(key.jwk)), new) for key in known):
        return Refusal("key_used", "this very key is or was registered already; make a new pair")
    if sum(key.channel == code and key.valid for key in known) >= MOST_VALID:
        return Refusal("keys_enough", f"{code} has {MOST_VALID} valid keys; retire one first")
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
    """Believe nothing any more that this key signs; None once that is so."""
    if repository.retire_key(code, kid, at):
        return None
    return Refusal("key_unknown", f"{code} has no valid key {kid}")


def _public(text: str, kid: str | None) -> ECKey:
    if text.lstrip().startswith("-----BEGIN"):
        jwk = _from_pem(text, kid)
    else:
        jwk = _from_json(text)
        if kid is not None:
            jwk["kid"] = kid
    (key,) = signing.public_keys(json.dumps({"keys": [jwk]})).keys
    assert isinstance(key, ECKey)
    return key


def _from_pem(text: str, kid: str | None) -> dict[str, object]:
    if kid is None:
        raise ValueError("a key in PEM has no name of its own: give one with --kid")
    try:
        key = ECKey.import_key(text)
    except (JoseError, ValueError, TypeError) as error:
        raise ValueError(f"not an elliptic-curve key in PEM ({type(error).__name__})") from error
    if key.is_private:
        raise ValueError("this is a private key: only the vendor may have it, ask for the public")
    return {**key.as_dict(private=False), "kid": kid}


def _from_json(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ValueError("neither PEM nor JSON") from error
    if isinstance(found, dict) and isinstance(found.get("keys"), list) and len(found["keys"]) == 1:
        found = found["keys"][0]
    if not isinstance(found, dict) or "keys" in found:
        raise ValueError("not one JWK (nor a set with one key)")
    return {**found}


def _key(row: object) -> Key:
    assert isinstance(row, dict)
    return Key(row["channel"], row["kid"], row["jwk"], row["added_at"], row["retired_at"])
