"""What was done, counted: by day, by channel and by area, without anybody's name (design 2.6).

Amounts are whole fen. An amount behind which fewer than three cases stand is not told beside its
count: with one day, one channel or one area it could be one person's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

FEWEST = 3
"""So many cases stand at least behind an amount that is told."""


class Measure(StrEnum):
    """What is counted."""

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
        """Whether money is counted beside the cases."""
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
    """So many cases of a kind on one day, through one channel, in one area."""

    day: date
    channel: str
    division: str
    number: int
    fen: int = 0


@dataclass(slots=True)
class Tally:
    """Cases and fen of each measure under one name."""

    numbers: dict[Measure, int] = field(default_factory=dict)
    fen: dict[Measure, int] = field(default_factory=dict)

    def add(self, measure: Measure, count: Count) -> None:
        """Count it here as well."""
        self.numbers[measure] = self.numbers.get(measure, 0) + count.number
        self.fen[measure] = self.fen.get(measure, 0) + count.fen

    def number(self, measure: Measure) -> int:
        """How many cases."""
        return self.numbers.get(measure, 0)

    def amount(self, measure: Measure) -> int | None:
        """Fen; None where too few cases stand behind it to tell."""
        number = self.number(measure)
        return self.fen.get(measure, 0) if number == 0 or number >= FEWEST else None


def tally(
    found: Mapping[Measure, Iterable[Count]], key: Callable[[Count], str], names: Iterable[str]
) -> dict[str, Tally]:
    """Everything found under the key of each, in the order of `names`; other keys come after."""
    tallies = {name: Tally() for name in names}
    for measure, counts in found.items():
        for count in counts:
            tallies.setdefault(key(count), Tally()).add(measure, count)
    return tallies
