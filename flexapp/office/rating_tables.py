"""The tables of ratings by month, business, channel and area, for the page and for the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flexapp.office.dashboard_tables import TOO_FEW, TableRow
from flexapp.rules import divisions
from flexapp.rules.capabilities import Action
from flexapp.rules.ratings import Level, RatingCount, RatingTally, tally_ratings
from flexapp.rules.statistics import MIN_CASES
from flexapp.spreadsheets import Value, as_csv

NOT_SHOWN = "—"
LEVELS = tuple(sorted(Level, reverse=True))
COLUMNS = ("评价", *(level.label for level in LEVELS), "满意率")

NOTES = (
    "按评价的日期统计；渠道和地区是办那件事时的。一次办理只有一条评价。",
    "满意率：非常满意、满意和基本满意的占全部评价的百分比。",
    f"1 到 {MIN_CASES - 1} 条的不列数字，写“{TOO_FEW}”；不足 {MIN_CASES} 条评价的，不分满意程度，"
    "免得看出是谁说的。",
    "看不到是谁评价的，评价的时间也只到日期。",
)


@dataclass(frozen=True, slots=True)
class RatingTable:
    """The ratings grouped by one dimension. `head`: the header of the names."""

    title: str
    head: str
    rows: tuple[TableRow, ...]


def cells(tally: RatingTally) -> tuple[str, ...]:
    """Format a tally as the cells of a row."""
    levels = [_number(tally, level) for level in LEVELS]
    total = TOO_FEW if tally.total is None else str(tally.total)
    return (total, *levels, percent(tally.content))


def shares(tally: RatingTally) -> tuple[tuple[str, str, str], ...]:
    """Return (level, number, share of all) of a tally, formatted."""
    return tuple(
        (level.label, _number(tally, level), percent(tally.share(level))) for level in LEVELS
    )


def tables(
    counts: Sequence[RatingCount], months: Sequence[str], channels: Mapping[str, str]
) -> tuple[RatingTable, ...]:
    """Return the tables. Every month is listed, but only rated businesses, channels and areas.

    `channels`: names by code.
    """

    def table(
        title: str,
        head: str,
        key: Callable[[RatingCount], str],
        name: Callable[[str], str] = str,
        names: Sequence[str] = (),
    ) -> RatingTable:
        found = tally_ratings(counts, key, names)
        return RatingTable(
            title, head, tuple(TableRow(name(code), cells(each)) for code, each in found.items())
        )

    return (
        table("每月", "月份", lambda each: each.month, names=months),
        table("各项业务", "业务", lambda each: each.business, lambda code: Action(code).label),
        table("各渠道", "渠道", lambda each: each.channel, lambda code: channels.get(code, code)),
        table("各地区", "参保地区", lambda each: each.division, area_name),
    )


def csv_of(total: RatingTally, found: Sequence[RatingTable]) -> bytes:
    """Return the tables as one CSV file without comments. A share is a number, or empty if not
    shown.
    """
    header = ["分组", "名称", *COLUMNS[:-1], f"{COLUMNS[-1]}（%）"]
    lines = [("合计", "", cells(total))]
    lines += [(table.title, row.name, row.cells) for table in found for row in table.rows]
    return as_csv(header, ([title, name, *_values(row)] for title, name, row in lines))


def _values(row: tuple[str, ...]) -> Iterator[Value]:
    for cell in row:
        number = cell.removesuffix("%")
        if cell == NOT_SHOWN:
            yield None
        else:
            yield Decimal(number) if re.fullmatch(r"[0-9.]+", number) else cell


def area_name(code: str) -> str:
    """Return the name of an area, or the code if it is unknown."""
    found = divisions.find(code)
    return code if found is None else found.name


def percent(share: Decimal | None) -> str:
    """Format a share."""
    return NOT_SHOWN if share is None else f"{share}%"


def _number(tally: RatingTally, level: Level) -> str:
    if tally.total is None:
        return NOT_SHOWN
    number = tally.number(level)
    return TOO_FEW if number is None else str(number)
