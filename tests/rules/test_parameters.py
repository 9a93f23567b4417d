"""Dated parameters: the published figures, what is refused, and what a file may hold."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from flexapp.rules.parameters import (
    DIRECTORY,
    Parameter,
    ParameterBook,
    ParameterError,
    ParameterRow,
    Per,
    Rate,
    YearFigures,
    parse_rows,
)
from flexapp.rules.periods import Month, Period
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal

BOOK = ParameterBook.load(demo=False)
DEMO = ParameterBook.load(demo=True)


def figures(year: int, book: ParameterBook = BOOK) -> YearFigures:
    found = book.figures(year)
    assert isinstance(found, YearFigures)
    return found


def row(
    parameter: Parameter, month: str, value: str, *, personal: str | None = None
) -> ParameterRow:
    return ParameterRow(
        parameter=parameter,
        from_month=Month.parse(month),
        value=Decimal(value),
        source="宁人社发〔2024〕1号",
        published=date(2024, 8, 1),
        per=Per.MONTH if parameter is Parameter.AVERAGE_WAGE else None,
        personal=Decimal(personal) if personal else None,
    )


YEAR_2024 = [
    row(Parameter.AVERAGE_WAGE, "2024-01", "8000"),
    row(Parameter.LOWER_BOUND, "2024-01", "4800"),
    row(Parameter.UPPER_BOUND, "2024-01", "24000"),
]


@pytest.mark.parametrize(
    ("year", "exact", "shown", "lower", "upper", "source"),
    [
        # Derived from the 2019 notice's own record: 37236.00 is 60 % of 62060.
        (2019, Fraction(62060, 12), "5171.67", "3103.00", "15515.00", "2019年通知"),
        (2025, Fraction(8258), "8258.00", "4955", "24774", "t20250921_5030586"),
        (2026, Fraction(8371), "8371.00", "5023", "25113", "t20260828_5325572"),
    ],
)
def test_published_figures_carry_their_source(
    year: int, exact: Fraction, shown: str, lower: str, upper: str, source: str
) -> None:
    found = figures(year)
    assert found.exact_monthly_average == exact
    assert str(found.monthly_average) == shown
    assert (found.lower, found.upper) == (Decimal(lower), Decimal(upper))
    assert [r.parameter for r in found.rows] == [
        Parameter.AVERAGE_WAGE,
        Parameter.LOWER_BOUND,
        Parameter.UPPER_BOUND,
    ]
    assert all(source in r.source for r in found.rows)
    assert all(r.from_month == Month(year, 1) for r in found.rows)


def test_the_2019_average_is_kept_as_a_years_wage() -> None:
    average = figures(2019).rows[0]
    assert (average.value, average.per) == (Decimal(62060), Per.YEAR)


@pytest.mark.parametrize("year", [2018, 2020, 2024, 2027])
def test_a_year_without_published_figures_is_refused_never_guessed(year: int) -> None:
    refusal = BOOK.figures(year)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "year_not_published"
    assert f"{year}年度缴费基数尚未公布" in refusal.sentence


def test_a_year_with_only_some_of_its_figures_is_refused() -> None:
    partly = BOOK.with_rows(YEAR_2024[:2])
    assert isinstance(partly.figures(2024), Refusal)
    assert partly.years() == (2019, 2025, 2026)


def test_flexibly_employed_people_pay_20_percent_of_which_8_are_personal() -> None:
    rate = BOOK.rate(RateKind.FLEXIBLE, Month(2026, 1))
    assert isinstance(rate, Rate)
    assert (rate.total, rate.personal) == (Decimal("0.20"), Decimal("0.08"))
    assert rate.row.source == "国发〔2005〕38号"


def test_the_unit_rate_is_the_agencys_to_publish_outside_the_demo() -> None:
    refusal = BOOK.rate(RateKind.UNIT, Month(2026, 1))
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "rate_not_published"
    assert "单位费率尚未公布" in refusal.sentence


def test_the_demos_unit_rate_is_marked_and_begins_in_may_2019() -> None:
    rate = DEMO.rate(RateKind.UNIT, Month(2019, 5))
    assert isinstance(rate, Rate)
    assert (rate.total, rate.personal) == (Decimal("0.24"), Decimal("0.08"))
    assert rate.row.source.startswith("演示")
    assert isinstance(DEMO.rate(RateKind.UNIT, Month(2019, 4)), Refusal)


def test_nothing_but_the_unit_rate_is_added_by_the_demo() -> None:
    added = set(DEMO.rows) - set(BOOK.rows)
    assert {r.parameter for r in added} == {Parameter.UNIT_RATE}


def test_rows_published_by_the_agency_open_a_year() -> None:
    book = BOOK.with_rows(YEAR_2024)
    assert figures(2024, book).upper == Decimal(24000)
    assert book.years() == (2019, 2024, 2025, 2026)
    assert isinstance(BOOK.figures(2024), Refusal)


def test_a_later_publication_corrects_an_earlier_one() -> None:
    correction = replace(YEAR_2024[1], value=Decimal(4801))
    book = BOOK.with_rows([*YEAR_2024, correction])
    assert figures(2024, book).lower == Decimal(4801)
    assert figures(2024, book).rows[1] == correction


def test_a_new_rate_takes_over_from_its_month_on() -> None:
    book = BOOK.with_rows([row(Parameter.FLEXIBLE_RATE, "2026-07", "0.19", personal="0.08")])
    before = book.rate(RateKind.FLEXIBLE, Month(2026, 6))
    after = book.rate(RateKind.FLEXIBLE, Month(2026, 7))
    assert isinstance(before, Rate)
    assert isinstance(after, Rate)
    assert (before.total, after.total) == (Decimal("0.20"), Decimal("0.19"))
    across = book.rate_of_period(RateKind.FLEXIBLE, Period(Month(2026, 1), Month(2026, 12)))
    assert isinstance(across, Refusal)
    assert across.reason == "rate_changes_within_period"
    assert "2026年6月" in across.sentence
    assert "2026年7月" in across.sentence
    until = book.rate_of_period(RateKind.FLEXIBLE, Period(Month(2026, 1), Month(2026, 6)))
    assert until == before


def test_a_period_that_begins_before_the_first_rate_is_refused() -> None:
    refusal = DEMO.rate_of_period(RateKind.UNIT, Period(Month(2019, 4), Month(2019, 6)))
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "rate_not_published"


@pytest.mark.parametrize("stored", DEMO.rows, ids=lambda r: f"{r.parameter}-{r.from_month}")
def test_every_row_survives_being_stored_as_text(stored: ParameterRow) -> None:
    record = stored.as_record()
    assert all(isinstance(value, str) for value in record.values())
    again = ParameterRow.from_record(record)
    assert again == stored
    assert str(again.value) == str(stored.value)


@pytest.mark.parametrize(
    "damage",
    [
        {"value": "1e9999999"},
        {"value": "NaN"},
        {"value": "-1"},
        {"value": "99999999999"},
        {"from": "2026"},
        {"parameter": "shoe_size"},
        {"published": "yesterday"},
        {"per": "week"},
        {"personal": "0.08"},
        {"source": "  "},
        {"note": "x"},
    ],
    ids=lambda damage: "-".join(damage),
)
def test_a_damaged_record_is_not_read(damage: dict[str, str]) -> None:
    record = BOOK.rows[0].as_record()
    with pytest.raises(ParameterError):
        ParameterRow.from_record(record | damage)


def test_a_record_without_its_source_is_not_read() -> None:
    record = BOOK.rows[0].as_record()
    del record["source"]
    with pytest.raises(ParameterError, match="source"):
        ParameterRow.from_record(record)


def test_bounds_must_be_the_right_way_round() -> None:
    with pytest.raises(ParameterError, match="2024: the lower bound"):
        BOOK.with_rows([*YEAR_2024[:2], row(Parameter.UPPER_BOUND, "2024-01", "4800")])


def test_a_book_cannot_hold_two_rows_for_one_month() -> None:
    with pytest.raises(ParameterError, match="unique"):
        ParameterBook((YEAR_2024[0], YEAR_2024[0]))


GOOD_WAGE = """
parameter = "average_wage"
[[row]]
from = 2024-01-01
value = 8000
per = "month"
source = "宁人社发〔2024〕1号"
published = 2024-08-01
"""
GOOD_RATE = """
parameter = "flexible_rate"
[[row]]
from = 2006-01-01
value = 0.20
personal = 0.08
source = "国发〔2005〕38号"
published = 2005-12-03
"""


def test_numbers_in_a_file_are_exact_decimals() -> None:
    (rate,) = parse_rows(GOOD_RATE, "rate.toml")
    assert str(rate.value) == "0.20"
    assert parse_rows(GOOD_WAGE, "wage.toml") == (YEAR_2024[0],)


@pytest.mark.parametrize(
    ("text", "old", "new", "says"),
    [
        (GOOD_WAGE, 'source = "宁人社发〔2024〕1号"', "", "missing keys"),
        (GOOD_WAGE, "宁人社发〔2024〕1号", " ", "no source"),
        (GOOD_WAGE, '"宁人社发〔2024〕1号"', "7", "`source` must be text"),
        (GOOD_WAGE, "published", "publishd", "unknown keys"),
        (GOOD_WAGE, "published = 2024-08-01", 'published = "soon"', "`published`"),
        (GOOD_WAGE, "value = 8000", 'value = "8000"', "must be a number"),
        (GOOD_WAGE, "value = 8000", "value = true", "must be a number"),
        (GOOD_WAGE, "value = 8000", "value = 0", "above 0"),
        (GOOD_WAGE, "value = 8000", "value = nan", "above 0"),
        (GOOD_WAGE, "value = 8000", "value = 1e30", "too large"),
        (GOOD_WAGE, "value = 8000", "value = 8000.001", "two decimals"),
        (GOOD_WAGE, "from = 2024-01-01", "from = 2024-07-01", "January"),
        (GOOD_WAGE, "from = 2024-01-01", "from = 2024-01-02", "first day"),
        (GOOD_WAGE, "from = 2024-01-01", "from = 2024-01-01T00:00:00", "first day"),
        (GOOD_WAGE, "from = 2024-01-01", 'from = "2024-01"', "first day"),
        (GOOD_WAGE, 'per = "month"', "", "`per`"),
        (GOOD_WAGE, 'per = "month"', 'per = "week"', "`per`"),
        (GOOD_WAGE, "average_wage", "lower_bound", "`per`"),
        (GOOD_WAGE, "average_wage", "shoe_size", "unknown parameter"),
        (GOOD_WAGE, "[[row]]", "[row]", "malformed rows"),
        (GOOD_WAGE, "[[row]]", "[[rows]]", "exactly"),
        (GOOD_WAGE, "[[row]]", "[[row", "wage.toml"),
        (GOOD_RATE, "personal = 0.08", "", "`personal`"),
        (GOOD_RATE, "personal = 0.08", "personal = 0.21", "personal <= value"),
        (GOOD_RATE, "value = 0.20", "value = 20", "personal <= value"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name(text: str, old: str, new: str, says: str) -> None:
    wrong = text.replace(old, new)
    assert wrong != text
    with pytest.raises(ParameterError, match=r"wage\.toml") as caught:
        parse_rows(wrong, "wage.toml")
    assert says in str(caught.value)


def test_rows_of_a_file_must_be_ascending() -> None:
    second = GOOD_WAGE.partition("[[row]]")[2]
    for repeated in (second, second.replace("2024-01-01", "2023-01-01")):
        with pytest.raises(ParameterError, match="row 2: rows must be ascending"):
            parse_rows(f"{GOOD_WAGE}[[row]]{repeated}", "wage.toml")


def test_every_file_of_the_directory_is_for_one_parameter_of_its_name() -> None:
    files = sorted(DIRECTORY.iterdir())
    assert {file.name.partition(".")[0] for file in files} == {p.value for p in Parameter}
    for file in files:
        rows = parse_rows(file.read_text("utf-8"), file.name)
        assert {r.parameter.value for r in rows} == {file.name.partition(".")[0]}
