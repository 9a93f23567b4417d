"""How a message between us and the tax bureau is signed, and what is checked of one.

The document is `tax-v1.openapi.json`. A signature is bound to everything that could be exchanged
underneath it: a request's to its method, target and body, an answer's to its request, status and
body.
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
"""Who signs, as `iss` and `aud` name them."""

HEADER = "Message-Signature"
EVENTS = "/tax/v1/events"


@dataclass(frozen=True, slots=True)
class Proof:
    """What the other side told us, with its signature: kept, to be checked again years later."""

    signature: str
    body: str

    def stored(self) -> str:
        """As it is kept in a column."""
        return json.dumps({"jws": self.signature, "body": self.body}, ensure_ascii=False)


CHAIN = "audit_end"
"""The claim that carries the end of our record of events, "NUMBER:DIGEST": kept over there with the
message, it is an end that nobody here can put back."""


def request_signature(
    key: ECKey,
    *,
    method: str,
    target: str,
    body: bytes,
    at: datetime,
    chain_end: str | None = None,
) -> tuple[str, str]:
    """(id, signature) of a request of ours; `target`: the path from its version on, and query."""
    claims = {"htm": method, "htu": target, "body_sha256": signing.body_digest(body)}
    if chain_end is not None:
        claims[CHAIN] = chain_end
    return signing.sign(key, claims, issuer=OURS, audience=THEIRS, at=at)


def answer_signature(key: ECKey, *, request_id: str, status: int, body: bytes, at: datetime) -> str:
    """The signature of our answer to a request of theirs."""
    claims = {"irt": request_id, "status": status, "body_sha256": signing.body_digest(body)}
    return signing.sign(key, claims, issuer=OURS, audience=THEIRS, at=at)[1]


def check_request(
    signature: str, keys: KeySet, *, method: str, target: str, body: bytes, at: datetime
) -> VerifiedMessage:
    """A request of theirs, once its signature holds for just this; raises `NotGenuine`."""
    bound = {"htm": method, "htu": target, "body_sha256": signing.body_digest(body)}
    return _bound(signature, keys, bound, at)


def check_answer(
    signature: str, keys: KeySet, *, request_id: str, status: int, body: bytes, at: datetime
) -> VerifiedMessage:
    """An answer of theirs to our request, once its signature holds; raises `NotGenuine`."""
    bound = {"irt": request_id, "status": status, "body_sha256": signing.body_digest(body)}
    return _bound(signature, keys, bound, at)


def proof_holds(proof: str, keys: KeySet) -> bool:
    """Whether what was kept is still what the tax bureau signed, whenever that was."""
    try:
        kept = json.loads(proof)
        claims = signing.verify_kept(kept["jws"], keys, issuer=THEIRS, audience=OURS)
        return bool(claims.get("body_sha256") == signing.body_digest(kept["body"].encode()))
    except (ValueError, KeyError, TypeError, AttributeError, InvalidMessage):
        return False


def own_claims(signature: str, keys: KeySet) -> Mapping[str, object]:
    """What we signed once, as the tax bureau kept it; raises `NotGenuine`."""
    return signing.verify_kept(signature, keys, issuer=OURS, audience=THEIRS)


def own_submission(signature: str, body: str, keys: KeySet, *, serial: str) -> Mapping[str, object]:
    """The claims of our own message that handed a serial over; raises `NotGenuine`."""
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
    """The one JSON text of an assessment: keys sorted, no spaces, characters as they are."""
    return json.dumps(dict(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _bound(
    signature: str, keys: KeySet, bound: Mapping[str, object], at: datetime
) -> VerifiedMessage:
    message = signing.verify(signature, keys, issuer=THEIRS, audience=OURS, at=at)
    for name, value in bound.items():
        # By type too: `True` is no status 1.
        said = message.claims.get(name)
        if type(said) is not type(value) or said != value:
            raise InvalidMessage("other_message", f"the signature is of another message ({name})")
    return message
