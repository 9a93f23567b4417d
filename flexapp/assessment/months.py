"""View models of the month grid: each month's state and the link of each free month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from flexapp.agency.service import effective_parameters
from flexapp.assessment.eligibility import Eligibility, Reservation, last_month, reserved_months
from flexapp.assessment.queries import (
    RESIDENT_PAGES,
    STATE_STYLES,
    DeskPages,
)
from flexapp.people.service import PersonCard
from flexapp.rules.eligibility import (
    Availability,
    MonthStatus,
    month_choices,
)
from flexapp.rules.month_picker import Chosen, after_tap
from flexapp.rules.parameters import ParameterBook
from flexapp.rules.periods import Month
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import State

SHORT = {Availability.BEFORE_WORK_START: "未参保", Availability.AFTER_RETIREMENT: "已退休"}
"""Labels short enough for a cell of the grid."""
NOT_OPEN = "未开放"
CHOSEN = "已选"
DISPUTED = "核实中"
TAP_END = "end"
"""Value of `tap` in an address or a form: the next tap may set the end month."""


@dataclass(frozen=True, slots=True)
class MonthCell:
    """A cell of the grid: the state of the assessment that reserves the month, or its
    availability.
    """

    month: Month
    state: State | None
    """None also if the reader may not see the state of the assessment that reserves the month."""
    availability: Availability
    closed: str | None = None
    """A short label that says why nothing of the year can be assessed, if so."""
    run_end: Month | None = None
    """The last month of the run of free months that this month is in; None if it is not free."""
    url: str | None = None
    """The link of the cell, if any."""
    chosen: bool = False
    """Whether the month is selected on the form."""
    disputed: bool = False
    """Whether an open case of 不是我办的 blocks transmission or payment."""

    def __hash__(self) -> int:
        # The template caches rendered cells. Hash only what distinguishes the cells of one page.
        return hash((self.month.number, self.url, self.chosen, self.state))

    @property
    def free(self) -> bool:
        """Whether the month can be assessed."""
        return self.run_end is not None

    @property
    def label(self) -> str:
        """The text below the month."""
        if self.disputed:
            return DISPUTED
        if self.state is not None:
            return self.state.label
        if self.chosen:
            return CHOSEN
        if self.availability is Availability.AVAILABLE and self.closed:
            return self.closed
        return SHORT.get(self.availability, self.availability.label)

    @property
    def style(self) -> str:
        """The CSS class that colours the cell. The label says the same in words."""
        if self.disputed:
            return "wait"
        if self.state is not None:
            return STATE_STYLES[self.state]
        if self.availability is Availability.TAKEN:
            return "off"
        return "free" if self.free else "none"


@dataclass(frozen=True, slots=True)
class YearMonths:
    """The 12 cells of a year."""

    year: int
    cells: tuple[MonthCell, ...]


def months_of_year(
    *,
    person: PersonCard,
    work_start: Month,
    year: int,
    today: date,
    not_open: Refusal | None = None,
) -> tuple[MonthCell, ...]:
    """Return the 12 months of a year of a registered person, open for declaration or not.

    `not_open`: why nothing can be assessed through this channel, if so.
    """
    held = reserved_months(person.id, f"{year}-01", f"{year}-12")
    now = effective_parameters(today)
    choices = month_choices(
        year=year,
        work_start=work_start,
        last_month=last_month(person),
        taken={month: row.serial for month, row in held.items()},
    )
    closed = NOT_OPEN if not_open else _why_closed(year, now.open_years, now.book)
    return _cells(choices, held, closed)


def open_months(
    bounds: Eligibility,
    *,
    today: date,
    seen_by: int | None = None,
    not_open: Refusal | None = None,
) -> tuple[YearMonths, ...]:
    """Return the months of every open year, or of the current year if none is open.

    `seen_by`: the account of a proxy. A proxy sees which months are taken, but the state only of
    the assessments that this account created (design 2.4). `not_open`: as for `months_of_year`.
    """
    held = bounds.reserved
    if seen_by is not None:
        held = {month: row for month, row in held.items() if row.made_by == seen_by}
    return tuple(
        YearMonths(
            year,
            _cells(
                bounds.choices(year),
                held,
                NOT_OPEN if not_open else _why_closed(year, bounds.open_years, bounds.book),
            ),
        )
        for year in sorted(bounds.open_years or {today.year})
    )


def leading(
    cells: Sequence[MonthCell],
    *,
    who: str = "self",
    desk: DeskPages = RESIDENT_PAGES,
    chosen: Chosen | None = None,
    more: Mapping[str, str] | None = None,
) -> tuple[MonthCell, ...]:
    """Return the cells with links: each free month leads to the form with the resulting selection.

    `chosen`: the present selection. `more`: further query parameters of the links.
    """
    runs = {cell.month: cell.run_end for cell in cells if cell.run_end is not None}
    # Build the address once: a call of the router for every cell costs as much as the whole grid.
    page, _, place = desk.listing("new", who, **(more or {})).partition("#")
    begin, end = f"{page}{'&' if '?' in page else '?'}start=", f"#{place}" if place else ""

    def url(month: Month) -> str:
        then = after_tap(month, runs=runs, chosen=chosen)
        tap = f"&tap={TAP_END}" if then.waits else ""
        return f"{begin}{then.start}&end={then.end}{tap}{end}"

    return tuple(
        # Call the constructor: `replace` takes five times as long, for twelve cells on every page.
        MonthCell(
            cell.month,
            cell.state,
            cell.availability,
            cell.closed,
            cell.run_end,
            url(cell.month),
            chosen is not None and chosen.start <= cell.month <= chosen.end,
        )
        if cell.free
        else cell
        for cell in cells
    )


def listed_months(
    bounds: Eligibility,
    *,
    who: str,
    today: date,
    seen_by: int | None = None,
    desk: DeskPages = RESIDENT_PAGES,
    not_open: Refusal | None = None,
) -> tuple[YearMonths, ...]:
    """Return the months above a list of records, each free one with a link to the form."""
    return tuple(
        replace(each, cells=leading(each.cells, who=who, desk=desk))
        for each in open_months(bounds, today=today, seen_by=seen_by, not_open=not_open)
    )


def _why_closed(year: int, open_years: frozenset[int], book: ParameterBook) -> str | None:
    if year not in open_years:
        return NOT_OPEN
    return "未公布" if isinstance(book.figures(year), Refusal) else None


def _cells(
    choices: Sequence[MonthStatus], held: Mapping[Month, Reservation], closed: str | None
) -> tuple[MonthCell, ...]:
    cells: list[MonthCell] = []
    run_end: Month | None = None
    for choice in reversed(choices):
        month = choice.month
        holder = held.get(month)
        state = None if holder is None else holder.state
        disputed = holder is not None and holder.disputed
        run_end = (run_end or month) if choice.available and not closed else None
        cells.append(MonthCell(month, state, choice.status, closed, run_end, disputed=disputed))
    return tuple(reversed(cells))
