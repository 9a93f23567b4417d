"""Who may publish and open: an officer of the agency, asked by every service of this slice."""

from __future__ import annotations

from flexapp.audit.service import Actor, ActorKind
from flexapp.rules.refusal import Refusal
from flexapp.rules.roles import Role

NOT_AN_OFFICER = Refusal("not_an_officer", "只有经办机构管理员可以办理，请联系经办机构。")
REASON_MAX = 100


def refuse_others(actor: Actor) -> Refusal | None:
    """None for an officer of the agency."""
    officer = actor.kind is ActorKind.STAFF and actor.channel == Role.AGENCY.value
    return None if officer and actor.id is not None else NOT_AN_OFFICER


def read_reason(text: str) -> str | Refusal:
    """A reason as typed, in 2 to 100 characters."""
    reason = " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())
    if 2 <= len(reason) <= REASON_MAX:
        return reason
    return Refusal("reason_missing", f"请写明原因，2 至 {REASON_MAX} 个字。", "reason")
