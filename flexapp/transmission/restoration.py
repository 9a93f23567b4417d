"""Restores records that the tax bureau has and we have lost, from our signed messages stored there.

Needed after an older copy of our database was restored. A message counts only if our own signature
covers this serial and content. `FLEXAPP_SIGNING_KEYS` must still contain the key that signed it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from joserfc.jwk import KeySet

from flexapp.assessment import service as assessment
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import State
from flexapp.signing import InvalidMessage
from flexapp.transmission import protocol, repository
from flexapp.transmission.gateway import RemoteCopy, RemoteRecord, TaxGateway, TaxUnreachable
from flexapp.web.clock import now

STATES = {
    "received": State.TRANSMITTED,
    "revoking": State.TAX_REVOKING,
    "paid": State.PAID,
    # Revoked there: nothing is due any more, and its months may belong to another assessment by
    # now.
    "revoked": State.REVOKED,
}


@dataclass(frozen=True, slots=True)
class Archived:
    """Our own submission of an assessment, with a verified signature."""

    body: str
    content: dict[str, str]
    sent_at: datetime


def archived(gateway: TaxGateway, holding: RemoteRecord, keys: KeySet) -> Archived | Refusal:
    """Fetch and verify our submission of a record; no transaction may be open.

    Refused, in English for the operator, if it is not stored there or not verifiably ours. Raises
    `TaxUnreachable` if there is no answer.
    """
    try:
        told = [each for each in gateway.kept(holding.serial) if each.kind == "submit"]
    except TaxUnreachable as fault:
        if not fault.answered:
            raise
        # One serial without an answer must not stop the comparison of all others.
        return Refusal("not_told", f"what is kept there of our message is not told ({fault})")
    if not told:
        return Refusal("not_kept", "our message is not kept there")
    return _read(told[-1], holding, keys)


def _read(kept: RemoteCopy, holding: RemoteRecord, keys: KeySet) -> Archived | Refusal:
    try:
        claims = protocol.own_submission(kept.signature, kept.body, keys, serial=holding.serial)
        content = {str(name): str(value) for name, value in json.loads(kept.body).items()}
        sent_at = datetime.fromtimestamp(int(str(claims["iat"])), UTC)
    except InvalidMessage as fault:
        return Refusal(fault.reason, f"our message kept there is not believed: {fault}")
    except (ValueError, KeyError, AttributeError):
        return Refusal("unreadable", "our message kept there cannot be read")
    digest = hashlib.sha256(protocol.canonical(content).encode()).hexdigest()
    if (content.get("serial"), digest) != (holding.serial, holding.digest):
        return Refusal("other_content", "our message kept there has another content than is held")
    return Archived(kept.body, content, sent_at)


def restore(holding: RemoteRecord, found: Archived) -> Refusal | bool:
    """Restore the assessment and its message, in the caller's transaction.

    False if another comparison has just done so.
    """
    at = now()
    outcome = assessment.restore(
        content=found.content, state=STATES[holding.state], made_at=found.sent_at, at=at
    )
    if isinstance(outcome, Refusal):
        return outcome
    if outcome is None:
        return False
    repository.add(
        {
            "id": secrets.token_hex(16),
            "serial": holding.serial,
            "request_id": "",
            "kind": "submit",
            "reason": "",
            "content": found.body,
            "digest": hashlib.sha256(found.body.encode()).hexdigest(),
            "status": "done",
            "attempt": 0,
            "maybe_sent": True,
            "failures": 0,
            "created_at": found.sent_at,
            "due_at": at,
            "last_fault": "",
            "proof": holding.proof.stored(),
        }
    )
    return True
