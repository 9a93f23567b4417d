"""Signed messages between systems: compact JWS with ES256, and their keys.

The functions are pure: time and keys are arguments, and the caller stores message ids against
replay. The sender signs with the first key of its private set. The receiver has a set of public
keys, so that two keys can be valid during a key change without an interruption.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

ALGORITHMS = ("ES256",)
"""The only accepted algorithms, whatever the header of a message names."""

LEEWAY = timedelta(seconds=30)
"""Tolerated clock difference between both sides."""

MAX_LIFE = timedelta(seconds=120)
ANSWER_LIFE = timedelta(seconds=60)

LATEST = 2**37
"""Upper limit of timestamps, in seconds since 1970 (the year 6325). It is within the range of
`datetime`, and refuses timestamps in milliseconds."""

_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class InvalidMessage(Exception):
    """A message fails verification. `reason` is a stable code, `str()` one sentence.

    Codes: malformed, algorithm, unknown_key, bad_signature, wrong_issuer, wrong_audience, expired,
    not_yet, too_long, ends_first, no_id. Callers with further checks add their own codes.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class VerifiedMessage:
    """The content of a message with valid signature, issuer, audience and time."""

    issuer: str
    id: str
    key_id: str
    until: datetime
    """Until when the message stays valid. Store its id until then, against replay."""
    claims: Mapping[str, object]


def sign(
    key: ECKey,
    claims: Mapping[str, object],
    *,
    issuer: str,
    audience: str,
    at: datetime,
    life: timedelta = ANSWER_LIFE,
) -> tuple[str, str]:
    """Sign a new message with a random id. Returns (id, compact JWS)."""
    message_id = secrets.token_urlsafe(16)
    issued = int(at.timestamp())
    registered = {
        "iss": issuer,
        "aud": audience,
        "iat": issued,
        "exp": issued + int(life.total_seconds()),
        "jti": message_id,
    }
    header = {"alg": "ES256", "kid": key.kid or ""}
    return message_id, jwt.encode(header, {**claims, **registered}, key, algorithms=ALGORITHMS)


def verify(
    message: str,
    keys: KeySet,
    *,
    issuer: str,
    audience: str,
    at: datetime,
    longest: timedelta = MAX_LIFE,
) -> VerifiedMessage:
    """Verify a compact JWS: signature, issuer, audience, times and id. Raises `NotGenuine`.

    `longest`: the maximum time between iat and exp. Replays are not detected here; the caller
    compares message ids.
    """
    header, claims = _decode(message, keys)
    _between(claims, issuer, audience)
    issued, expires = _moment(claims, "iat"), _moment(claims, "exp")
    if expires <= issued:
        raise InvalidMessage("ends_first", "exp is not after iat: the message was never valid")
    if expires - issued > longest:
        raise InvalidMessage(
            "too_long", f"exp is more than {longest.total_seconds():.0f} seconds after iat"
        )
    if issued > at + LEEWAY:
        raise InvalidMessage("not_yet", "the message is from the future (iat): compare the clocks")
    if "nbf" in claims and _moment(claims, "nbf") > at + LEEWAY:
        raise InvalidMessage("not_yet", "the message is not valid yet (nbf): compare the clocks")
    if expires + LEEWAY <= at:
        raise InvalidMessage("expired", "the message has expired (exp): compare the clocks")
    message_id = claims.get("jti")
    if not isinstance(message_id, str) or not _MESSAGE_ID.fullmatch(message_id):
        raise InvalidMessage("no_id", "jti must be 16 to 64 letters, digits, - or _")
    return VerifiedMessage(issuer, message_id, str(header["kid"]), expires + LEEWAY, claims)


def verify_kept(message: str, keys: KeySet, *, issuer: str, audience: str) -> Mapping[str, object]:
    """Verify a stored message of any age that was accepted before. Returns its claims.

    Checks signature, issuer and audience, but not the times. Raises `NotGenuine` when the message
    was changed since, or when `keys` no longer contains its key.
    """
    _, claims = _decode(message, keys)
    _between(claims, issuer, audience)
    return claims


def claimed_issuer(message: str) -> str | None:
    """The issuer that an unverified message names, to find the keys for its verification.

    `None` when it is missing or malformed.
    """
    try:
        payload = message.split(".")[1]
        claims = json.loads(_from_base64(payload))
    except (ValueError, IndexError, RecursionError):
        return None
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    return issuer if isinstance(issuer, str) and len(issuer) <= 64 else None


