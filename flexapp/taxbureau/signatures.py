"""The tax bureau's own end of the signing: its keys, what it signs, and which messages it believes.

Written from the protocol document alone and sharing nothing with the product: two programs that
understand each other show that the document says enough. Nothing here knows HTTP or a database;
that a message comes a second time is for `auth` to find.
"""

import base64
import binascii
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

HEADER = "Message-Signature"
ALGORITHM = "ES256"
TAX_BUREAU, PRODUCT = "nx-tax-bureau", "nx-flexible-employment"

LIFETIME = 60
LONGEST_LIFETIME = 120
LEEWAY = 30
"""Seconds: what our messages live, what others' may at most, and how far clocks may be apart."""

_JTI = re.compile(r"[A-Za-z0-9_-]{16,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_DEMO_PHRASE = b"demo-only signing key of the tax bureau stand-in"

#: The product's public demo key. Everybody can make its private part: a demonstration only.
DEMO_TRUSTED = json.dumps(
    {
        "keys": [
            {
                "crv": "P-256",
                "x": "CvARLfZ_A5dX2O6VI44yTuVWvAX0GjEkQVk-sWr8EWU",
                "y": "5Y5BdMHNmus5C93lg2KJlvkgN6BfgNlbMF7lKjnvRgQ",
                "kid": "flexapp-demo",
                "use": "sig",
                "kty": "EC",
            }
        ]
    }
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a message is not believed: for the log, and without personal data."""

    why: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message whose signature and claims hold, its body not yet looked at.

    `token` is the JWS as it came, `until` the last moment (seconds) at which it may arrive.
    """

    token: str
    jti: str
    until: int
    body_sha256: str

    def covers(self, body: bytes) -> bool:
        """Whether `body` is the one that was signed."""
        return self.body_sha256 == hashlib.sha256(body).hexdigest()


@dataclass(frozen=True, slots=True)
class Signed:
    """A message of ours: the compact JWS, and the `jti` that its answer must name."""

    token: str
    jti: str


class Keys:
    """What the tax bureau signs with, and whose signatures it believes."""

    def __init__(self, private: str, trusted: str) -> None:
        """`private`, `trusted`: JWK sets in JSON; the first key of `private` signs.

        Raises `ValueError` with a sentence for a set that cannot be used.
        """
        self._own = _key_set(private, "the signing keys", private=True)[0]
        self._trusted = KeySet(list(_key_set(trusted, "the trusted keys", private=False)))
        # For the fault 签名不对: made anew in each process and published nowhere.
        self._unknown = ECKey.generate_key("P-256", {"kid": "nobody-knows-this-key"})
        try:
            self.sign_event(datetime.now().astimezone(), "POST", "/", b"")
        except JoseError as fault:
            raise ValueError(f"the signing keys cannot sign: {fault}") from fault

    @property
    def secret(self) -> bytes:
        """The private scalar, to derive other secrets from."""
        return str(self._own.as_dict(private=True)["d"]).encode()

    def sign_answer(
        self, now: datetime, *, irt: str, status: int, body: bytes, unknown: bool = False
    ) -> Signed:
        """The signature of the answer to the request `irt`; `unknown`: with the fault's key."""
        return self._sign(now, {"irt": irt, "status": status, **_hash_of(body)}, unknown)

    def sign_event(
        self, now: datetime, method: str, target: str, body: bytes, *, unknown: bool = False
    ) -> Signed:
        """The signature of a request of ours to the product."""
        return self._sign(now, {"htm": method, "htu": target, **_hash_of(body)}, unknown)

    def read_request(
        self, token: str, now: datetime, *, method: str, target: str
    ) -> Message | Doubt:
        """The product's request; whether `Message.covers` its body is to be asked as well."""
        return self._read(token, now, {"htm": method, "htu": target})

    def read_answer(
        self, token: str, now: datetime, *, irt: str, status: int, body: bytes
    ) -> Message | Doubt:
        """The product's answer to our request `irt`."""
        read = self._read(token, now, {"irt": irt, "status": status})
        if isinstance(read, Message) and not read.covers(body):
            return Doubt("the body is not the one that was signed")
        return read

    def _sign(self, now: datetime, claims: Mapping[str, object], unknown: bool) -> Signed:
        jti, issued = secrets.token_urlsafe(16), int(now.timestamp())
        key = self._unknown if unknown else self._own
        token = jwt.encode(
            {"alg": ALGORITHM, "kid": key.kid},
            {
                "iss": TAX_BUREAU,
                "aud": PRODUCT,
                "iat": issued,
                "exp": issued + LIFETIME,
                "jti": jti,
                **claims,
            },
            key,
            algorithms=[ALGORITHM],
        )
        return Signed(token, jti)

    def _read(self, token: str, now: datetime, expected: Mapping[str, object]) -> Message | Doubt:
        if not token:
            return Doubt("there is no signature")
        try:
            parsed = jwt.decode(token, self._trusted, algorithms=[ALGORITHM])
        except JoseError as fault:
            # Its code only: the text may quote what a stranger wrote.
            return Doubt(f"the signature does not hold: {fault.error}")
        except (ValueError, TypeError, RecursionError) as fault:
            # What no signer makes: text that is not ASCII, JSON without end, a header of lists.
            return Doubt(f"the signature cannot be read: {type(fault).__name__}")
        # Of a set with one key joserfc takes that one for a message that names none.
        if not isinstance(parsed.header.get("kid"), str):
            return Doubt("no key is named")
        claims = parsed.claims
        for name, value in {"iss": PRODUCT, "aud": TAX_BUREAU, **expected}.items():
            if type(claims.get(name)) is not type(value) or claims[name] != value:
                return Doubt(f"{name} is not what it should be")
        return _in_time(claims, now) or _message(token, claims)


def demo_keys() -> str:
    """The stand-in's private JWK set for demonstrations: the same on every machine, no secret."""
    scalar = int.from_bytes(hashlib.sha256(_DEMO_PHRASE).digest(), "big") % (_P256_ORDER - 1) + 1
    point = ec.derive_private_key(scalar, ec.SECP256R1()).public_key().public_numbers()
    key = {"crv": "P-256", "x": _number(point.x), "y": _number(point.y), "d": _number(scalar)}
    return json.dumps({"keys": [{**key, "kid": "tax-demo", "use": "sig", "kty": "EC"}]})


def jti_of(token: str) -> str:
    """The `jti` of a token that was believed when it was kept; empty where none can be read."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims["jti"])
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error):
        return ""


def _in_time(claims: Mapping[str, object], now: datetime) -> Doubt | None:
    issued, expires, moment = claims.get("iat"), claims.get("exp"), now.timestamp()
    # Not `isinstance`: JSON's true is an int of Python.
    if type(issued) is not int or type(expires) is not int:
        return Doubt("iat and exp must be whole seconds")
    if not issued < expires <= issued + LONGEST_LIFETIME:
        return Doubt("exp must be 1 to 120 seconds after iat")
    if issued > moment + LEEWAY:
        return Doubt("it was issued in the future")
    begins = claims.get("nbf", issued)
    if type(begins) is not int:
        return Doubt("nbf must be whole seconds")
    if begins > moment + LEEWAY:
        return Doubt("it is not valid yet")
    return Doubt("it has expired") if moment > expires + LEEWAY else None


def _message(token: str, claims: Mapping[str, object]) -> Message | Doubt:
    jti, body, expires = claims.get("jti"), claims.get("body_sha256"), claims["exp"]
    if not isinstance(jti, str) or not _JTI.fullmatch(jti):
        return Doubt("jti must be 16 to 64 letters, digits, - and _")
    if not isinstance(body, str) or not _SHA256.fullmatch(body):
        return Doubt("body_sha256 must be 64 hexadecimal digits")
    assert isinstance(expires, int)
    return Message(token, jti, expires + LEEWAY, body)


def _hash_of(body: bytes) -> dict[str, str]:
    return {"body_sha256": hashlib.sha256(body).hexdigest()}


def _number(value: int) -> str:
    """A coordinate or scalar of P-256 as JWK has it."""
    return base64.urlsafe_b64encode(value.to_bytes(32, "big")).rstrip(b"=").decode()


def _key_set(text: str, what: str, *, private: bool) -> tuple[ECKey, ...]:
    """The keys of a JWK set, all fit for ES256 and each with a name of its own."""
    try:
        listed = json.loads(text)["keys"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ValueError(f'{what} must be a JWK set in JSON: {{"keys": [...]}}') from None
    if not isinstance(listed, list) or not listed:
        raise ValueError(f"{what} hold no key")
    keys = tuple(
        _key(entry, f"key {place} of {what}", private=private)
        for place, entry in enumerate(listed, 1)
    )
    if len({key.kid for key in keys}) != len(keys):
        raise ValueError(f"{what} hold two keys with the same kid")
    return keys


def _key(entry: object, what: str, *, private: bool) -> ECKey:
    if not isinstance(entry, dict) or (entry.get("kty"), entry.get("crv")) != ("EC", "P-256"):
        raise ValueError(f"{what} is not an EC key on P-256")
    if not isinstance(entry.get("kid"), str) or not entry["kid"]:
        raise ValueError(f"{what} has no kid")
    if private and "d" not in entry:
        raise ValueError(f"{what} has no private part")
    if not private and "d" in entry:
        raise ValueError(f"{what} has a private part; give the public part only")
    if entry.get("use", "sig") != "sig" or entry.get("alg", ALGORITHM) != ALGORITHM:
        raise ValueError(f"{what} is not for signing with {ALGORITHM}")
    try:
        key = ECKey.import_key(entry)
        # Read now, not at the first message: a point that is not on the curve is found here.
        key.get_op_key("verify")
    except (JoseError, ValueError, TypeError) as fault:
        raise ValueError(f"{what} is not a whole key") from fault
    return key
