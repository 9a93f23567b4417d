"""What an illustrated step is: where it is done, what it is about, how it is said, its picture."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PICTURE_WIDTH, PICTURE_HEIGHT = 375, 528
"""CSS pixels: a phone's width, and as much of its height as holds what a step is about."""


class Kind(StrEnum):
    """What a mark is on the page, which is also how it is found there."""

    LINK = "link"
    BUTTON = "button"
    CHOICE = "choice"
    FIELD = "field"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that a step is about, by the name people read on it; ringed in the picture."""

    kind: Kind
    name: str


def links(*names: str) -> tuple[Mark, ...]:
    """Links with these words in them."""
    return tuple(Mark(Kind.LINK, name) for name in names)


def fields(*names: str) -> tuple[Mark, ...]:
    """Fields with these labels."""
    return tuple(Mark(Kind.FIELD, name) for name in names)


def texts(*names: str) -> tuple[Mark, ...]:
    """Words to be looked at; of a heading, all that stands under it."""
    return tuple(Mark(Kind.TEXT, name) for name in names)


def choices(*names: str) -> tuple[Mark, ...]:
    """One of several to be chosen."""
    return tuple(Mark(Kind.CHOICE, name) for name in names)


def buttons(*names: str) -> tuple[Mark, ...]:
    """Buttons of these names."""
    return tuple(Mark(Kind.BUTTON, name) for name in names)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, on the page of that title. `marks` in the order in which it is done.

    `sentence` names every mark in “ ”, as it stands on the page. `height`: of the picture, less
    where the rest of the page is empty.
    """

    picture: str
    page: str
    marks: tuple[Mark, ...]
    sentence: str
    height: int = PICTURE_HEIGHT

    @property
    def file(self) -> str:
        """The picture, as the front-end build knows it."""
        return f"img/guide/{self.picture}.png"

    @property
    def seen(self) -> str:
        """What the picture shows, for those who do not see it."""
        names = "、".join(f"“{mark.name}”" for mark in self.marks)
        return f"手机上的“{self.page}”页面，红框圈着{names}。"


@dataclass(frozen=True, slots=True)
class Part:
    """Steps that follow one another, from the page where they begin."""

    code: str
    heading: str
    lead: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Annex:
    """One annex of the notice, with the pages of today. `code`: its part of the address."""

    number: int
    code: str
    name: str
    about: str
    parts: tuple[Part, ...]

    @property
    def title(self) -> str:
        """What its page is called."""
        return f"图解：{self.name}"

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, in order."""
        return tuple(step for part in self.parts for step in part.steps)
