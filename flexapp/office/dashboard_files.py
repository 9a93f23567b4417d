"""The dashboard's tables as files. They contain no personal data.

Amounts are numbers in columns of their own. The cell is empty if there are too few cases to show an
amount, as the header explains.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from flexapp.office.dashboard import Figures
from flexapp.office.dashboard_tables import (
    NOTES,
    TOO_FEW,
    Table,
)
from flexapp.rules.money import from_fen
from flexapp.rules.statistics import Measure, Tally
from flexapp.spreadsheets import (
    Amount,
    Value,
    as_csv,
    as_xlsx,
)

HEADER = tuple(
    column
    for measure in Measure
    for column in (
        measure.label,
        *([f"{measure.label}金额（元，{TOO_FEW}的不列）"] if measure.has_amount else []),
    )
)
TOTAL = "合计"


def csv_of(figures: Figures, tables: tuple[Table, ...]) -> bytes:
    """Return one CSV table of all groups. Only the group of days has a row of totals."""
    rows = ((table.title, *row) for table in tables for row in _rows(figures, table))
    return as_csv(["分组", "名称", *HEADER], rows)


def xlsx_of(period: str, figures: Figures, tables: tuple[Table, ...]) -> bytes:
    """Return a workbook with a sheet per group. The last sheet explains what is counted."""
    sheets = [(table.title, [table.head, *HEADER], list(_rows(figures, table))) for table in tables]
    notes = [[text] for text in (period, *NOTES)]
    return as_xlsx([*sheets, ("说明", [], notes)])


def _rows(figures: Figures, table: Table) -> Iterator[tuple[Value, ...]]:
    days = table.tallies is figures.by_day
    for name, tally in table.tallies.items():
        yield (date.fromisoformat(name) if days else name, *_values(tally))
    if days:
        yield (TOTAL, *_values(figures.total))


def _values(tally: Tally) -> Iterator[Value]:
    for measure in Measure:
        yield tally.number(measure)
        if measure.has_amount:
            fen = tally.amount(measure)
            yield None if fen is None else Amount(from_fen(fen))
