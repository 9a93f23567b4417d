"""View models that several pages of the office share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReasonPage:
    """The page that asks for the reason of an action before it is taken."""

    title: str
    back: str
    """URL of 返回."""
    lead: str
    """What the action does."""
    action: str
    """URL that the form is posted to."""
    button: str
    hint: str = "2 至 100 个字"
    serial: str | None = None
    """The assessment that the action is about."""
