"""Choosing months by tapping: the first tap begins, the second ends, any other begins anew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexapp.rules.month_picker import Chosen, after_tap
from flexapp.rules.periods import Month, Period, group_months
from tests.support.walks import sentence


def m(number: int) -> Month:
    return Month(2026, number)


def runs(*free: int) -> dict[Month, Month]:
    """Free months with the end of their run."""
    return {
        month: run.end
        for run in group_months([m(number) for number in free])
        for month in run.months
    }


def taps(free: list[int], *numbers: int, chosen: Chosen | None = None) -> tuple[int, int]:
    """First and last month chosen after these taps."""
    for number in numbers:
        chosen = after_tap(m(number), runs=runs(*free), chosen=chosen)
    assert chosen is not None
    return chosen.start.number, chosen.end.number


YEAR = list(range(1, 13))
WITHOUT_MAY = [1, 2, 3, 4, 6, 7, 8]


@pytest.mark.parametrize(
    ("free", "order", "range_"),
    [
        sentence(YEAR, (3,), (3, 12), id="one tap: to the end of the year"),
        sentence(WITHOUT_MAY, (3,), (3, 4), id="one tap: up to the next month that is taken"),
        sentence(YEAR, (3, 8), (3, 8), id="two taps: from the one to the other"),
        sentence(YEAR, (3, 3), (3, 3), id="twice the same: that month alone"),
        sentence(YEAR, (8, 3), (3, 12), id="second tap before the first: it is the new start"),
        sentence(YEAR, (8, 3, 5), (3, 5), id="and the tap after it the end"),
        sentence(WITHOUT_MAY, (3, 7), (7, 8), id="second tap beyond a taken month: begins anew"),
        sentence(YEAR, (3, 8, 5), (5, 12), id="third tap: begins anew"),
        sentence(
            WITHOUT_MAY, (4, 6), (6, 8), id="a month alone in the rest of its run is complete"
        ),
    ],
)
def test_taps_choose(free: list[int], order: tuple[int, ...], range_: tuple[int, int]) -> None:
    assert taps(free, *order) == range_


def test_a_tap_after_what_was_chosen_otherwise_begins_anew() -> None:
    assert taps(YEAR, 5, chosen=Chosen(m(1), m(12))) == (5, 12)


@given(st.sets(st.integers(1, 12), min_size=1), st.lists(st.integers(0, 11), min_size=1))
def test_whatever_is_tapped_only_free_months_are_chosen_and_the_tapped_one_is_among_them(
    free: set[int], order: list[int]
) -> None:
    months = sorted(free)
    chosen: Chosen | None = None
    for index in order:
        number = months[index % len(months)]
        chosen = after_tap(m(number), runs=runs(*free), chosen=chosen)
        period = Period(chosen.start, chosen.end)
        assert {month.number for month in period.months} <= free
        assert m(number) in period.months
        assert not chosen.waits or chosen.end == runs(*free)[m(number)] > chosen.start
