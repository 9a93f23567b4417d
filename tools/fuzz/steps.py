"""One thing that somebody does, as data: it can be written to a file and done again.

Names in ⟦…⟧ stand for what is different in every run (serials, tokens, codes); the course of
requests fills them in, so that a file of one run can be replayed in another.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What is done."""

    CALL = "call"  # a request, whatever it is
    PRESS = "press"  # open a page (or take the last one), change a form of it, press a button
    LAUNCH = "launch"  # a vendor's server sends a signed launch
    EVENT = "event"  # the tax bureau tells an event, signed
    WORK = "work"  # the sender runs once, and the tax bureau tells what it did


class How(StrEnum):
    """How the fields are put into a body."""

    FORM = "form"
    MULTIPART = "multipart"
    JSON = "json"
    BROKEN_MULTIPART = "broken multipart"
    NO_TYPE = "no type"
    ODD_CHARSET = "odd charset"
    GZIP = "gzip"
    FILE = "a file in place of each field"
    SHORT = "shorter than announced"
    NO_LENGTH = "no length"
    RAW = "raw"  # the value of the first field, as it is


@dataclass(frozen=True, slots=True)
class Step:
    """`target`: path and query; `which`: the n-th form; `fields`: the body, or for PRESS, LAUNCH
    and EVENT what is changed of it."""

    kind: Kind
    role: str = "nobody"
    method: str = "GET"
    target: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    how: How = How.FORM
    which: int = 0

    def __str__(self) -> str:
        parts = [f"{self.kind:6} {self.role:8}"]
        if self.kind is Kind.CALL:
            parts.append(self.method)
        parts.append(_short(self.target))
        if self.which:
            parts.append(f"form {self.which}")
        parts += [f"{name}: {_short(value)}" for name, value in self.headers]
        if self.fields:
            said = ", ".join(f"{name}={_short(value)!r}" for name, value in self.fields)
            parts.append(f"[{self.how}] {said}")
        return " ".join(parts)


def _short(text: str, most: int = 80) -> str:
    return text if len(text) <= most else f"{text[: most - 20]}… ({len(text)})"


def to_json(steps: Iterable[Step]) -> str:
    """A file that `from_json` reads; lone surrogates included."""
    return json.dumps([asdict(step) for step in steps], indent=1)


def from_json(text: str) -> Sequence[Step]:
    """The steps of such a file."""
    return [
        Step(
            kind=Kind(each["kind"]),
            role=each["role"],
            method=each["method"],
            target=each["target"],
            headers=_pairs(each["headers"]),
            fields=_pairs(each["fields"]),
            how=How(each["how"]),
            which=each["which"],
        )
        for each in json.loads(text)
    ]


def _pairs(found: Iterable[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in found)
