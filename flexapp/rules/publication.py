"""Publications of the agency (公布): parsing a year's figures or a rate, and their effect.

Entries are validated by the same rules as the rows shipped with the code (`rules/parameters.py`).
A refusal names the field and says what to enter.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from flexapp.rules.contribution import Calculation, calculate
from flexapp.rules.contribution_base import EnteredBase, parse_base
from flexapp.rules.money import read_yuan
from flexapp.rules.parameters import (
    Parameter,
    ParameterBook,
    ParameterError,
    ParameterRow,
    Per,
    Rate,
    YearFigures,
)
from flexapp.rules.periods import Month, Period
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal
from flexapp.rules.text import normalise, normalise_prose

FIRST_YEAR = 2006
"""The year in which the rate of 国发〔2005〕38号 takes effect; earlier years are not assessed."""

AHEAD = timedelta(days=366)
"""How far in the future a publication may take effect."""

SAMPLES = ("60", "100", "300", "6000")
"""The bases whose amounts an officer reviews: lowest, middle and highest percentage, and a wage."""

_LARGEST = 10**8
_RATE_ROWS = {
    RateKind.FLEXIBLE: Parameter.FLEXIBLE_RATE,
    RateKind.UNIT: Parameter.UNIT_RATE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A valid publication before it is stored. `title`: its description in Chinese."""

    title: str
    rows: tuple[ParameterRow, ...]
    document: str
    number: str
    document_date: date
    effective_from: date

    @property
    def digest(self) -> str:
        """A digest of the content, to check that the stored publication is the reviewed one."""
        content = [self.title, self.effective_from.isoformat(), [r.as_record() for r in self.rows]]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Sample:
    """The amounts for one base before and after; a refusal where it cannot be assessed."""

    entered: EnteredBase
    period: Period
    before: Calculation | Refusal
    after: Calculation | Refusal


Entries = Mapping[str, str]
"""The submitted values by field name."""


def read_year(entries: Entries, *, book: ParameterBook, today: date) -> Draft | tuple[Refusal, ...]:
    """Parse a year's figures.

    Fields: year, average, per, lower, upper, the flexible rate (total and personal, in %),
    document, number, document_date, effective_from. The rate is added as a row only when it differs
    from the rate in force in January of that year. On error returns all refusals.
    """
    faults: list[Refusal] = []
    year = _year(entries["year"], today, faults)
    per = next((each for each in Per if each.value == entries["per"]), None)
    if per is None:
        faults.append(Refusal("per_missing", "请选择平均工资是按年还是按月公布的。", "per"))
    average = _yuan(entries["average"], "average", "平均工资", faults)
    lower = _yuan(entries["lower"], "lower", "下限", faults)
    upper = _yuan(entries["upper"], "upper", "上限", faults)
    rate = _rate(entries, faults)
    paper = _paper(entries, today, faults)
    if lower is not None and upper is not None and lower >= upper:
        faults.append(Refusal("bounds_crossed", "下限要小于上限，请核对文件。", "lower"))
    elif lower is not None and upper is not None and average is not None and per is not None:
        monthly = average / 12 if per is Per.YEAR else average
        if not lower < monthly < upper:
            faults.append(
                Refusal(
                    "average_outside",
                    f"折合每月平均工资 {monthly:.2f} 元，不在下限和上限之间，"
                    "请核对数字，以及是按年还是按月公布的。",
                    "average",
                )
            )
    if (
        faults
        or year is None
        or per is None
        or average is None
        or lower is None
        or upper is None
        or rate is None
        or paper is None
    ):
        return tuple(faults)
    begins = Month(year, 1)
    figures = (
        (Parameter.AVERAGE_WAGE, average, per),
        (Parameter.LOWER_BOUND, lower, None),
        (Parameter.UPPER_BOUND, upper, None),
    )
    rows = [
        ParameterRow(
            parameter=parameter,
            from_month=begins,
            value=value,
            source=paper.source,
            published=paper.day,
            per=unit,
        )
        for parameter, value, unit in figures
    ]
    in_force = book.rate(RateKind.FLEXIBLE, begins)
    if isinstance(in_force, Refusal) or (in_force.total, in_force.personal) != rate:
        rows.append(_rate_row(RateKind.FLEXIBLE, begins, rate, paper))
    return _draft(f"{year}年度缴费基数", rows, paper, book)


