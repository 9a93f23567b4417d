"""What the portal's pages show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flexapp.people.handover_codes import HandedOver
from flexapp.portal.service import MESSAGES_A_PAGE, Message, MyMonths
from flexapp.rules.capabilities import ChannelKind, can

COUNTERS = (ChannelKind.TOWNSHIP, ChannelKind.HALL)


@dataclass(frozen=True, slots=True)
class HomePage:
    """首页."""

    greeting: str
    name: str | None
    year: int
    months: MyMonths | None
    announcements: tuple[str, ...] = ()
    """What the agency tells everybody today, newest first."""

    @property
    def pace(self) -> str:
        """How long the line of announcements takes to pass: about five characters a second.

        A class of the style sheet, because no page carries a style of its own.
        """
        length = sum(map(len, self.announcements))
        return next(name for most, name in PACES if length <= most)


PACES = ((14, "still"), (40, "short"), (120, "middle"), (240, "long"), (10_000, "longest"))


@dataclass(frozen=True, slots=True)
class MePage:
    """我的."""

    year: int
    months: MyMonths | None
    """None before signing in or registering."""


@dataclass(frozen=True, slots=True)
class MessagesPage:
    """消息: newest first."""

    messages: tuple[Message, ...]
    older: int | None

    @classmethod
    def of(cls, messages: Sequence[Message]) -> MessagesPage:
        """A page of messages."""
        shown = tuple(messages[:MESSAGES_A_PAGE])
        return cls(shown, shown[-1].seq if len(messages) > MESSAGES_A_PAGE else None)


@dataclass(frozen=True, slots=True)
class CodeCard:
    """A code to read out at a counter: what it is for, and which counters can do that."""

    id: int
    digits: str
    action: str
    counters: str

    @classmethod
    def of(cls, case: HandedOver) -> CodeCard:
        """The card of a case that waits."""
        counters = [
            kind.label
            for kind in (ChannelKind.TOWNSHIP, ChannelKind.HALL)
            if can(kind, case.action)
        ]
        return cls(case.id, case.spoken, case.action.label, "或".join(counters))
