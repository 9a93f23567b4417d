"""One action as serialisable data, so that a course can be stored and replayed.

⟦names⟧ are placeholders for values that differ between runs (serials, tokens, codes). The course
fills them in, so that a stored course can be replayed in another run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The type of action."""

    CALL = "call"  # send any request
    PRESS = "press"  # open a page (or use the last one), change a form, press a button
    LAUNCH = "launch"  # a vendor's server sends a signed launch
    EVENT = "event"  # the tax bureau sends a signed event
    WORK = "work"  # run the sender once, and let the tax bureau deliver its events


class How(StrEnum):
    """How the fields are encoded in the request body."""

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
    RAW = "raw"  # the value of the first field, unencoded


@dataclass(frozen=True, slots=True)
class Step:
    """One action.

    `target`: path and query; `which`: the index of the form; `fields`: the body, or for PRESS,
    LAUNCH and EVENT the changes to it.
    """

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
    """Serialise steps for `from_json`; lone surrogates are preserved."""
    return json.dumps([asdict(step) for step in steps], indent=1)


def from_json(text: str) -> Sequence[Step]:
    """Deserialise steps."""
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
