"""What a base costs: the 2019 notice's record, the figures of 2026, and the properties between."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexapp.rules.contribution import Bound, Calculation, calculate, read_back
from flexapp.rules.contribution_base import (
    EnteredBase,
    Meaning,
    parse_base,
)
from flexapp.rules.parameters import ParameterBook, Rate, YearFigures
from flexapp.rules.periods import Month
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal

BOOK = ParameterBook.load(demo=True)

BASES = st.decimals("60", "60000", places=2)
YEARS = st.sampled_from([2019, 2025, 2026])
MONTHS = st.integers(1, 12)


def reckon(
    typed: str, year: int, months: int = 12, kind: RateKind = RateKind.FLEXIBLE
) -> Calculation:
    entered = parse_base(typed)
    figures = BOOK.figures(year)
    rate = BOOK.rate(kind, Month(year, 12))
    assert isinstance(entered, EnteredBase)
    assert isinstance(figures, YearFigures)
    assert isinstance(rate, Rate)
    return calculate(entered=entered, months=months, figures=figures, rate=rate)


@pytest.mark.parametrize(
    ("typed", "year", "monthly_base", "period_base", "total", "bound"),
    [
        # The 2019 notice's own record: 60, January to December 2019.
        ("60", 2019, "3103.00", "37236.00", "7447.20", Bound.NONE),
        # By the same formula, more cases of 2019.
        ("61", 2019, "3154.72", "37856.64", "7571.28", Bound.NONE),
        ("300", 2019, "15515.00", "186180.00", "37236.00", Bound.NONE),
        ("301", 2019, "3103.00", "37236.00", "7447.20", Bound.LOWER),
        ("20000", 2019, "15515.00", "186180.00", "37236.00", Bound.UPPER),
        # 2026: 60 % of 8371 is 5022.60, raised to 5023.
        ("60", 2026, "5023.00", "60276.00", "12055.20", Bound.LOWER),
        ("100", 2026, "8371.00", "100452.00", "20090.40", Bound.NONE),
        ("6000", 2026, "6000.00", "72000.00", "14400.00", Bound.NONE),
        # From the same formula: 300.01 is a wage, and wages at and beside the bounds of 2026.
        ("300.01", 2026, "5023.00", "60276.00", "12055.20", Bound.LOWER),
        ("5022.99", 2026, "5023.00", "60276.00", "12055.20", Bound.LOWER),
        ("5023", 2026, "5023.00", "60276.00", "12055.20", Bound.NONE),
        ("25113", 2026, "25113.00", "301356.00", "60271.20", Bound.NONE),
        ("25113.01", 2026, "25113.00", "301356.00", "60271.20", Bound.UPPER),
        ("300", 2026, "25113.00", "301356.00", "60271.20", Bound.NONE),
        # 2025: 60 % of 8258 is 4954.80, raised to 4955; 300 % is the upper bound itself.
        ("60", 2025, "4955.00", "59460.00", "11892.00", Bound.LOWER),
        ("300", 2025, "24774.00", "297288.00", "59457.60", Bound.NONE),
    ],
)
def test_twelve_months_cost_what_was_published(
    typed: str, year: int, monthly_base: str, period_base: str, total: str, bound: Bound
) -> None:
    result = reckon(typed, year)
    assert str(result.monthly_base) == monthly_base
    assert str(result.period_base) == period_base
    assert str(result.total) == total
    assert result.bound is bound


@pytest.mark.parametrize("typed", ["59.99", "0", "-60", "abc", "60.001"])
def test_a_base_below_60_or_unclear_never_reaches_the_formula(typed: str) -> None:
    assert isinstance(parse_base(typed), Refusal)


def test_the_monthly_amount_is_rounded_before_it_is_multiplied() -> None:
    # 3154.72 × 20 % = 630.944 → 630.94 a month; 12 months are 7571.28, not 7571.33.
    result = reckon("61", 2019)
    assert str(result.monthly_amount) == "630.94"
    assert str(result.total) == "7571.28"


def test_the_unit_rate_is_16_and_8_percent() -> None:
    result = reckon("100", 2026, kind=RateKind.UNIT)
    assert str(result.monthly_amount) == "2009.04"
    assert str(result.total) == "24108.48"
    assert read_back(result).rate == "24%"


def test_a_calculation_keeps_what_was_entered_and_the_rows_it_used() -> None:
    result = reckon("６０％", 2019, months=3)
    assert result.entered.text == "６０％"
    assert result.meaning is Meaning.PERCENT
    assert result.months == 3
    assert str(result.unbounded) == "3103.00"
    assert str(result.monthly_average) == "5171.67"
    assert [row.parameter.value for row in result.rows] == [
        "average_wage",
        "lower_bound",
        "upper_bound",
        "flexible_rate",
    ]


@pytest.mark.parametrize("months", [0, -1, 13])
def test_only_one_to_twelve_months_can_be_reckoned(months: int) -> None:
    with pytest.raises(ValueError, match="1 to 12"):
        reckon("60", 2026, months=months)


@given(BASES, YEARS, MONTHS)
def test_bounds_hold_and_totals_are_months_times_a_month(
    base: Decimal, year: int, months: int
) -> None:
    result = reckon(str(base), year, months)
    assert result.lower <= result.monthly_base <= result.upper
    assert result.period_base == result.monthly_base * months
    assert result.total == result.monthly_amount * months
    assert abs(result.monthly_amount - result.monthly_base * result.rate.total) <= Decimal("0.005")
    assert (result.bound is Bound.NONE) == (result.unbounded == result.monthly_base)
    amounts = (result.monthly_base, result.period_base, result.monthly_amount, result.total)
    for amount in amounts:
        assert amount.as_tuple().exponent == -2


@given(st.decimals("60", "300", places=2), st.decimals("60", "300", places=2), YEARS, MONTHS)
def test_a_higher_percentage_never_costs_less(
    one: Decimal, other: Decimal, year: int, months: int
) -> None:
    low, high = (reckon(str(base), year, months) for base in sorted((one, other)))
    assert low.monthly_base <= high.monthly_base
    assert low.total <= high.total


@given(
    st.decimals("300.01", "60000", places=2),
    st.decimals("300.01", "60000", places=2),
    YEARS,
    MONTHS,
)
def test_a_higher_wage_never_costs_less(
    one: Decimal, other: Decimal, year: int, months: int
) -> None:
    low, high = (reckon(str(base), year, months) for base in sorted((one, other)))
    assert low.monthly_base <= high.monthly_base
    assert low.total <= high.total


@given(BASES, YEARS, st.integers(1, 11))
def test_two_assessments_cost_the_same_as_one_over_the_same_months(
    base: Decimal, year: int, split: int
) -> None:
    whole = reckon(str(base), year, 12)
    parts = reckon(str(base), year, split), reckon(str(base), year, 12 - split)
    assert whole.total == sum(part.total for part in parts)


@pytest.mark.parametrize(
    ("typed", "year", "sentence"),
    [
        ("60", 2026, "您填的 60，是上年度平均工资 8371.00 元的 60%，按下限 5023.00 元核定。"),
        (
            "100",
            2026,
            "您填的 100，是上年度平均工资 8371.00 元的 100%，即每月缴费基数 8371.00 元。",
        ),
        (
            "60.50%",
            2026,
            "您填的 60.5，是上年度平均工资 8371.00 元的 60.5%，即每月缴费基数 5064.46 元。",
        ),
        (
            "301",
            2026,
            "您填的是月工资 301 元，低于下限，将按 5023.00 元核定；若想按百分比请填 60–300。",
        ),
        (
            "300.01",
            2026,
            "您填的是月工资 300.01 元，低于下限，将按 5023.00 元核定；若想按百分比请填 60–300。",
        ),
        ("6,000", 2026, "您填的是月工资 6000 元，每月缴费基数按 6000.00 元核定。"),
        ("30000", 2026, "您填的是月工资 30000 元，高于上限，按上限 25113.00 元核定。"),
        (
            "60",
            2019,
            "您填的 60，是上年度平均工资 5171.67 元的 60%，即每月缴费基数 3103.00 元。",
        ),
    ],
)
def test_the_number_is_read_back_in_words(typed: str, year: int, sentence: str) -> None:
    words = read_back(reckon(typed, year))
    assert words.sentence == sentence
    assert str(words) == sentence


def test_the_read_back_shows_every_figure_of_the_page() -> None:
    words = read_back(reckon("60", 2026))
    assert (words.monthly_base, words.monthly_amount) == ("5023.00", "¥1004.60")
    assert (words.months, words.period_base, words.total) == (12, "60276.00", "¥12055.20")
    assert (words.rate, words.bound_applied) == ("20%", True)
    assert words.summary == "每月缴 ¥1004.60，12 个月共缴 ¥12055.20。"


@given(BASES, YEARS, MONTHS)
def test_the_words_never_hide_a_bound_and_never_use_an_exponent(
    base: Decimal, year: int, months: int
) -> None:
    result = reckon(str(base), year, months)
    words = read_back(result)
    assert words.bound_applied == ("限" in words.sentence)
    assert "E" not in words.sentence
    assert str(result.monthly_base) in words.sentence
    hint = result.meaning is Meaning.WAGE and result.bound is Bound.LOWER
    assert hint == ("若想按百分比" in words.sentence)
