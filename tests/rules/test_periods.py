"""Months and periods of whole months."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexapp.rules.periods import Month, Period, group_months

MONTHS = st.builds(Month, st.integers(1900, 2200), st.integers(1, 12))


def test_a_month_is_read_and_written_as_year_dash_month() -> None:
    month = Month.parse("2026-01")
    assert month == Month(2026, 1)
    assert str(month) == "2026-01"
    assert month.label == "2026年1月"
    assert month.first_day == date(2026, 1, 1)
    assert Month.of(date(2026, 1, 31)) == month


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-1", "2026-13", "2026-00", "0000-01", "202601", "2026-01-01", " 2026-01",
     "2026-01\n", "２０２６-０１", "2026/01", "-026-01"],
)  # fmt: skip
def test_anything_but_year_dash_month_is_not_a_month(text: str) -> None:
    with pytest.raises(ValueError, match="month"):
        Month.parse(text)


@given(MONTHS)
def test_a_month_survives_being_written_and_read(month: Month) -> None:
    assert Month.parse(str(month)) == month


@given(MONTHS, st.integers(-1000, 1000))
def test_adding_months_and_counting_them_agree(month: Month, n: int) -> None:
    later = month.plus(n)
    assert month.months_until(later) == n
    assert (later > month) == (n > 0)
    assert later.plus(-n) == month


def test_december_is_followed_by_january() -> None:
    assert Month(2025, 12).plus(1) == Month(2026, 1)
    assert Month(2026, 1).plus(-1) == Month(2025, 12)


def test_a_whole_year_has_twelve_months() -> None:
    period = Period(Month(2019, 1), Month(2019, 12))
    assert period.count == 12
    assert period.year == 2019
    assert period.months[0] == Month(2019, 1)
    assert period.months[-1] == Month(2019, 12)
    assert period.label == "2019年1月至12月"


def test_one_month_is_a_period() -> None:
    period = Period(Month(2026, 5), Month(2026, 5))
    assert period.months == (Month(2026, 5),)
    assert period.label == "2026年5月"


def test_a_period_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="end before"):
        Period(Month(2026, 2), Month(2026, 1))


def test_a_period_across_years_has_no_single_year() -> None:
    period = Period(Month(2025, 12), Month(2026, 1))
    assert period.label == "2025年12月至2026年1月"
    with pytest.raises(ValueError, match="more than one"):
        _ = period.year


@given(st.lists(MONTHS, max_size=30))
def test_grouped_months_are_the_same_months_in_order(months: list[Month]) -> None:
    grouped = group_months(months)
    assert [month for part in grouped for month in part.months] == sorted(set(months))
    for before, after in pairwise(grouped):
        assert before.end.plus(1) < after.start or before.end.year < after.start.year
