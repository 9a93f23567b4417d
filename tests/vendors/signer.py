"""A vendor's signing program, right or wrong in one way: `python signer.py KEY.jwk HOW`.

Runs by itself, as a vendor's own would: claims on standard input, a compact JWS on standard output.
`MISTAKES` has what goes wrong for each HOW.
"""

from __future__ import annotations

import base64
import json
import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc.jwk import ECKey

Claims = dict[str, Any]


def b64(content: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def signed(key: ECKey, claims: Claims, *, der: bool = False, **header: str) -> str:
    """A compact JWS; with `der`, with the signature as OpenSSL gives it."""
    header = {"alg": "ES256", "kid": key.kid or "", **header}
    text = ".".join(b64(json.dumps(each).encode()) for each in (header, claims))
    private = key.raw_value
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    signature = private.sign(text.encode(), ec.ECDSA(hashes.SHA256()))
    r, s = decode_dss_signature(signature)
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return f"{text}.{b64(signature if der else raw)}"


def cautious(key: ECKey, claims: Claims) -> str:
    """Signs nothing that is wrong, as a careful vendor's server does not."""
    now = time.time()
    if not (now - 5 <= claims["iat"] <= now + 5 and 0 < claims["exp"] - claims["iat"] <= 60):
        sys.exit("iat or exp is wrong")
    if claims["aud"] != "nx-flexible-employment" or "phone" not in claims:
        sys.exit("not for this service, or nobody to reach")
    return signed(key, claims)


def of_its_own(key: ECKey, claims: Claims) -> str:
    """Takes the person alone and fills in the rest itself."""
    now = int(time.time())
    own = {"aud": "nx-flexible-employment", "iat": now, "exp": now + 30}
    return signed(key, {**claims, **own, "jti": secrets.token_hex(16)})


def in_milliseconds(key: ECKey, claims: Claims) -> str:
    """As `System.currentTimeMillis()` gives it."""
    return signed(key, {**claims, "iat": claims["iat"] * 1000, "exp": claims["exp"] * 1000})


HOW: dict[str, Callable[[ECKey, Claims], str]] = {
    "right": signed,
    "cautious": cautious,
    "of its own": of_its_own,
    "DER": lambda key, claims: signed(key, claims, der=True),
    "one jti": lambda key, claims: signed(key, {**claims, "jti": "always-the-same-id"}),
    "wrong kid": lambda key, claims: signed(key, claims, kid="another"),
    "wrong key": lambda key, claims: signed(
        ECKey.generate_key("P-256", {"kid": key.kid or ""}), claims
    ),
    "milliseconds": in_milliseconds,
    "padded": lambda key, claims: signed(key, claims) + "==",
    "no phone": lambda key, claims: signed(key, {**claims, "phone": ""}),
    "refuses": lambda key, claims: sys.exit("no"),
}

if __name__ == "__main__":
    file, how = sys.argv[1:]
    print(HOW[how](ECKey.import_key(json.loads(Path(file).read_text())), json.load(sys.stdin)))
