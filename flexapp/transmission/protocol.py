"""Signatures of the messages between us and the tax bureau: creation and verification.

The protocol is documented in `tax-v1.openapi.json`. The signature of a request covers its method,
target and body; that of an answer covers the request id, the status and the body. So neither can be
moved to another message.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from joserfc.jwk import ECKey, KeySet

from flexapp import signing
from flexapp.signing import InvalidMessage, VerifiedMessage

OURS, THEIRS = "nx-flexible-employment", "nx-tax-bureau"
"""Values of the claims `iss` and `aud`."""

HEADER = "Message-Signature"
EVENTS = "/tax/v1/events"


@dataclass(frozen=True, slots=True)
class Proof:
    """A signed message from the tax bureau, stored so that it can be verified again years later."""

    signature: str
    body: str

    def stored(self) -> str:
        """Return the JSON text for a database column."""
        return json.dumps({"jws": self.signature, "body": self.body}, ensure_ascii=False)


CHAIN = "audit_end"
"""The claim with the head of our audit chain, "NUMBER:DIGEST".

The tax bureau stores it with the message, where nobody on our side can change it.
"""


def request_signature(
    key: ECKey,
    *,
    method: str,
    target: str,
    body: bytes,
    at: datetime,
    chain_end: str | None = None,
) -> tuple[str, str]:
    """Return (id, signature) of a request to the tax bureau.

    `target` is the path from the version on, with the query.
    """
    claims = {"htm": method, "htu": target, "body_sha256": signing.body_digest(body)}
    if chain_end is not None:
        claims[CHAIN] = chain_end
    return signing.sign(key, claims, issuer=OURS, audience=THEIRS, at=at)


def answer_signature(key: ECKey, *, request_id: str, status: int, body: bytes, at: datetime) -> str:
    """Return the signature of our answer to a request from the tax bureau."""
    claims = {"irt": request_id, "status": status, "body_sha256": signing.body_digest(body)}
    return signing.sign(key, claims, issuer=OURS, audience=THEIRS, at=at)[1]


def check_request(
    signature: str, keys: KeySet, *, method: str, target: str, body: bytes, at: datetime
) -> VerifiedMessage:
    """Verify the signature of a request from the tax bureau; raises `InvalidMessage`."""
    bound = {"htm": method, "htu": target, "body_sha256": signing.body_digest(body)}
    return _bound(signature, keys, bound, at)


def check_answer(
    signature: str, keys: KeySet, *, request_id: str, status: int, body: bytes, at: datetime
) -> VerifiedMessage:
    """Verify the signature of an answer from the tax bureau; raises `InvalidMessage`."""
    bound = {"irt": request_id, "status": status, "body_sha256": signing.body_digest(body)}
    return _bound(signature, keys, bound, at)


def proof_holds(proof: str, keys: KeySet) -> bool:
    """Return whether a stored proof still has a valid signature of the tax bureau, at any age."""
    try:
        kept = json.loads(proof)
        claims = signing.verify_kept(kept["jws"], keys, issuer=THEIRS, audience=OURS)
        return bool(claims.get("body_sha256") == signing.body_digest(kept["body"].encode()))
    except (ValueError, KeyError, TypeError, AttributeError, InvalidMessage):
        return False


def own_claims(signature: str, keys: KeySet) -> Mapping[str, object]:
    """Return the claims of a message signed by us, at any age; raises `InvalidMessage`."""
    return signing.verify_kept(signature, keys, issuer=OURS, audience=THEIRS)


def own_submission(signature: str, body: str, keys: KeySet, *, serial: str) -> Mapping[str, object]:
    """Return the claims of our own submission of a serial; raises `InvalidMessage`."""
    claims = own_claims(signature, keys)
    bound = {
        "htm": "PUT",
        "htu": f"/v1/assessments/{serial}",
        "body_sha256": signing.body_digest(body.encode()),
    }
    for name, value in bound.items():
        if claims.get(name) != value:
            raise InvalidMessage("other_message", f"the signature is of another message ({name})")
    return claims


def canonical(content: Mapping[str, str]) -> str:
    """Return the canonical JSON text: sorted keys, no spaces, characters not escaped."""
    return json.dumps(dict(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _bound(
    signature: str, keys: KeySet, bound: Mapping[str, object], at: datetime
) -> VerifiedMessage:
    message = signing.verify(signature, keys, issuer=THEIRS, audience=OURS, at=at)
    for name, value in bound.items():
        # Compare the types too: `True` equals status 1 in Python.
        said = message.claims.get(name)
        if type(said) is not type(value) or said != value:
            raise InvalidMessage("other_message", f"the signature is of another message ({name})")
    return message
