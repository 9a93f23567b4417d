"""好差评: the five levels of the national standard, what can be rated, and what is told of counts.

A count from one to two is told as little as a small amount is (`counts.FEWEST`): in one month, one
channel or one area it could be one person's opinion, and people were told that nobody sees whose.
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
from flexapp.rules.statistics import FEWEST
from flexapp.rules.text import normalise_prose

SENTENCE_MAX = 200
"""Characters of what a person may add in their own words."""


class Level(IntEnum):
    """How content a person was; the words are the standard's."""

    VERY_GOOD = 5
    GOOD = 4
    FAIR = 3
    BAD = 2
    VERY_BAD = 1

    @property
    def label(self) -> str:
        """What people choose and read."""
        return _LABELS[self]

    @property
    def is_bad(self) -> bool:
        """Whether the agency follows it up (差评)."""
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
"""What has just been finished with an assessment in this state; in the others it is under way."""


def business_of(action: str, *, actor_kind: str, channel: str) -> Action | None:
    """Which business an event did for somebody, on a phone or at a counter; None for any other.

    What the agency or the system does by itself was nobody's errand, and is not rated.
    """
    if actor_kind not in _OF_PEOPLE or channel in _NOT_COUNTERS:
        return None
    return _BUSINESSES.get(action)


def read_level(text: str) -> Level | Refusal:
    """The level that was chosen."""
    if text in {str(level.value) for level in Level}:
        return Level(int(text))
    return Refusal("level_missing", "请选一个：满意还是不满意。", "level")


def read_sentence(text: str) -> str | Refusal:
    """What was added, its spaces made single; empty where nothing was."""
    words = normalise_prose(text)
    if len(words) <= SENTENCE_MAX:
        return words
    return Refusal(
        "sentence_long",
        f"想说的话最多 {SENTENCE_MAX} 个字，现在有 {len(words)} 个，请缩短后再提交。",
        "sentence",
    )


def refuse_numbers(words: str, shown_as: str) -> Refusal | None:
    """Whether somebody has to see first what a sentence with numbers in it becomes.

    Staff cannot see whose a rating is, so no number in it may tell. `shown_as`: the sentence that
    the person was shown as the one that is kept.
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
    """So many ratings of one level in a month ("YYYY-MM"), of one business, channel and area."""

    month: str
    business: str
    channel: str
    division: str
    level: Level
    number: int


@dataclass(slots=True)
class RatingTally:
    """Ratings under one name. What is asked of it is what may be told: None is too few."""

    numbers: dict[Level, int] = field(default_factory=dict)

    def add(self, count: RatingCount) -> None:
        """Count it here as well."""
        self.numbers[count.level] = self.numbers.get(count.level, 0) + count.number

    @property
    def total(self) -> int | None:
        """All ratings."""
        return _told(self._all)

    def number(self, level: Level) -> int | None:
        """Those of a level; of too few ratings altogether not even which levels they had."""
        return None if self.total is None else _told(self.numbers.get(level, 0))

    def share(self, level: Level) -> Decimal | None:
        """Their part of all in percent, to one decimal."""
        return self._percent(self.number(level))

    @property
    def content(self) -> Decimal | None:
        """满意率: 基本满意 or better, in percent; None also where too few were on either side."""
        good = sum(number for level, number in self.numbers.items() if not level.is_bad)
        if self.total is None or _told(self._all - good) is None:
            return None
        return self._percent(_told(good))

    @property
    def _all(self) -> int:
        return sum(self.numbers.values())

    def _percent(self, number: int | None) -> Decimal | None:
        if number is None or not self._all:
            return None
        exact = Decimal(number) * 100 / Decimal(self._all)
        return exact.quantize(Decimal("0.1"), ROUND_HALF_UP)


def _told(number: int) -> int | None:
    return number if number == 0 or number >= FEWEST else None


def tally_ratings(
    counts: Iterable[RatingCount], key: Callable[[RatingCount], str], names: Iterable[str] = ()
) -> dict[str, RatingTally]:
    """Every count under its key: first `names` in order, with nothing where nothing was."""
    tallies = {name: RatingTally() for name in names}
    for count in counts:
        tallies.setdefault(key(count), RatingTally()).add(count)
    return tallies