def body_digest(body: bytes) -> str:
    """SHA-256 of a message's body as lower-case hexadecimal, the format of the claims."""
    return hashlib.sha256(body).hexdigest()


def new_key(kid: str) -> ECKey:
    """Generate a private key on P-256. Raises `ValueError` for a malformed `kid`."""
    if not _KEY_ID.fullmatch(kid):
        raise ValueError("a key id is 1 to 64 letters, digits, dots, - or _")
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig"}, private=True)


def demo_key(phrase: str, kid: str) -> ECKey:
    """Derive a private key from a phrase. Anybody can derive it, so it is for demos only."""
    digest = hashlib.sha256(phrase.encode()).digest()
    number = int.from_bytes(digest, "big") % (_P256_ORDER - 1) + 1
    key = ec.derive_private_key(number, ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return ECKey.import_key(pem, {"kid": kid, "use": "sig"})


def private_keys(text: str) -> tuple[ECKey, ...]:
    """Parse a private JWK set; the first key signs. Raises `ValueError` with a sentence.

    Further keys may be public: retired keys, kept to verify old messages.
    """
    keys = _keys(text)
    if not keys[0].is_private:
        raise ValueError("the first key is the one that signs: it lacks its private part (d)")
    return keys


def public_keys(text: str) -> KeySet:
    """Parse a public JWK set for verification. Raises `ValueError` with a sentence."""
    keys = _keys(text)
    if any(key.is_private for key in keys):
        raise ValueError("a key holds a private part (d): only public keys belong here")
    return KeySet(list(keys))


def public_set(keys: tuple[ECKey, ...]) -> dict[str, object]:
    """The public JWK set of the keys in use, for the receivers of our messages.

    Keys in use are those with a private part.
    """
    return {"keys": [key.as_dict(private=False) for key in keys if key.is_private]}


def known_set(keys: tuple[ECKey, ...]) -> KeySet:
    """All keys, including retired ones, as a public set to verify our own old messages."""
    return KeySet([ECKey.import_key(key.as_dict(private=False)) for key in keys])


def same_key(one: ECKey, other: ECKey) -> bool:
    """Whether two keys are equal apart from their ids (thumbprint of RFC 7638)."""
    return one.thumbprint() == other.thumbprint()


def _keys(text: str) -> tuple[ECKey, ...]:
    try:
        listed = json.loads(text)["keys"]
        keys = tuple(ECKey.import_key({**each}) for each in listed)
        # `import_key` and `raw_value` raise here when a point is not on the curve.
        curves = {key.curve_name for key in keys if key.raw_value is not None}
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"not a JWK set of elliptic-curve keys ({type(error).__name__})"
        ) from error
    names = [key.kid or "" for key in keys]
    if not keys:
        raise ValueError("the JWK set holds no key")
    if curves != {"P-256"}:
        raise ValueError("every key must be on the curve P-256 (ES256)")
    if not all(_KEY_ID.fullmatch(name) for name in names) or len(set(names)) != len(names):
        raise ValueError("every key needs a kid of its own: letters, digits, dots, - or _")
    return keys


def _decode(message: str, keys: KeySet) -> tuple[Mapping[str, object], Mapping[str, object]]:
    try:
        token = jwt.decode(message, keys, algorithms=ALGORITHMS)
    except JoseError as error:
        reason = {
            "unsupported_algorithm": "algorithm",
            "missing_algorithm": "algorithm",
            "invalid_key_id": "unknown_key",
            "bad_signature": "bad_signature",
        }.get(error.error, "malformed")
        raise InvalidMessage(reason, f"the signature does not hold ({error.error})") from None
    except (ValueError, TypeError, RecursionError):
        raise InvalidMessage("malformed", "not a compact JWS over a JSON object") from None
    # Where a set holds one key, joserfc takes that one for a message that names none.
    if not isinstance(token.header.get("kid"), str):
        raise InvalidMessage("unknown_key", "the message does not name its key (kid)")
    return token.header, token.claims


def _between(claims: Mapping[str, object], issuer: str, audience: str) -> None:
    if claims.get("iss") != issuer:
        raise InvalidMessage("wrong_issuer", "the message does not come from whom it should (iss)")
    if claims.get("aud") != audience:
        raise InvalidMessage("wrong_audience", "the message is for somebody else (aud)")


def _moment(claims: Mapping[str, object], name: str) -> datetime:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < LATEST:
        raise InvalidMessage("malformed", f"{name} must be whole seconds")
    return datetime.fromtimestamp(value, UTC)


def _from_base64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
