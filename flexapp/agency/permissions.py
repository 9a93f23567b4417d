"""Permission check for officers of the agency, and validation of the texts they enter."""

from __future__ import annotations

from flexapp.audit.service import Actor, ActorKind
from flexapp.rules.refusal import Refusal
from flexapp.rules.roles import Role
from flexapp.rules.text import normalise_prose

NOT_AN_OFFICER = Refusal("not_an_officer", "只有经办机构管理员可以办理，请联系经办机构。")
REASON_MAX = 100


def require_officer(actor: Actor) -> Refusal | None:
    """Return None for an officer of the agency, else the refusal `not_an_officer`."""
    officer = actor.kind is ActorKind.STAFF and actor.channel == Role.AGENCY.value
    return None if officer and actor.id is not None else NOT_AN_OFFICER


def read_words(text: str, *, most: int) -> str | None:
    """Normalise the spaces of a line; None unless it has 2 to `most` characters."""
    words = normalise_prose(text)
    return words if 2 <= len(words) <= most else None


def read_reason(text: str) -> str | Refusal:
    """Return the normalised reason of 2 to 100 characters, or the refusal `reason_missing`."""
    return read_words(text, most=REASON_MAX) or Refusal(
        "reason_missing", f"请写明原因，2 至 {REASON_MAX} 个字。", "reason"
    )
