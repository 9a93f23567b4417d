"""The retirement boundary before and after the gradual delay of 2025."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexapp.rules.identity import Sex
from flexapp.rules.periods import Month
from flexapp.rules.retirement import (
    OriginalAge,
    check_approved,
    default_original_age,
    delay_months,
    last_assessable_month,
    statutory_month,
)

M60, F55, F50 = OriginalAge.M60, OriginalAge.F55, OriginalAge.F50
BIRTHS = st.builds(Month, st.integers(1900, 2030), st.integers(1, 12))
AGES = st.sampled_from(OriginalAge)


@pytest.mark.parametrize(
    ("original", "birth", "years", "months", "retires"),
    [
        # The four cases published with the decision of 2024-09-13.
        (M60, "1965-01", 60, 1, "2025-02"),
        (M60, "1976-12", 63, 0, "2039-12"),
        (F55, "1970-05", 55, 2, "2025-07"),
        (F50, "1975-11", 50, 6, "2026-05"),
        # The demo residents 王建国 and 张秀英.
        (M60, "1966-01", 60, 4, "2026-05"),
        (F55, "1964-09", 55, 0, "2019-09"),
        # The last month of birth before the delay, and the first one with it.
        (M60, "1964-12", 60, 0, "2024-12"),
        (F55, "1969-12", 55, 0, "2024-12"),
        (F55, "1970-01", 55, 1, "2025-02"),
        (F50, "1974-12", 50, 0, "2024-12"),
        (F50, "1975-01", 50, 1, "2025-02"),
        # The first step, and the step after it.
        (M60, "1965-04", 60, 1, "2025-05"),
        (M60, "1965-05", 60, 2, "2025-07"),
        (F50, "1975-02", 50, 1, "2025-03"),
        (F50, "1975-03", 50, 2, "2025-05"),
        # The cap: men 63, women 58 and 55.
        (M60, "1976-08", 62, 11, "2039-07"),
        (M60, "1976-09", 63, 0, "2039-09"),
        (F55, "1981-08", 57, 11, "2039-07"),
        (F55, "1981-09", 58, 0, "2039-09"),
        (F50, "1984-10", 54, 11, "2039-09"),
        (F50, "1984-11", 55, 0, "2039-11"),
        (M60, "2000-06", 63, 0, "2063-06"),
    ],
)
def test_the_statutory_month_is_the_published_one(
    original: OriginalAge, birth: str, years: int, months: int, retires: str
) -> None:
    born = Month.parse(birth)
    month = statutory_month(birth=born, original=original)
    assert str(month) == retires
    assert born.months_until(month) == years * 12 + months


@given(BIRTHS, AGES)
def test_whoever_reaches_the_original_age_before_2025_is_not_delayed(
    birth: Month, original: OriginalAge
) -> None:
    at_original_age = birth.plus(original.years * 12)
    month = statutory_month(birth=birth, original=original)
    assert (month == at_original_age) == (at_original_age < Month(2025, 1))


@given(BIRTHS, AGES)
def test_a_later_birth_never_retires_earlier(birth: Month, original: OriginalAge) -> None:
    assert statutory_month(birth=birth, original=original) < statutory_month(
        birth=birth.plus(1), original=original
    )


@given(BIRTHS, AGES)
def test_the_delay_grows_by_at_most_a_month_and_stops_at_its_cap(
    birth: Month, original: OriginalAge
) -> None:
    delay = delay_months(birth=birth, original=original)
    assert 0 <= delay <= {M60: 36, F55: 36, F50: 60}[original]
    assert delay_months(birth=birth.plus(1), original=original) - delay in (0, 1)


def test_men_are_60_and_women_55_unless_the_agency_recorded_50() -> None:
    assert default_original_age(Sex.MALE) is M60
    assert default_original_age(Sex.FEMALE) is F55


def test_the_statutory_month_bounds_the_year_until_one_is_approved() -> None:
    born = Month(1966, 1)
    assert last_assessable_month(birth=born, original=M60, approved=None) == Month(2026, 5)


@pytest.mark.parametrize("approved", [Month(2026, 3), Month(2026, 8)])
def test_the_approved_month_bounds_the_year_once_there_is_one(approved: Month) -> None:
    born = Month(1966, 1)
    assert last_assessable_month(birth=born, original=M60, approved=approved) == approved


def test_an_approved_month_lies_within_three_years_of_the_statutory_one() -> None:
    def check(approved: str, original: OriginalAge = OriginalAge.M60) -> str | None:
        refusal = check_approved(
            birth=Month(1966, 1), sex=Sex.MALE, original=original, approved=Month.parse(approved)
        )
        return None if refusal is None else refusal.reason

    assert [check(month) for month in ("2023-05", "2026-05", "2029-05")] == [None, None, None]
    assert [check(month) for month in ("2023-04", "2029-06")] == ["approved_far", "approved_far"]
    assert check("2026-05", OriginalAge.F50) == "original_age"