def read_rate(entries: Entries, *, book: ParameterBook, today: date) -> Draft | tuple[Refusal, ...]:
    """Parse a rate. Fields: kind, from_month, total and personal (in %), and the document fields.

    On error returns all refusals.
    """
    faults: list[Refusal] = []
    kind = next((each for each in RateKind if each.value == entries["kind"]), None)
    if kind is None:
        faults.append(Refusal("kind_missing", "请选择费率种类。", "kind"))
    begins: Month | None = None
    try:
        begins = Month.parse(entries["from_month"])
    except ValueError:
        faults.append(Refusal("month_malformed", "请按 2027-01 这样填写年和月。", "from_month"))
    if begins is not None and not FIRST_YEAR <= begins.year <= today.year + 1:
        faults.append(
            Refusal(
                "month_range", f"请填 {FIRST_YEAR} 年至 {today.year + 1} 年的月份。", "from_month"
            )
        )
    rate = _rate(entries, faults)
    paper = _paper(entries, today, faults)
    if faults or kind is None or begins is None or rate is None or paper is None:
        return tuple(faults)
    row = _rate_row(kind, begins, rate, paper)
    return _draft(f"{kind.label}（{begins.label}起）", [row], paper, book)


def samples(draft: Draft, book: ParameterBook) -> tuple[Sample, ...]:
    """The effect of the draft on each of `SAMPLES`.

    Calculated for the first year with complete figures from the draft's first month on; empty when
    there is none.
    """
    after = book.with_rows(draft.rows)
    first = draft.rows[0]
    kind = RateKind.UNIT if first.parameter is Parameter.UNIT_RATE else RateKind.FLEXIBLE
    year = next((each for each in after.years() if each >= first.from_month.year), None)
    if year is None:
        return ()
    start = max(Month(year, 1), first.from_month)
    period = Period(start, Month(year, 12))
    found = []
    for text in SAMPLES:
        entered = parse_base(text)
        assert isinstance(entered, EnteredBase)
        found.append(
            Sample(
                entered,
                period,
                _calculate(book, kind, period, entered),
                _calculate(after, kind, period, entered),
            )
        )
    return tuple(found)


def warnings_about(draft: Draft) -> tuple[str, ...]:
    """Warnings about valid but unusual figures, for the officers to check again.

    The bounds are normally 60 % and 300 % of the average wage, rounded to whole yuan.
    """
    rows = {row.parameter: row for row in draft.rows}
    average = rows.get(Parameter.AVERAGE_WAGE)
    if average is None:
        return ()
    monthly = average.value / 12 if average.per is Per.YEAR else average.value
    found = []
    for parameter, percent, name in (
        (Parameter.LOWER_BOUND, 60, "下限"),
        (Parameter.UPPER_BOUND, 300, "上限"),
    ):
        usual = monthly * percent / 100
        if abs(rows[parameter].value - usual) > 1:
            found.append(
                f"{name} {rows[parameter].value} 元与平均工资的 {percent}%（{usual:.2f} 元）"
                "相差超过 1 元，请再核对文件。"
            )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Document:
    """The source document and the date from which its figures apply."""

    document: str
    number: str
    day: date
    effective_from: date

    @property
    def source(self) -> str:
        return f"{self.document}（{self.number}）"


def _draft(
    title: str, rows: list[ParameterRow], paper: _Document, book: ParameterBook
) -> Draft | tuple[Refusal, ...]:
    if set(rows) <= set(book.rows):
        return (Refusal("nothing_changed", "这些数据和依据现在就在执行，不用再公布。"),)
    try:
        book.with_rows(rows)
    except ParameterError:
        return (Refusal("does_not_fit", "这些数据与已公布的其他数据矛盾，请核对文件。"),)
    return Draft(
        title=title,
        rows=tuple(rows),
        document=paper.document,
        number=paper.number,
        document_date=paper.day,
        effective_from=paper.effective_from,
    )


