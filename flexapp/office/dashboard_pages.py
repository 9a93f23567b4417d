"""View models of the dashboard (运行情况): charts as SVG, and their tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flexapp.office.dashboard import Figures, ReportPeriod
from flexapp.office.dashboard_tables import (
    COLUMNS,
    Table,
    cells,
    tables,
)
from flexapp.rules.statistics import Measure, Tally
from flexapp.transmission.service import TransmissionStatus

Draw = Callable[[str, Measure, Mapping[str, Tally]], "Chart"]

SHOWN = (Measure.REGISTERED, Measure.ASSESSED, Measure.TRANSMITTED, Measure.PAID)
"""Measures with a chart of their own."""

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 340, 132, 30, 20, 12
ROW, NAME, VALUE = 22, 112, 40
"""Of a chart of horizontal bars: the height of a row, and the widths for its name and its
number.
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar, with its name and number for the text beside it."""

    x: float
    y: float
    width: float
    height: float
    name: str
    number: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of one measure. `said`: a text alternative for screen readers."""

    title: str
    said: str
    bars: tuple[Bar, ...]
    width: int
    height: int
    most: int
    ends: tuple[str, str] = ("", "")
    """The labels of the first and the last day."""


@dataclass(frozen=True, slots=True)
class Group:
    """The figures grouped by one dimension: the charts and their table. `lying`: horizontal
    bars.
    """

    table: Table
    charts: tuple[Chart, ...]
    lying: bool


@dataclass(frozen=True, slots=True)
class DashboardPage:
    """The page /counter/dashboard."""

    period: str
    columns: tuple[str, ...]
    total: tuple[tuple[str, str], ...]
    groups: tuple[Group, ...]
    nothing: bool
    backlog: tuple[tuple[str, int], ...]
    oldest: datetime | None

    @classmethod
    def of(
        cls,
        asked: ReportPeriod,
        found: Figures,
        standing: TransmissionStatus,
        channels: Mapping[str, str],
    ) -> DashboardPage:
        """Build the page. `channels`: names by code."""
        counts = standing.counts
        by_day, by_channel, by_area = tables(found, channels)
        return cls(
            period=f"{asked.first} 至 {asked.last}",
            columns=COLUMNS,
            total=tuple(zip(COLUMNS, cells(found.total), strict=True)),
            groups=(
                _group(by_day, _column_chart),
                _group(by_channel, _bar_chart),
                _group(by_area, _bar_chart),
            ),
            nothing=not any(found.total.number(measure) for measure in Measure),
            backlog=tuple(
                (name, counts.get(status, 0))
                for status, name in (
                    ("waiting", "等待发送"),
                    ("claimed", "正在发送"),
                    ("parked", "搁置"),
                )
            ),
            oldest=standing.oldest_open,
        )


def _group(table: Table, draw: Draw) -> Group:
    charts = tuple(draw(table.title, measure, table.tallies) for measure in SHOWN)
    return Group(table, charts, draw is _bar_chart)


def _numbers(measure: Measure, tallies: Mapping[str, Tally]) -> dict[str, int]:
    """Return the numbers of a chart. 登记 includes 变更登记, because both are one act (design
    2.1).
    """
    also = (Measure.CHANGED,) if measure is Measure.REGISTERED else ()
    return {
        name: sum(each.number(one) for one in (measure, *also)) for name, each in tallies.items()
    }


def _label(measure: Measure) -> str:
    return "登记和变更" if measure is Measure.REGISTERED else measure.label


def _column_chart(title: str, measure: Measure, tallies: Mapping[str, Tally]) -> Chart:
    numbers = _numbers(measure, tallies)
    most, days = max(numbers.values(), default=0), list(numbers)
    step = (WIDTH - LEFT) / max(len(numbers), 1)
    room = HEIGHT - TOP - BOTTOM
    bars = []
    for place, (name, number) in enumerate(numbers.items()):
        height = round(room * number / most, 1) if most else 0.0
        left = round(LEFT + place * step + step * 0.12, 1)
        bars.append(
            Bar(left, HEIGHT - BOTTOM - height, round(step * 0.76, 1), height, name, number)
        )
    busiest = max(numbers, key=lambda name: numbers[name], default="")
    said = f"{title}{_label(measure)}：共 {sum(numbers.values())}"
    if most:
        said += f"，最多的一天 {busiest}，{most}"
    return Chart(
        _label(measure),
        said,
        tuple(bars),
        WIDTH,
        HEIGHT,
        most,
        (days[0][5:], days[-1][5:]) if days else ("", ""),
    )


def _bar_chart(title: str, measure: Measure, tallies: Mapping[str, Tally]) -> Chart:
    numbers = {name: each for name, each in _numbers(measure, tallies).items() if each}
    most = max(numbers.values(), default=0)
    room = WIDTH - NAME - VALUE
    bars = tuple(
        Bar(NAME, place * ROW + 4, round(room * number / most, 1), ROW - 8, name, number)
        for place, (name, number) in enumerate(sorted(numbers.items(), key=lambda each: -each[1]))
    )
    said = f"{title}{_label(measure)}：" + (
        "，".join(f"{bar.name} {bar.number}" for bar in bars) or "没有"
    )
    return Chart(_label(measure), said, bars, WIDTH, max(len(bars), 1) * ROW, most)
