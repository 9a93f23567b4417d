"""Which months may be assessed: one reason and one sentence for each rule of a period."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexapp.rules.eligibility import (
    Availability,
    check_period,
    month_choices,
    refuse_taken,
)
from flexapp.rules.periods import Month, Period
from flexapp.rules.refusal import Refusal

OPEN = frozenset({2026})
START = Month(2008, 1)
LAST = Month(2040, 6)


def check(
    start: str,
    end: str,
    *,
    open_years: frozenset[int] = OPEN,
    work_start: Month = START,
    last_month: Month = LAST,
    taken: Mapping[Month, str] | None = None,
) -> Period | Refusal:
    return check_period(
        start=start,
        end=end,
        open_years=open_years,
        work_start=work_start,
        last_month=last_month,
        taken=taken or {},
    )


def refused(result: Period | Refusal, reason: str, field: str) -> str:
    assert isinstance(result, Refusal), result
    assert (result.reason, result.field) == (reason, field)
    assert result.sentence.endswith("。")
    return result.sentence


def test_a_whole_open_year_may_be_assessed() -> None:
    assert check("2026-01", "2026-12") == Period(Month(2026, 1), Month(2026, 12))


def test_a_single_month_may_be_assessed() -> None:
    assert check(" 2026-05", "2026-05 ") == Period(Month(2026, 5), Month(2026, 5))


@pytest.mark.parametrize("text", ["", "  "])
def test_both_months_must_be_chosen(text: str) -> None:
    assert "缴费开始年月" in refused(check(text, "2026-12"), "month_missing", "start")
    assert "缴费结束年月" in refused(check("2026-01", text), "month_missing", "end")


@pytest.mark.parametrize("text", ["2026-13", "2026", "2026年1月", "202601", "x", "2026-1"])
def test_a_month_posted_by_hand_must_be_a_month(text: str) -> None:
    refused(check(text, "2026-12"), "month_malformed", "start")
    refused(check("2026-01", text), "month_malformed", "end")


def test_the_start_cannot_be_after_the_end() -> None:
    refused(check("2026-06", "2026-05"), "start_after_end", "end")
    refused(check("2026-01", "2025-12"), "start_after_end", "end")


def test_a_period_cannot_lie_in_two_years_even_if_both_are_open() -> None:
    result = check("2025-12", "2026-01", open_years=frozenset({2025, 2026}))
    assert "2025年12月" in refused(result, "across_years", "end")


def test_a_year_that_is_not_open_is_refused_with_the_open_ones() -> None:
    sentence = refused(check("2025-01", "2025-12"), "year_not_open", "start")
    assert "2025年度" in sentence
    assert "2026" in sentence
    sentence = refused(
        check("2026-01", "2026-12", open_years=frozenset()), "year_not_open", "start"
    )
    assert "没有开放" in sentence


def test_months_before_work_started_are_refused() -> None:
    result = check("2026-01", "2026-12", work_start=Month(2026, 3))
    assert "2026年3月" in refused(result, "before_work_start", "start")
    assert isinstance(check("2026-03", "2026-12", work_start=Month(2026, 3)), Period)


def test_the_retirement_month_is_the_last_one() -> None:
    # 王建国, born 1966-01, reaches retirement in 2026-05.
    last = Month(2026, 5)
    assert isinstance(check("2026-01", "2026-05", last_month=last), Period)
    sentence = refused(check("2026-01", "2026-06", last_month=last), "after_retirement", "end")
    assert "最晚选2026年5月" in sentence
    refused(check("2026-06", "2026-12", last_month=last), "after_retirement", "start")


def test_a_month_already_assessed_is_refused_by_name() -> None:
    taken = {Month(2026, number): "S1" for number in (3, 4, 5, 9)}
    sentence = refused(check("2026-01", "2026-12", taken=taken), "month_taken", "end")
    assert "该月份已核定" in sentence
    assert "2026年3月至5月、2026年9月" in sentence
    refused(check("2026-05", "2026-08", taken=taken), "month_taken", "start")
    assert isinstance(check("2026-06", "2026-08", taken=taken), Period)


def test_the_loser_of_two_requests_is_told_the_same() -> None:
    period = Period(Month(2026, 1), Month(2026, 3))
    assert refuse_taken(period, {Month(2026, 4): "S1"}) is None
    refusal = refuse_taken(period, {Month(2026, 2): "S1"})
    assert refusal is not None
    assert (refusal.reason, refusal.field) == ("month_taken", "end")


def test_the_grid_shows_all_twelve_months_with_their_reason() -> None:
    grid = month_choices(
        year=2026,
        work_start=Month(2026, 2),
        last_month=Month(2026, 10),
        taken={Month(2026, 3): "S1", Month(2026, 12): "S2"},
    )
    shown = {status.month.number: status.status for status in grid}
    assert shown == {
        1: Availability.BEFORE_WORK_START,
        2: Availability.AVAILABLE,
        3: Availability.TAKEN,
        **dict.fromkeys(range(4, 11), Availability.AVAILABLE),
        11: Availability.AFTER_RETIREMENT,
        12: Availability.TAKEN,
    }
    assert [status.serial for status in grid if status.serial] == ["S1", "S2"]
    assert [status.month.number for status in grid] == list(range(1, 13))


NEAR = st.builds(Month, st.integers(2024, 2028), st.integers(1, 12))
TAKEN = st.dictionaries(NEAR, st.just("S1"), max_size=12)


@given(st.sampled_from([2025, 2026]), NEAR, NEAR, TAKEN)
def test_the_form_offers_exactly_the_months_the_check_accepts(
    year: int, work_start: Month, last_month: Month, taken: dict[Month, str]
) -> None:
    grid = month_choices(year=year, work_start=work_start, last_month=last_month, taken=taken)
    for status in grid:
        text = str(status.month)
        result = check(
            text,
            text,
            open_years=frozenset({year}),
            work_start=work_start,
            last_month=last_month,
            taken=taken,
        )
        assert isinstance(result, Period) == status.available


@given(NEAR, NEAR, NEAR, NEAR, TAKEN, st.frozensets(st.integers(2024, 2028)))
def test_an_accepted_period_keeps_every_rule(
    start: Month,
    end: Month,
    work_start: Month,
    last_month: Month,
    taken: dict[Month, str],
    open_years: frozenset[int],
) -> None:
    result = check(
        str(start),
        str(end),
        open_years=open_years,
        work_start=work_start,
        last_month=last_month,
        taken=taken,
    )
    fits = (
        start <= end
        and start.year == end.year
        and start.year in open_years
        and work_start <= start
        and end <= last_month
        and not any(start <= month <= end for month in taken)
    )
    assert isinstance(result, Period) == fits
    if isinstance(result, Period):
        assert result == Period(start, end)
