"""怎么算的: every step of a calculation, from the entry to the total.

For a record, the steps use only the parameter rows stored with it, so a later publication changes
neither the record nor its explanation. For a proposal, they use the rows it was calculated with.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flexapp.assessment.creation import Proposal
from flexapp.assessment.queries import Record
from flexapp.rules.contribution import Bound
from flexapp.rules.contribution_base import Meaning, parse_base
from flexapp.rules.money import plain, round_to_fen, yen
from flexapp.rules.parameters import Parameter, ParameterRow, Per, YearFigures
from flexapp.rules.refusal import Refusal
from flexapp.web.formatting import day

PARAMETER_NAMES = {
    Parameter.AVERAGE_WAGE: "上年度全口径城镇单位就业人员平均工资",
    Parameter.LOWER_BOUND: "月缴费基数下限",
    Parameter.UPPER_BOUND: "月缴费基数上限",
    Parameter.FLEXIBLE_RATE: "缴费比例",
    Parameter.UNIT_RATE: "单位费率缴费比例",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A published figure: its name and value, when it takes effect, its document and publication
    day.
    """

    name: str
    figure: str
    since: str
    document: str
    published: str | None


@dataclass(frozen=True, slots=True)
class CalculationStep:
    """One step: what it calculates, the formula, the result, and the figures it is based on."""

    name: str
    sum: str
    result: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class CalculatedFigures:
    """The figures that a stored record and a proposal have in common."""

    entered: str
    months: int
    bound: Bound
    monthly_base: Decimal
    period_base: Decimal
    monthly_amount: Decimal
    total: Decimal
    rows: tuple[ParameterRow, ...]

    @classmethod
    def of(cls, record: Record) -> CalculatedFigures:
        """Read the figures of a stored record."""
        return cls(
            entered=record.entered,
            months=record.period.count,
            bound=Bound(record.bound),
            monthly_base=record.monthly_base,
            period_base=record.period_base,
            monthly_amount=record.monthly_amount,
            total=record.total,
            rows=record.parameters,
        )

    @classmethod
    def proposed(cls, proposal: Proposal) -> CalculatedFigures:
        """Read the figures of a proposal."""
        sums = proposal.calculation
        return cls(
            entered=sums.entered.text,
            months=sums.months,
            bound=sums.bound,
            monthly_base=sums.monthly_base,
            period_base=sums.period_base,
            monthly_amount=sums.monthly_amount,
            total=sums.total,
            rows=sums.rows,
        )


@dataclass(frozen=True, slots=True)
class ExplainedPage:
    """The explanation page of a record or of a proposal: every step from the entry to the total."""

    period: str
    steps: tuple[CalculationStep, ...]
    total: str
    back: str
    serial: str | None = None
    """None for a proposal."""
    made_at: object = None
    tried_on: str | None = None
    """For a proposal: the day whose published figures it uses."""

    @classmethod
    def of(cls, record: Record, *, back: str) -> ExplainedPage:
        """Explain a record from its own stored figures."""
        return cls(
            period=record.period.label,
            steps=_steps(CalculatedFigures.of(record)),
            total=yen(record.total),
            back=back,
            serial=record.serial,
            made_at=record.made_at,
        )

    @classmethod
    def tried(cls, proposal: Proposal, *, back: str, today: date) -> ExplainedPage:
        """Explain what would be assessed today."""
        return cls(
            period=proposal.period.label,
            steps=_steps(CalculatedFigures.proposed(proposal)),
            total=yen(proposal.calculation.total),
            back=back,
            tried_on=day(today),
        )


def _steps(sums: CalculatedFigures) -> tuple[CalculationStep, ...]:
    rows = {row.parameter: row for row in sums.rows}
    months = sums.months
    rate = next((row for row in sums.rows if row.parameter.is_rate), None)
    monthly = plain(sums.monthly_base)
    steps = [*_base_steps(sums, rows)]
    steps.append(
        CalculationStep(
            "缴费基数（合计）", f"{monthly} 元 × {months} 个月", f"{plain(sums.period_base)} 元"
        )
    )
    if rate is not None and rate.personal is not None:
        steps.append(
            CalculationStep(
                "每月缴费",
                f"{monthly} 元 × {_percent(rate.value)}，四舍五入到分",
                yen(sums.monthly_amount),
                (_source(rate),),
            )
        )
        steps.append(
            CalculationStep(
                "其中每月进个人账户",
                f"{monthly} 元 × {_percent(rate.personal)}，四舍五入到分",
                yen(round_to_fen(sums.monthly_base * rate.personal)),
            )
        )
    total = CalculationStep(
        "缴费总额", f"{yen(sums.monthly_amount)} × {months} 个月", yen(sums.total)
    )
    return (*steps, total)


def _base_steps(
    sums: CalculatedFigures, rows: dict[Parameter, ParameterRow]
) -> tuple[CalculationStep, ...]:
    """Return the steps from the entry to the monthly base."""
    entered = parse_base(sums.entered)
    average = rows.get(Parameter.AVERAGE_WAGE)
    lower, upper = rows.get(Parameter.LOWER_BOUND), rows.get(Parameter.UPPER_BOUND)
    if isinstance(entered, Refusal) or average is None or lower is None or upper is None:
        return (CalculationStep("月缴费基数", sums.entered, f"{plain(sums.monthly_base)} 元"),)
    figures = YearFigures(
        year=average.from_month.year,
        average=average.value,
        average_months=12 if average.per is Per.YEAR else 1,
        lower=lower.value,
        upper=upper.value,
        rows=(average, lower, upper),
    )
    number = f"{entered.value:f}".removesuffix(".00")
    if entered.meaning is Meaning.PERCENT:
        unbounded = figures.share(entered.value)
        spread = (
            f"{plain(average.value)} 元 ÷ 12"
            if average.per is Per.YEAR
            else (f"{plain(average.value)} 元")
        )
        first = CalculationStep(
            f"您填的是 {sums.entered}，即上年度月平均工资的 {number}%",
            f"{spread} × {number}%，四舍五入到分",
            f"{plain(unbounded)} 元",
            (_source(average),),
        )
    else:
        unbounded = round_to_fen(entered.value)
        first = CalculationStep(
            f"您填的是 {sums.entered}，大于 300，是月工资",
            "按月工资的绝对值",
            f"{plain(unbounded)} 元",
        )
    words = {
        Bound.NONE: "在下限和上限之间，不变",
        Bound.LOWER: "低于下限，按下限",
        Bound.UPPER: "高于上限，按上限",
    }
    bounded = CalculationStep(
        "月缴费基数",
        f"下限 {plain(lower.value)} 元，上限 {plain(upper.value)} 元：" + words[sums.bound],
        f"{plain(sums.monthly_base)} 元",
        (_source(lower), _source(upper)),
    )
    return (first, bounded)


def _source(row: ParameterRow) -> Source:
    yearly = not row.parameter.is_rate
    per = {Per.YEAR: " 元/年", Per.MONTH: " 元/月", None: " 元/月"}[row.per]
    return Source(
        name=PARAMETER_NAMES[row.parameter],
        figure=f"{plain(row.value)}{per}" if yearly else _percent(row.value),
        since=f"{row.from_month.year} 年度" if yearly else f"{row.from_month.label}起",
        document=row.source,
        published=None if row.published is None else day(row.published),
    )


def _percent(fraction: Decimal) -> str:
    return f"{fraction * 100:f}".rstrip("0").rstrip(".") + "%"
