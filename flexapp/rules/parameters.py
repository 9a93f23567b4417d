"""Dated parameters: wage figures, bounds and rates, each with its source document.

The rows shipped with the code are the TOML files of `parameters/`. Rows published later by the
agency are merged with `ParameterBook.with_rows`. Yearly figures apply to their year only: a year
without published figures is refused. Rates apply until the next row. An invalid row is an error of
the file or of the caller and raises `ParameterError`.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Self

from flexapp.rules.money import round_fraction_to_fen
from flexapp.rules.periods import Month, Period
from flexapp.rules.rates import RateKind as RateKind
from flexapp.rules.refusal import Refusal

_LARGEST = Decimal(10_000_000)
DIRECTORY = Path(__file__).with_name("parameters")


class ParameterError(ValueError):
    """An invalid parameter row or file; the message names it and the reason."""


class Parameter(StrEnum):
    """The parameter of a row. The first three apply to one calendar year, rates until changed."""

    AVERAGE_WAGE = "average_wage"
    LOWER_BOUND = "lower_bound"
    UPPER_BOUND = "upper_bound"
    FLEXIBLE_RATE = "flexible_rate"
    UNIT_RATE = "unit_rate"

    @property
    def is_rate(self) -> bool:
        return self in _RATES.values()


_RATES = {RateKind.FLEXIBLE: Parameter.FLEXIBLE_RATE, RateKind.UNIT: Parameter.UNIT_RATE}
_YEARLY = (Parameter.AVERAGE_WAGE, Parameter.LOWER_BOUND, Parameter.UPPER_BOUND)


class Per(StrEnum):
    """Whether an average wage is published per year or per month."""

    YEAR = "year"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterRow:
    """One dated row. Raises `ParameterError` when it is invalid.

    `value`: yuan for wages and bounds, a fraction of the base (0.20) for rates. `per`: average
    wage only. `personal`: rates only, the part for the personal account. `published`: the date of
    the document, `None` when it is not known.
    """

    parameter: Parameter
    from_month: Month
    value: Decimal
    source: str
    published: date | None = None
    per: Per | None = None
    personal: Decimal | None = None

    def __post_init__(self) -> None:
        problem = _problem(self)
        if problem:
            raise ParameterError(f"{self.parameter.value} from {self.from_month}: {problem}")

    def as_record(self) -> dict[str, str]:
        """The row as strings, for storage with the assessments it decided. See `from_record`."""
        record = {
            "parameter": self.parameter.value,
            "from": str(self.from_month),
            "value": str(self.value),
            "source": self.source,
        }
        if self.published is not None:
            record["published"] = self.published.isoformat()
        if self.per is not None:
            record["per"] = self.per.value
        if self.personal is not None:
            record["personal"] = str(self.personal)
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, str]) -> Self:
        """Parse a record written by `as_record`; raises `ParameterError` for anything else."""
        try:
            published, per, personal = (record.get(k) for k in ("published", "per", "personal"))
            row = cls(
                parameter=Parameter(record["parameter"]),
                from_month=Month.parse(record["from"]),
                value=_decimal(record["value"]),
                source=record["source"],
                published=date.fromisoformat(published) if published is not None else None,
                per=Per(per) if per is not None else None,
                personal=_decimal(personal) if personal is not None else None,
            )
        except KeyError as missing:
            raise ParameterError(f"a parameter record lacks {missing}") from missing
        except ParameterError:
            raise
        except ValueError as wrong:
            raise ParameterError(f"a parameter record cannot be read: {wrong}") from wrong
        unknown = set(record) - set(row.as_record())
        if unknown:
            raise ParameterError(f"a parameter record has unknown keys: {sorted(unknown)}")
        return row


def _decimal(text: str) -> Decimal:
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) is None:
        raise ParameterError("a parameter record's number is not a plain decimal")
    return Decimal(text)


def _problem(row: ParameterRow) -> str | None:
    if not row.source.strip():
        return "no source"
    if not row.value.is_finite() or row.value <= 0:
        return "the value must be above 0"
    if row.value > _LARGEST:
        return "the value is too large to be true"
    if (row.per is not None) != (row.parameter is Parameter.AVERAGE_WAGE):
        return "`per` belongs to an average wage, and only there"
    if (row.personal is not None) != row.parameter.is_rate:
        return "`personal` belongs to a rate, and only there"
    if row.personal is not None:
        if not row.personal.is_finite() or not 0 < row.personal <= row.value < 1:
            return "a rate must be 0 < personal <= value < 1"
        return None
    if row.from_month.number != 1:
        return "figures of a year must begin in January"
    if row.value != row.value.quantize(Decimal("0.01")):
        return "more than two decimals"
    return None


_WHOLE = Decimal(100)


@lru_cache(maxsize=1024)
def _share(average: Decimal, months: int, percent: Decimal) -> Decimal:
    """`percent` % of the monthly average, rounded half up to the fen.

    Cached because fractions are slow and each 核定 page needs the same few values.
    """
    return round_fraction_to_fen(Fraction(average) / months * Fraction(percent) / 100)


@dataclass(frozen=True, slots=True)
class YearFigures:
    """The published figures of one contribution year, in yuan a month except `average`.

    `average` is the published amount for `average_months` months (12 or 1). It is not divided in
    advance, so that a share of 62060 ÷ 12 is rounded once. `rows` are the source rows.
    """

    year: int
    average: Decimal
    average_months: int
    lower: Decimal
    upper: Decimal
    rows: tuple[ParameterRow, ...]

    @property
    def monthly_average(self) -> Decimal:
        """The average rounded to the fen, for display only; calculations use `share`."""
        return _share(self.average, self.average_months, _WHOLE)

    @property
    def exact_monthly_average(self) -> Fraction:
        return Fraction(self.average) / self.average_months

    def share(self, percent: Decimal) -> Decimal:
        """`percent` % of the exact monthly average, rounded half up to the fen."""
        return _share(self.average, self.average_months, percent)


@dataclass(frozen=True, slots=True)
class Rate:
    """A contribution rate as fractions of the base: 0.20 in total, 0.08 of it personal."""

    total: Decimal
    personal: Decimal
    row: ParameterRow


@dataclass(frozen=True, slots=True)
class ParameterBook:
    """All known rows, ordered by parameter and month, at most one per parameter and month.

    Raises `ParameterError` when the order is violated or a year's lower bound is not below its
    upper bound.
    """

    rows: tuple[ParameterRow, ...]

    def __post_init__(self) -> None:
        keys = [(row.parameter.value, row.from_month) for row in self.rows]
        if keys != sorted(set(keys)):
            raise ParameterError("rows must be ascending and unique per parameter and month")
        for year in self.years():
            figures = self.figures(year)
            if isinstance(figures, YearFigures) and not figures.lower < figures.upper:
                raise ParameterError(f"{year}: the lower bound is not below the upper bound")

    @classmethod
    def load(cls, *, demo: bool) -> Self:
        """Load the rows shipped with the code; `demo` adds those of `*.demo.toml`."""
        files = sorted(DIRECTORY.glob("*.toml"))
        chosen = [file for file in files if demo or not file.name.endswith(".demo.toml")]
        rows = [row for file in chosen for row in parse_rows(file.read_text("utf-8"), file.name)]
        keys = [(row.parameter, row.from_month) for row in rows]
        if len(keys) != len(set(keys)):
            raise ParameterError("two files hold a row for the same parameter and month")
        return cls(_ordered(rows))

    def with_rows(self, rows: Iterable[ParameterRow]) -> Self:
        """A copy of the book with `rows` added, which are in order of publication.

        A later row replaces an earlier one for the same parameter and month: the agency corrects or
        confirms a figure this way. Existing assessments keep the rows stored with them.
        """
        merged = {(row.parameter, row.from_month): row for row in (*self.rows, *rows)}
        return type(self)(_ordered(merged.values()))

    def years(self) -> tuple[int, ...]:
        """Contribution years with complete figures, ascending."""
        begun = [
            {row.from_month.year for row in self.rows if row.parameter is parameter}
            for parameter in _YEARLY
        ]
        return tuple(sorted(set.intersection(*begun)))

    def figures(self, year: int) -> YearFigures | Refusal:
        """The figures of `year`, or the refusal `year_not_published`."""
        found = {
            row.parameter: row
            for row in self.rows
            if row.parameter in _YEARLY and row.from_month.year == year
        }
        if len(found) < len(_YEARLY):
            return Refusal(
                "year_not_published", f"{year}年度缴费基数尚未公布，请等公布后再核定。", "start"
            )
        average = found[Parameter.AVERAGE_WAGE]
        return YearFigures(
            year=year,
            average=average.value,
            average_months=12 if average.per is Per.YEAR else 1,
            lower=found[Parameter.LOWER_BOUND].value,
            upper=found[Parameter.UPPER_BOUND].value,
            rows=tuple(found[parameter] for parameter in _YEARLY),
        )

    def rate(self, kind: RateKind, month: Month) -> Rate | Refusal:
        """The rate in force in `month`, or the refusal `rate_not_published`."""
        parameter = _RATES[kind]
        for row in reversed(self.rows):
            if row.parameter is not parameter or row.from_month > month:
                continue
            if row.personal is None:  # excluded by the check of the row
                raise AssertionError("rate row without a personal part")
            return Rate(row.value, row.personal, row)
        return Refusal(
            "rate_not_published",
            f"{month.label}的{kind.label}尚未公布，请等公布后再核定。",
            "start",
        )

    def rate_of_period(self, kind: RateKind, period: Period) -> Rate | Refusal:
        """The rate in force in every month of `period`.

        Refusals: `rate_not_published`, and `rate_changes_within_period` when the rate changes
        within the period. An assessment has one rate, so each part must be assessed separately.
        """
        rate = self.rate(kind, period.start)
        if isinstance(rate, Refusal):
            return rate
        changed = next((m for m in period.months if self.rate(kind, m) != rate), None)
        if changed is None:
            return rate
        return Refusal(
            "rate_changes_within_period",
            f"{kind.label}从{changed.label}起有变化，请分开核定：先到{changed.plus(-1).label}，"
            f"再从{changed.label}开始。",
            "end",
        )


def _ordered(rows: Iterable[ParameterRow]) -> tuple[ParameterRow, ...]:
    return tuple(sorted(rows, key=lambda row: (row.parameter.value, row.from_month)))


def parse_rows(text: str, name: str) -> tuple[ParameterRow, ...]:
    """Parse the rows of one TOML file, with exact decimals, in the order of the file.

    `name` is the file name for messages. Raises `ParameterError` for unknown or missing keys, a
    wrong type, a row that is not later than the previous one, or an invalid row.
    """
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as wrong:
        raise ParameterError(f"{name}: {wrong}") from wrong
    if set(document) != {"parameter", "row"}:
        raise ParameterError(f"{name}: must hold exactly `parameter` and [[row]]")
    if document["parameter"] not in set(Parameter) or not isinstance(document["row"], list):
        raise ParameterError(f"{name}: unknown parameter or malformed rows")
    parameter = Parameter(document["parameter"])
    rows: list[ParameterRow] = []
    for number, raw in enumerate(document["row"], start=1):
        try:
            row = _row(parameter, raw)
        except ParameterError as wrong:
            raise ParameterError(f"{name}, row {number}: {wrong}") from wrong
        if rows and row.from_month <= rows[-1].from_month:
            raise ParameterError(f"{name}, row {number}: rows must be ascending")
        rows.append(row)
    if not rows:
        raise ParameterError(f"{name}: no rows")
    return tuple(rows)


def _row(parameter: Parameter, raw: object) -> ParameterRow:
    if not isinstance(raw, dict):
        raise ParameterError("a row must be a table")
    unknown = set(raw) - {"from", "value", "source", "published", "per", "personal"}
    missing = {"from", "value", "source"} - set(raw)
    if unknown or missing:
        raise ParameterError(f"unknown keys {sorted(unknown)}, missing keys {sorted(missing)}")
    begins, published, source = raw["from"], raw.get("published"), raw["source"]
    # `isinstance` would also accept a date-time, which is a subclass of `date`.
    if type(begins) is not date or begins.day != 1:
        raise ParameterError("`from` must be the first day of a month")
    if published is not None and type(published) is not date:
        raise ParameterError("`published` must be a date")
    if not isinstance(source, str):
        raise ParameterError("`source` must be text")
    if raw.get("per") not in (None, *Per):
        raise ParameterError("`per` must be year or month")
    return ParameterRow(
        parameter=parameter,
        from_month=Month.of(begins),
        value=_number(raw["value"]),
        source=source,
        published=published,
        per=Per(raw["per"]) if "per" in raw else None,
        personal=_number(raw["personal"]) if "personal" in raw else None,
    )


def _number(value: object) -> Decimal:
    # `isinstance(value, int)` also accepts bool.
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ParameterError("a figure must be a number")
    return Decimal(value)
