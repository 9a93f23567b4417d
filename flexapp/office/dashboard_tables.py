"""The figures as tables: by day, by channel, by area; the page and the files show the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flexapp.office.dashboard import Figures
from flexapp.rules import divisions
from flexapp.rules.money import from_fen, yen
from flexapp.rules.statistics import (
    FEWEST,
    Measure,
    Tally,
)

TOO_FEW = f"少于{FEWEST}笔"

NOTES = (
    "登记、变更登记：按办理的日期、渠道和参保地区统计。",
    "核定：按核定的日期统计，后来撤销的也算。",
    "传输：按点“传输”的日期统计，渠道和地区是核定时的。",
    "缴费：按税务告知到账的日期统计，渠道和地区是核定时的。",
    f"以前批量核定导入的不算在内。少于 {FEWEST} 笔的不列金额，免得看出是谁的。",
)
"""What each figure is, in words; `dashboard` has the same for engineers."""

COLUMNS = tuple(
    column
    for measure in Measure
    for column in (measure.label, *([f"{measure.label}金额"] if measure.has_amount else []))
)


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line of a table: a name, then each column."""

    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The figures cut one way. `head` is what its names are; `tallies` has what it was made of."""

    title: str
    head: str
    tallies: Mapping[str, Tally]

    @property
    def rows(self) -> tuple[TableRow, ...]:
        """Every line, in order."""
        return tuple(TableRow(name, cells(each)) for name, each in self.tallies.items())


def cells(tally: Tally) -> tuple[str, ...]:
    """A tally as the columns of a table."""
    shown = []
    for measure in Measure:
        shown.append(str(tally.number(measure)))
        if measure.has_amount:
            fen = tally.amount(measure)
            shown.append(TOO_FEW if fen is None else yen(from_fen(fen)))
    return tuple(shown)


def tables(found: Figures, channels: Mapping[str, str]) -> tuple[Table, Table, Table]:
    """By day, by channel and by area; `channels`: names by code."""
    by_channel = {channels.get(code, code): each for code, each in found.by_channel.items()}
    by_area = {_area(code): each for code, each in found.by_area.items()}
    return (
        Table("每天", "日期", found.by_day),
        Table("各渠道", "渠道", by_channel),
        Table("各地区", "参保地区", by_area),
    )


def channel_names(apps: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The name of every channel that something can be done through, by its code."""
    return {
        **dict(apps),
        "phone": "手机浏览器",
        "township": "乡镇民生服务中心",
        "hall": "社保服务大厅",
        # Who was there before: taken over, not done by anybody here.
        "system": "系统导入",
    }


def _area(code: str) -> str:
    found = divisions.find(code)
    return code if found is None else found.name
