"""The emergency switch (应急): an officer pauses all sending to the tax bureau.

Residents can still register, assess and use 传输. Their records wait, can still be revoked here,
and their pages say so. A message that a worker has claimed before the pause is completed, because
otherwise it would be unknown whether it arrived. Events from the tax bureau are still accepted.
"""

from __future__ import annotations

from datetime import datetime

from flexapp.agency.service import read_reason, require_officer
from flexapp.audit import service as audit
from flexapp.audit.service import Actor
from flexapp.rules.refusal import Refusal
from flexapp.transmission import circuit_breaker


def pause(*, reason: str, actor: Actor, at: datetime) -> Refusal | None:
    """Pause sending, with a reason for the audit log. Idempotent."""
    why = read_reason(reason)
    refusal = require_officer(actor)
    if refusal is not None or isinstance(why, Refusal):
        return refusal or (why if isinstance(why, Refusal) else None)
    if circuit_breaker.hold_back(by=actor.label, reason=why, at=at):
        _audit("transmission.paused", actor, at, {"reason": why})
    return None


def resume(*, actor: Actor, at: datetime) -> Refusal | None:
    """Resume sending; waiting messages become due at once. Idempotent."""
    refusal = require_officer(actor)
    if refusal is not None:
        return refusal
    if circuit_breaker.resume():
        _audit("transmission.resumed", actor, at, {})
    return None


def _audit(action: str, actor: Actor, at: datetime, data: dict[str, str]) -> None:
    audit.record(action=action, person_id=None, subject="tax_link", actor=actor, at=at, data=data)