def _rate_row(
    kind: RateKind, begins: Month, rate: tuple[Decimal, Decimal], paper: _Document
) -> ParameterRow:
    return ParameterRow(
        parameter=_RATE_ROWS[kind],
        from_month=begins,
        value=rate[0],
        personal=rate[1],
        source=paper.source,
        published=paper.day,
    )


def _calculate(
    book: ParameterBook, kind: RateKind, period: Period, entered: EnteredBase
) -> Calculation | Refusal:
    figures, rate = book.figures(period.year), book.rate_of_period(kind, period)
    if not isinstance(figures, YearFigures):
        return figures
    if not isinstance(rate, Rate):
        return rate
    return calculate(entered=entered, months=period.count, figures=figures, rate=rate)


def _year(text: str, today: date, faults: list[Refusal]) -> int | None:
    plain = normalise(text).removesuffix("年")
    if re.fullmatch(r"[0-9]{4}", plain) and FIRST_YEAR <= int(plain) <= today.year + 1:
        return int(plain)
    faults.append(
        Refusal("year_range", f"请填 {FIRST_YEAR} 至 {today.year + 1} 之间的年份。", "year")
    )
    return None


def _number(text: str) -> Decimal | None:
    """Parse an amount in yuan or a percentage."""
    found = read_yuan(normalise(text).removesuffix("%"))
    return found if found is not None and found < _LARGEST else None


def _yuan(text: str, field: str, label: str, faults: list[Refusal]) -> Decimal | None:
    value = _number(text)
    if value is None or value <= 0:
        faults.append(Refusal("not_number", f"请填{label}的数字，例如 8371 或 8371.50。", field))
        return None
    if value != value.quantize(Decimal("0.01")):
        faults.append(Refusal("decimals", f"{label}最多两位小数，请核对文件。", field))
        return None
    return value


def _rate(entries: Entries, faults: list[Refusal]) -> tuple[Decimal, Decimal] | None:
    """Parse (total, personal) as fractions from percentages with at most two decimals."""
    found: list[Decimal] = []
    for field, label in (("total", "费率"), ("personal", "记入个人账户的部分")):
        value = _number(entries[field])
        if value is None or not 0 < value < 100 or value != value.quantize(Decimal("0.01")):
            faults.append(
                Refusal("rate_wrong", f"请填{label}的百分数，例如 20，最多两位小数。", field)
            )
        else:
            found.append(value / 100)
    if len(found) < 2:
        return None
    if found[1] > found[0]:
        faults.append(Refusal("personal_above", "记入个人账户的部分不能超过费率。", "personal"))
        return None
    return found[0], found[1]


def _paper(entries: Entries, today: date, faults: list[Refusal]) -> _Document | None:
    before = len(faults)
    document, number = normalise_prose(entries["document"]), normalise_prose(entries["number"])
    if not 2 <= len(document) <= 80:
        faults.append(Refusal("document_missing", "请填文件名称，2 至 80 个字。", "document"))
    if not 2 <= len(number) <= 60:
        faults.append(Refusal("number_missing", "请填文号，2 至 60 个字。", "number"))
    day = read_day(entries["document_date"])
    if day is None or day > today:
        faults.append(Refusal("document_date", "请填文件日期，不能晚于今天。", "document_date"))
    begins = read_day(entries["effective_from"])
    if begins is None or not today <= begins <= today + AHEAD:
        faults.append(
            Refusal(
                "effective_from",
                "请填开始执行的日期：今天或以后，一年之内。以前已核定的不会改变。",
                "effective_from",
            )
        )
    if len(faults) > before or day is None or begins is None:
        return None
    return _Document(document, number, day, begins)


def read_day(text: str) -> date | None:
    """Parse the date format 2026-08-28; `None` for anything else."""
    text = normalise(text)
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        return None
