"""The emergency switch (应急): nothing goes to the tax bureau until an officer says so again.

Residents still register and assess, and 传输 takes their records: they wait, can still be revoked
here, and their pages say so. What a sender has in hand when the switch is thrown is finished,
because nobody could say any more whether it arrived. What the tax bureau tells us is still heard.
"""

from __future__ import annotations

from datetime import datetime

from flexapp.agency.service import read_reason, require_officer
from flexapp.audit import service as audit
from flexapp.audit.service import Actor
from flexapp.rules.refusal import Refusal
from flexapp.transmission import circuit_breaker


def pause(*, reason: str, actor: Actor, at: datetime) -> Refusal | None:
    """Stop sending, with a reason for the record; again is harmless."""
    why = read_reason(reason)
    refusal = require_officer(actor)
    if refusal is not None or isinstance(why, Refusal):
        return refusal or (why if isinstance(why, Refusal) else None)
    if circuit_breaker.hold_back(by=actor.label, reason=why, at=at):
        _record("transmission.paused", actor, at, {"reason": why})
    return None


def resume(*, actor: Actor, at: datetime) -> Refusal | None:
    """Send again, at once, what has been waiting; again is harmless."""
    refusal = require_officer(actor)
    if refusal is not None:
        return refusal
    if circuit_breaker.resume():
        _record("transmission.resumed", actor, at, {})
    return None


def _record(action: str, actor: Actor, at: datetime, data: dict[str, str]) -> None:
    audit.record(action=action, person_id=None, subject="tax_link", actor=actor, at=at, data=data)
