"""Data model of the illustrated steps: annexes, parts, steps and marks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PICTURE_WIDTH, PICTURE_HEIGHT = 375, 528
"""CSS pixels: the width of a phone, and the height that holds the marks of a step."""


class Kind(StrEnum):
    """The type of page element that a mark refers to; it determines how the element is located."""

    LINK = "link"
    BUTTON = "button"
    CHOICE = "choice"
    FIELD = "field"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Mark:
    """A page element of a step, located by its visible name and outlined in the picture."""

    kind: Kind
    name: str


def links(*names: str) -> tuple[Mark, ...]:
    """Return marks for links that contain these texts."""
    return tuple(Mark(Kind.LINK, name) for name in names)


def fields(*names: str) -> tuple[Mark, ...]:
    """Return marks for form fields with these labels."""
    return tuple(Mark(Kind.FIELD, name) for name in names)


def texts(*names: str) -> tuple[Mark, ...]:
    """Return marks for texts. A heading stands for its whole section."""
    return tuple(Mark(Kind.TEXT, name) for name in names)


def choices(*names: str) -> tuple[Mark, ...]:
    """Return marks for options (radio buttons or checkboxes) with these labels."""
    return tuple(Mark(Kind.CHOICE, name) for name in names)


def buttons(*names: str) -> tuple[Mark, ...]:
    """Return marks for buttons with these names."""
    return tuple(Mark(Kind.BUTTON, name) for name in names)


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the page with the title `page`. `marks` are in the order in which they are used.

    `sentence` quotes the name of every mark in “ ”, exactly as on the page. `height` is the height
    of the picture in CSS pixels; smaller where the rest of the page is empty.
    """

    picture: str
    page: str
    marks: tuple[Mark, ...]
    sentence: str
    height: int = PICTURE_HEIGHT

    @property
    def file(self) -> str:
        """The path of the picture in the built static files."""
        return f"img/guide/{self.picture}.png"

    @property
    def seen(self) -> str:
        """The alternative text of the picture."""
        names = "、".join(f"“{mark.name}”" for mark in self.marks)
        return f"手机上的“{self.page}”页面，红框圈着{names}。"


@dataclass(frozen=True, slots=True)
class Part:
    """A sequence of steps; `lead` says where it starts."""

    code: str
    heading: str
    lead: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Annex:
    """One annex of the notice, updated to the current pages. `code`: the last part of its URL."""

    number: int
    code: str
    name: str
    about: str
    parts: tuple[Part, ...]

    @property
    def title(self) -> str:
        """The title of the annex's page."""
        return f"图解：{self.name}"

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps of all parts, in order."""
        return tuple(step for part in self.parts for step in part.steps)
