"""The dashboard's tables by day, by channel and by area, for the page and for the files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flexapp.office.dashboard import Figures
from flexapp.rules import divisions
from flexapp.rules.money import from_fen, yen
from flexapp.rules.statistics import (
    MIN_CASES,
    Measure,
    Tally,
)

TOO_FEW = f"少于{MIN_CASES}笔"

NOTES = (
    "登记、变更登记：按办理的日期、渠道和参保地区统计。",
    "核定：按核定的日期统计，后来撤销的也算。",
    "传输：按点“传输”的日期统计，渠道和地区是核定时的。",
    "缴费：按税务告知到账的日期统计，渠道和地区是核定时的。",
    f"以前批量核定导入的不算在内。少于 {MIN_CASES} 笔的不列金额，免得看出是谁的。",
)
"""What each figure counts, for readers of the page. The docstring of `dashboard` says the same."""

COLUMNS = tuple(
    column
    for measure in Measure
    for column in (measure.label, *([f"{measure.label}金额"] if measure.has_amount else []))
)


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table: a name, then the cells of the columns."""

    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The figures grouped by one dimension. `head`: the header of the names. `tallies`: their
    source.
    """

    title: str
    head: str
    tallies: Mapping[str, Tally]

    @property
    def rows(self) -> tuple[TableRow, ...]:
        """Every row, in order."""
        return tuple(TableRow(name, cells(each)) for name, each in self.tallies.items())


def cells(tally: Tally) -> tuple[str, ...]:
    """Format a tally as the cells of a row."""
    shown = []
    for measure in Measure:
        shown.append(str(tally.number(measure)))
        if measure.has_amount:
            fen = tally.amount(measure)
            shown.append(TOO_FEW if fen is None else yen(from_fen(fen)))
    return tuple(shown)


def tables(found: Figures, channels: Mapping[str, str]) -> tuple[Table, Table, Table]:
    """Return the tables by day, by channel and by area. `channels`: names by code."""
    by_channel = {channels.get(code, code): each for code, each in found.by_channel.items()}
    by_area = {_area(code): each for code, each in found.by_area.items()}
    return (
        Table("每天", "日期", found.by_day),
        Table("各渠道", "渠道", by_channel),
        Table("各地区", "参保地区", by_area),
    )


def channel_names(apps: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the name of every channel by its code."""
    return {
        **dict(apps),
        "phone": "手机浏览器",
        "township": "乡镇民生服务中心",
        "hall": "社保服务大厅",
        # Data that existed before this service: imported, not entered through a channel.
        "system": "系统导入",
    }


def _area(code: str) -> str:
    found = divisions.find(code)
    return code if found is None else found.name
