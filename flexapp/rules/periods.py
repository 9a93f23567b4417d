"""Months and periods of whole months, the time units in which contributions are assessed."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Self

_MONTH_TEXT = re.compile(r"([0-9]{4})-([0-9]{2})")


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """A calendar month; ordered in time. Raises `ValueError` for an invalid year or month."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not 1 <= self.year <= 9999 or not 1 <= self.number <= 12:
            raise ValueError(f"no such month: year {self.year}, number {self.number}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the exact format "2026-01"; raises `ValueError` for anything else."""
        match = _MONTH_TEXT.fullmatch(text)
        if match is None:
            raise ValueError("a month is written YYYY-MM")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> Self:
        """The month that `day` falls in."""
        return cls(day.year, day.month)

    def __hash__(self) -> int:
        # Faster than the generated hash; every page looks up dozens of months.
        return self.year * 12 + self.number

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def label(self) -> str:
        """The month for display: "2026年1月"."""
        return f"{self.year}年{self.number}月"

    @property
    def first_day(self) -> date:
        return date(self.year, self.number, 1)

    def plus(self, n: int) -> "Month":
        """The month `n` months later (earlier when negative)."""
        year, index = divmod(self.year * 12 + self.number - 1 + n, 12)
        return Month(year, index + 1)

    def months_until(self, other: "Month") -> int:
        """How many months `other` is after this one; negative when it is before."""
        return (other.year - self.year) * 12 + other.number - self.number


@lru_cache(maxsize=1024)
def _months(start: Month, end: Month) -> tuple[Month, ...]:
    """The months from `start` to `end`. Cached: an assessment reads them many times."""
    return tuple(start.plus(n) for n in range(start.months_until(end) + 1))


def months_of(year: int) -> tuple[Month, ...]:
    """The 12 months of a year, in order."""
    return _months(Month(year, 1), Month(year, 12))


@dataclass(frozen=True, slots=True)
class Period:
    """Whole months from `start` to `end`, both included.

    Raises `ValueError` when `start` is after `end`.
    """

    start: Month
    end: Month

    def __post_init__(self) -> None:
        if self.start > self.end:
            raise ValueError("a period must not end before it starts")

    @property
    def months(self) -> tuple[Month, ...]:
        return _months(self.start, self.end)

    @property
    def count(self) -> int:
        """Number of months, at least 1."""
        return self.start.months_until(self.end) + 1

    @property
    def year(self) -> int:
        """The calendar year of the period; raises `ValueError` when it spans several years."""
        if self.start.year != self.end.year:
            raise ValueError("the period lies in more than one calendar year")
        return self.start.year

    @property
    def label(self) -> str:
        """The period for display: "2026年1月", "2026年1月至12月" or "2025年12月至2026年1月"."""
        if self.start == self.end:
            return self.start.label
        if self.start.year == self.end.year:
            return f"{self.start.label}至{self.end.number}月"
        return f"{self.start.label}至{self.end.label}"


def group_months(months: "list[Month] | tuple[Month, ...]") -> tuple[Period, ...]:
    """The smallest set of periods that cover exactly `months`, in time order, each in one year."""
    periods: list[Period] = []
    for month in sorted(set(months)):
        last = periods[-1] if periods else None
        if last is not None and last.end.plus(1) == month and last.end.year == month.year:
            periods[-1] = Period(last.start, month)
        else:
            periods.append(Period(month, month))
    return tuple(periods)
