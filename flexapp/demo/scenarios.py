"""Random assessments of one person in one year: months, base, and transitions.

The result follows the rules: no month is reserved twice, no month is after the retirement month,
and all transitions are valid (`assessment_history` checks them against `rules/states.py` again).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from flexapp.assessment import service as assessment
from flexapp.audit.service import TAX_BUREAU, Actor
from flexapp.demo.assessment_history import SeededAssessment, SeededTransition
from flexapp.rules.contribution import calculate
from flexapp.rules.contribution_base import EnteredBase, parse_base
from flexapp.rules.parameters import ParameterBook, Rate, YearFigures
from flexapp.rules.periods import Month, Period
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move

Picked = TypeVar("Picked")

ARRIVED = (Move.TRANSMIT, Move.RECEIVE)
ASKED = (*ARRIVED, Move.ASK)

Mix = Mapping[tuple[Move, ...], int]
"""Sequences of moves after the assessment, each with its weight in percent."""

PAST: Mix = {(*ARRIVED, Move.PAY): 93, ARRIVED: 3, (): 4}
CURRENT: Mix = {
    (*ARRIVED, Move.PAY): 45,
    ARRIVED: 25,
    (): 22,
    ASKED: 2,
    (*ASKED, Move.AGREE): 2,
    (*ASKED, Move.DECLINE): 2,
    (Move.TRANSMIT, Move.REFUSE): 2,
}
REVOKED: Mix = {
    (Move.REVOKE,): 80,
    (*ASKED, Move.AGREE, Move.REVOKE): 14,
    (Move.TRANSMIT, Move.REFUSE, Move.REVOKE): 6,
}
REVOKED_SHARE = 0.13
"""Share of revoked assessments. They reserve no month, so the same months can be assessed again."""

ENTERED: Mapping[str, int] = {
    "60": 40,
    "80": 8,
    "100": 14,
    "150": 4,
    "200": 3,
    "300": 3,
    "72.5": 4,
    **{str(wage): 1 for wage in range(3000, 27000, 1000)},
}
TAX_MOVES = frozenset({Move.RECEIVE, Move.REFUSE, Move.PAY, Move.AGREE, Move.DECLINE})
IMMEDIATE = frozenset({Move.RECEIVE, Move.REFUSE})
ANSWERED_AFTER = timedelta(seconds=40)
REASONS: Mapping[Move, Mapping[str, str]] = {
    Move.ASK: {"reason": "月份选错了，需要重新核定（演示）"},
    Move.REFUSE: {"reason": "信息不符（演示）"},
    Move.AGREE: {"reason": "同意撤销（演示）"},
    Move.DECLINE: {"reason": "正在扣款，不能撤销（演示）"},
}


@dataclass(frozen=True, slots=True)
class Subject:
    """The person, the actor, and the time span of the events."""

    person_id: int
    division: str
    unit_id: int
    last_month: Month
    actor: Actor
    by_proxy: bool
    begins: datetime
    lasts: timedelta


def free_months(year: int, last_month: Month) -> range:
    """Return the numbers of the year's months up to the retirement month."""
    if last_month.year < year:
        return range(0)
    return range(1, (last_month.number if last_month.year == year else 12) + 1)


def generate_assessments(
    rng: Random, subject: Subject, year: int, count: int, mix: Mix, figures: Figures
) -> Iterator[SeededAssessment]:
    """Yield `count` assessments in chronological order. The year must have a free month."""
    free = free_months(year, subject.last_month)
    live = min(sum(rng.random() >= REVOKED_SHARE for _ in range(count)), len(free))
    plan = [(_anywhere(rng, free), _one_of(rng, REVOKED)) for _ in range(count - live)]
    plan += [(months, _one_of(rng, mix)) for months in _apart(rng, free, live)]
    acts = sum(1 + len(moves) for _, moves in plan)
    done, at = 0, subject.begins
    for months, moves in plan:
        made_at = at = _next(rng, subject, done, acts, at)
        done += 1
        steps = []
        for move in moves:
            later = _next(rng, subject, done, acts, at)
            at = at + ANSWERED_AFTER if move in IMMEDIATE else later
            done += 1
            actor = TAX_BUREAU if move in TAX_MOVES else subject.actor
            steps.append(SeededTransition(move, actor, at, REASONS.get(move, {})))
        yield SeededAssessment(
            person_id=subject.person_id,
            division=subject.division,
            unit_id=subject.unit_id,
            period=Period(Month(year, months[0]), Month(year, months[-1])),
            figures=figures.of(_one_of(rng, ENTERED), year, len(months)),
            actor=subject.actor,
            by_proxy=subject.by_proxy,
            at=made_at,
            steps=steps,
        )


def _next(rng: Random, subject: Subject, done: int, acts: int, before: datetime) -> datetime:
    """Return the time of the next of `acts` events, at least one second after `before`."""
    wanted = subject.begins + subject.lasts * ((done + rng.random()) / acts)
    return max(wanted, before + timedelta(seconds=1))


def _anywhere(rng: Random, free: range) -> range:
    first = rng.choice(free)
    return range(first, rng.randint(first, free[-1]) + 1)


def _apart(rng: Random, free: range, number: int) -> Iterator[range]:
    """Yield `number` non-overlapping ranges of free months."""
    first = free[0]
    for left in range(number, 0, -1):
        most = (free[-1] + 1 - first) // left
        size = most if rng.random() < 0.6 else rng.randint(1, most)
        yield range(first, first + size)
        first += size


def _one_of(rng: Random, mix: Mapping[Picked, int]) -> Picked:
    return rng.choices(list(mix), list(mix.values()))[0]


class Figures:
    """Stored figures by base, year and number of months; each is calculated once."""

    def __init__(self, book: ParameterBook) -> None:
        self._book = book
        self._known: dict[tuple[str, int, int], Mapping[str, object]] = {}

    def years(self) -> tuple[int, ...]:
        """Return the years that have published figures and one rate for all months."""
        return tuple(year for year in self._book.years() if isinstance(self._rate(year), Rate))

    def of(self, entered: str, year: int, months: int) -> Mapping[str, object]:
        """Return the figures in the form in which they are stored."""
        key = entered, year, months
        if key not in self._known:
            base, figures, rate = parse_base(entered), self._book.figures(year), self._rate(year)
            assert isinstance(base, EnteredBase)
            assert isinstance(figures, YearFigures)
            assert isinstance(rate, Rate)
            self._known[key] = assessment.figures_of(
                calculate(entered=base, months=months, figures=figures, rate=rate)
            )
        return self._known[key]

    def _rate(self, year: int) -> Rate | Refusal:
        whole = Period(Month(year, 1), Month(year, 12))
        return self._book.rate_of_period(RateKind.FLEXIBLE, whole)
