"""Ratings (好差评): the levels of the national standard, what can be rated, and which counts show.

A count of one or two is hidden, like a small amount (`statistics.MIN_CASES`). In one month, channel
or area it could reveal one person's opinion, and people are promised that ratings are anonymous.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum

from flexapp.rules.capabilities import Action
from flexapp.rules.personal_numbers import hide
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import State
from flexapp.rules.statistics import MIN_CASES
from flexapp.rules.text import normalise_prose

SENTENCE_MAX = 200
"""Maximum length of the free text of a rating, in characters."""


class Level(IntEnum):
    """Levels of satisfaction; the labels are those of the national standard."""

    VERY_GOOD = 5
    GOOD = 4
    FAIR = 3
    BAD = 2
    VERY_BAD = 1

    @property
    def label(self) -> str:
        """The level for display."""
        return _LABELS[self]

    @property
    def is_bad(self) -> bool:
        """Whether the agency must follow up the rating (差评)."""
        return self <= Level.BAD


_LABELS = {
    Level.VERY_GOOD: "非常满意",
    Level.GOOD: "满意",
    Level.FAIR: "基本满意",
    Level.BAD: "不满意",
    Level.VERY_BAD: "非常不满意",
}

_BUSINESSES = {
    "registration.made": Action.REGISTER,
    "registration.changed": Action.REGISTER,
    "assessment.assess": Action.ASSESS,
    "assessment.transmit": Action.TRANSMIT,
    "assessment.revoke": Action.REVOKE,
}
_OF_PEOPLE = ("account", "staff")
_NOT_COUNTERS = ("agency", "auditor", "system")

FINISHED = {
    State.ASSESSED: Action.ASSESS,
    State.TRANSMITTED: Action.TRANSMIT,
    State.PAID: Action.TRANSMIT,
    State.REVOKED: Action.REVOKE,
}
"""The action completed when an assessment is in a state; in other states one is in progress."""


def business_of(action: str, *, actor_kind: str, channel: str) -> Action | None:
    """The business that an audit event completed for a resident, on a phone or at a counter.

    Returns `None` for other events. Actions that the agency or the system takes on its own are not
    rated.
    """
    if actor_kind not in _OF_PEOPLE or channel in _NOT_COUNTERS:
        return None
    return _BUSINESSES.get(action)


def read_level(text: str) -> Level | Refusal:
    """Parse the chosen level. Refusal: level_missing."""
    if text in {str(level.value) for level in Level}:
        return Level(int(text))
    return Refusal("level_missing", "请选一个：满意还是不满意。", "level")


def read_sentence(text: str) -> str | Refusal:
    """Normalise the free text; empty when nothing was entered. Refusal: sentence_long."""
    words = normalise_prose(text)
    if len(words) <= SENTENCE_MAX:
        return words
    return Refusal(
        "sentence_long",
        f"想说的话最多 {SENTENCE_MAX} 个字，现在有 {len(words)} 个，请缩短后再提交。",
        "sentence",
    )


def refuse_numbers(words: str, shown_as: str) -> Refusal | None:
    """Refuse text with identifying numbers until the person has seen the text without them.

    Ratings are anonymous to staff, so numbers that identify a person are removed. `shown_as`: the
    text that the person was shown as the version to be stored. Refusal: sentence_numbers.
    """
    if hide(words) in (words, shown_as):
        return None
    return Refusal(
        "sentence_numbers",
        "里面有像电话或证件号码的数字，保存时会隐去。请看下面保存的样子，再按一次“提交评价”。",
        "sentence",
    )


@dataclass(frozen=True, slots=True)
class RatingCount:
    """The number of ratings of one level in a month ("YYYY-MM"), business, channel and area."""

    month: str
    business: str
    channel: str
    division: str
    level: Level
    number: int


@dataclass(slots=True)
class RatingTally:
    """Rating counts of one group. Results that could reveal a single rating are `None`."""

    numbers: dict[Level, int] = field(default_factory=dict)

    def add(self, count: RatingCount) -> None:
        """Add `count` to the group."""
        self.numbers[count.level] = self.numbers.get(count.level, 0) + count.number

    @property
    def total(self) -> int | None:
        """The number of all ratings."""
        return _if_enough(self._all)

    def number(self, level: Level) -> int | None:
        """The number of ratings of a level; `None` also when the total is too small to show."""
        return None if self.total is None else _if_enough(self.numbers.get(level, 0))

    def share(self, level: Level) -> Decimal | None:
        """The share of a level in all ratings, in percent with one decimal."""
        return self._percent(self.number(level))

    @property
    def content(self) -> Decimal | None:
        """满意率: the share of 基本满意 or better, in percent with one decimal.

        `None` also when the good or the bad ratings are too few to show.
        """
        good = sum(number for level, number in self.numbers.items() if not level.is_bad)
        if self.total is None or _if_enough(self._all - good) is None:
            return None
        return self._percent(_if_enough(good))

    @property
    def _all(self) -> int:
        return sum(self.numbers.values())

    def _percent(self, number: int | None) -> Decimal | None:
        if number is None or not self._all:
            return None
        exact = Decimal(number) * 100 / Decimal(self._all)
        return exact.quantize(Decimal("0.1"), ROUND_HALF_UP)


def _if_enough(number: int) -> int | None:
    return number if number == 0 or number >= MIN_CASES else None


def tally_ratings(
    counts: Iterable[RatingCount], key: Callable[[RatingCount], str], names: Iterable[str] = ()
) -> dict[str, RatingTally]:
    """Group counts by `key`. `names` come first, in order, even without ratings."""
    tallies = {name: RatingTally() for name in names}
    for count in counts:
        tallies.setdefault(key(count), RatingTally()).add(count)
    return tallies
