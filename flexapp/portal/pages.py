"""View models of the portal pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flexapp.people.handover_codes import HandedOver
from flexapp.portal.service import PAGE_SIZE, Message, MyMonths
from flexapp.rules.capabilities import ChannelKind, can

COUNTERS = (ChannelKind.TOWNSHIP, ChannelKind.HALL)


@dataclass(frozen=True, slots=True)
class HomePage:
    """The view model of 首页."""

    greeting: str
    name: str | None
    year: int
    months: MyMonths | None
    announcements: tuple[str, ...] = ()
    """The agency's current announcements, newest first."""

    @property
    def pace(self) -> str:
        """The CSS class for the duration of the ticker: about five characters per second.

        A class, because the content security policy forbids inline styles.
        """
        length = sum(map(len, self.announcements))
        return next(name for most, name in PACES if length <= most)


PACES = ((14, "still"), (40, "short"), (120, "middle"), (240, "long"), (10_000, "longest"))


@dataclass(frozen=True, slots=True)
class MePage:
    """The view model of 我的."""

    year: int
    months: MyMonths | None
    """None before sign-in or registration."""


@dataclass(frozen=True, slots=True)
class MessagesPage:
    """The view model of 消息, newest first. `older`: start of the next page, if there is one."""

    messages: tuple[Message, ...]
    older: int | None

    @classmethod
    def of(cls, messages: Sequence[Message]) -> MessagesPage:
        """Return one page; `messages` holds one more item than a page if there are older ones."""
        shown = tuple(messages[:PAGE_SIZE])
        return cls(shown, shown[-1].seq if len(messages) > PAGE_SIZE else None)


@dataclass(frozen=True, slots=True)
class CodeCard:
    """A handover code (办理码) with its action and the counters that can continue it."""

    id: int
    digits: str
    action: str
    counters: str

    @classmethod
    def of(cls, case: HandedOver) -> CodeCard:
        """Return the card of a waiting case."""
        counters = [
            kind.label
            for kind in (ChannelKind.TOWNSHIP, ChannelKind.HALL)
            if can(kind, case.action)
        ]
        return cls(case.id, case.spoken, case.action.label, "或".join(counters))
