"""Anonymous statistics of completed business by day, channel and area (design 2.6).

Amounts are in whole fen. The amount of fewer than three cases is hidden: for one day, channel or
area it could be the amount of one person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

MIN_CASES = 3
"""Minimum number of cases before an amount is shown."""


class Measure(StrEnum):
    """The kinds of cases that are counted."""

    REGISTERED = "registered"
    CHANGED = "changed"
    ASSESSED = "assessed"
    TRANSMITTED = "transmitted"
    PAID = "paid"

    @property
    def label(self) -> str:
        return LABELS[self]

    @property
    def has_amount(self) -> bool:
        """Whether amounts are summed in addition to the number of cases."""
        return self in (Measure.ASSESSED, Measure.PAID)


LABELS = {
    Measure.REGISTERED: "登记",
    Measure.CHANGED: "变更登记",
    Measure.ASSESSED: "核定",
    Measure.TRANSMITTED: "传输",
    Measure.PAID: "缴费",
}


@dataclass(frozen=True, slots=True)
class Count:
    """The number of cases of a kind, and their amount in fen, by day, channel and area."""

    day: date
    channel: str
    division: str
    number: int
    fen: int = 0


@dataclass(slots=True)
class Tally:
    """The number of cases and the amount in fen per measure, for one group."""

    numbers: dict[Measure, int] = field(default_factory=dict)
    fen: dict[Measure, int] = field(default_factory=dict)

    def add(self, measure: Measure, count: Count) -> None:
        """Add `count` to the group."""
        self.numbers[measure] = self.numbers.get(measure, 0) + count.number
        self.fen[measure] = self.fen.get(measure, 0) + count.fen

    def number(self, measure: Measure) -> int:
        """The number of cases."""
        return self.numbers.get(measure, 0)

    def amount(self, measure: Measure) -> int | None:
        """The amount in fen; `None` when there are fewer cases than `MIN_CASES`."""
        number = self.number(measure)
        return self.fen.get(measure, 0) if number == 0 or number >= MIN_CASES else None


def tally(
    found: Mapping[Measure, Iterable[Count]], key: Callable[[Count], str], names: Iterable[str]
) -> dict[str, Tally]:
    """Group counts by `key`. `names` come first, in order; other keys follow."""
    tallies = {name: Tally() for name in names}
    for measure, counts in found.items():
        for count in counts:
            tallies.setdefault(key(count), Tally()).add(measure, count)
    return tallies
