"""The amounts to pay for a base: the formula of the 2019 notice and its summary in Chinese.

monthly base = clamp(round_to_fen(monthly average × x %) or the wage, lower, upper)
period base = monthly base × months; monthly amount = round_to_fen(monthly base × rate)
total = monthly amount × months
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from flexapp.rules.contribution_base import EnteredBase, Meaning
from flexapp.rules.money import plain, round_to_fen, yen
from flexapp.rules.parameters import ParameterRow, Rate, YearFigures


class Bound(StrEnum):
    """Which bound changed the base. NONE also when the base equals a bound."""

    NONE = "none"
    LOWER = "lower"
    UPPER = "upper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """An assessment's figures, in yuan with two places, and the inputs of the calculation.

    `unbounded` is the monthly base before the bounds are applied. `monthly_average` is rounded
    for display. `rows` are the parameter rows used: average wage, lower bound, upper bound, rate.
    """

    entered: EnteredBase
    monthly_average: Decimal
    lower: Decimal
    upper: Decimal
    unbounded: Decimal
    bound: Bound
    monthly_base: Decimal
    months: int
    period_base: Decimal
    monthly_amount: Decimal
    total: Decimal
    rate: Rate
    rows: tuple[ParameterRow, ...]

    @property
    def meaning(self) -> Meaning:
        return self.entered.meaning


def calculate(
    *, entered: EnteredBase, months: int, figures: YearFigures, rate: Rate
) -> Calculation:
    """Calculate the figures for `months` (1 to 12) months of the year of `figures`.

    Raises `ValueError` for any other number of months: an assessment lies within one calendar
    year.
    """
    if not 1 <= months <= 12:
        raise ValueError("an assessment has 1 to 12 months")
    if entered.meaning is Meaning.PERCENT:
        unbounded = figures.share(entered.value)
    else:
        unbounded = round_to_fen(entered.value)
    lower, upper = round_to_fen(figures.lower), round_to_fen(figures.upper)
    monthly_base = min(max(unbounded, lower), upper)
    bound = Bound.NONE
    if unbounded < lower:
        bound = Bound.LOWER
    elif unbounded > upper:
        bound = Bound.UPPER
    monthly_amount = round_to_fen(monthly_base * rate.total)
    return Calculation(
        entered=entered,
        monthly_average=figures.monthly_average,
        lower=lower,
        upper=upper,
        unbounded=unbounded,
        bound=bound,
        monthly_base=monthly_base,
        months=months,
        period_base=monthly_base * months,
        monthly_amount=monthly_amount,
        total=monthly_amount * months,
        rate=rate,
        rows=(*figures.rows, rate.row),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """A calculation formatted for residents.

    `sentence` says how the number was interpreted and which bound applied. The amounts are
    formatted: bases "5023.00", amounts to pay "¥1004.60", `rate` "20%".
    """

    sentence: str
    bound: Bound
    monthly_base: str
    monthly_amount: str
    months: int
    period_base: str
    total: str
    rate: str

    @property
    def bound_applied(self) -> bool:
        return self.bound is not Bound.NONE

    @property
    def summary(self) -> str:
        """The result in one sentence, for an ARIA live region."""
        return f"每月缴 {self.monthly_amount}，{self.months} 个月共缴 {self.total}。"

    def __str__(self) -> str:
        return self.sentence


def read_back(calculation: Calculation) -> ReadBack:
    """Format `calculation` in plain Chinese."""
    return ReadBack(
        sentence=_sentence(calculation),
        bound=calculation.bound,
        monthly_base=plain(calculation.monthly_base),
        monthly_amount=yen(calculation.monthly_amount),
        months=calculation.months,
        period_base=plain(calculation.period_base),
        total=yen(calculation.total),
        rate=f"{_short(calculation.rate.total * 100)}%",
    )


def _sentence(calculation: Calculation) -> str:
    value = calculation.entered.value
    base = plain(calculation.monthly_base)
    if calculation.meaning is Meaning.PERCENT:
        number = _short(value)
        average = plain(calculation.monthly_average)
        start = f"您填的 {number}，是上年度平均工资 {average} 元的 {number}%"
        result = {
            Bound.NONE: f"，即每月缴费基数 {base} 元。",
            Bound.LOWER: f"，按下限 {base} 元核定。",
            Bound.UPPER: f"，按上限 {base} 元核定。",
        }
        return start + result[calculation.bound]
    wage = _short(value) if value == value.to_integral_value() else plain(value)
    result = {
        Bound.NONE: f"，每月缴费基数按 {base} 元核定。",
        Bound.LOWER: f"，低于下限，将按 {base} 元核定；若想按百分比请填 60–300。",
        Bound.UPPER: f"，高于上限，按上限 {base} 元核定。",
    }
    return f"您填的是月工资 {wage} 元{result[calculation.bound]}"


def _short(value: Decimal) -> str:
    """`value` without trailing zeros and without an exponent: 60, 60.5, 300."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
