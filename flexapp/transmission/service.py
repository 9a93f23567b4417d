"""Queue an assessment for the tax bureau, or a request to revoke it.

The change of state and the outbox message are written in one transaction.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from flexapp.assessment import service as assessment
from flexapp.assessment.service import HeldUp, Record
from flexapp.audit.service import Actor
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move
from flexapp.rules.text import normalise_prose
from flexapp.transmission import repository
from flexapp.transmission.admin import (
    TransmissionStatus,
    give_back,
    retry,
    transmission_status,
)
from flexapp.transmission.gateway import TaxGateway, TaxUnreachable
from flexapp.transmission.messages import submission
from flexapp.transmission.pause import pause, resume
from flexapp.web import request_ids
from flexapp.web.clock import utcnow

__all__ = [
    "TaxGateway",
    "TaxUnreachable",
    "TransmissionStatus",
    "ask_tax_to_revoke",
    "give_back",
    "pause",
    "read_reason",
    "resume",
    "retry",
    "transmission_status",
    "transmit",
]

REASON_MAX = 100


def transmit(*, record: Record, actor: Actor, at: datetime) -> Record | Refusal:
    """传输: queue the assessment. The outbox worker delivers it."""
    moved = assessment.transition(record=record, move=Move.TRANSMIT, actor=actor, at=at)
    if not isinstance(moved, Refusal):
        _enqueue(record.serial, "submit", at, content=submission(record))
        if repository.link().waits:
            assessment.hold_up(record.serial, HeldUp.DOWN)
    return moved


def ask_tax_to_revoke(
    *, record: Record, reason: str, actor: Actor, at: datetime, by_agency: bool = False
) -> Record | Refusal:
    """申请税务撤销, with a reason of 2 to 100 characters that the tax bureau's clerk reads.

    `by_agency` has the meaning it has in `assessment.transition`.
    """
    words = read_reason(reason)
    if isinstance(words, Refusal):
        return words
    moved = assessment.transition(
        record=record,
        move=Move.ASK,
        actor=actor,
        at=at,
        data={"reason": words},
        by_agency=by_agency,
    )
    if not isinstance(moved, Refusal):
        _enqueue(record.serial, "ask", at, reason=words)
    return moved


def read_reason(text: str) -> str | Refusal:
    """Return the normalised reason of a revocation request; refused unless 2 to 100 characters."""
    words = normalise_prose(text)
    if 2 <= len(words) <= REASON_MAX:
        return words
    return Refusal("reason_missing", f"请写明撤销原因，2 至 {REASON_MAX} 个字。", "reason")


def _enqueue(serial: str, kind: str, at: datetime, *, reason: str = "", content: str = "") -> None:
    repository.add(
        {
            "id": secrets.token_hex(16),
            "serial": serial,
            "request_id": request_ids.current(),
            "kind": kind,
            "reason": reason,
            "content": content,
            "digest": hashlib.sha256(content.encode()).hexdigest() if content else "",
            "status": "waiting",
            "attempt": 0,
            "maybe_sent": False,
            "failures": 0,
            "created_at": at,
            # Leases and due times use the real clock, even if the business date is pinned.
            "due_at": utcnow(),
            "last_fault": "",
            "proof": "",
        }
    )
