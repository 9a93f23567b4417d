"""What other slices may ask of assessments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from flexapp.agency.service import in_force
from flexapp.assessment import eligibility as eligibility_case
from flexapp.assessment.assessing import Assessed, Proposal, Subject, assess, propose
from flexapp.assessment.counting_repository import counts
from flexapp.assessment.eligibility import (
    ANY_MONTH,
    Eligibility,
    eligibility,
    held_months,
    last_month,
)
from flexapp.assessment.moving import (
    claim,
    hold_up,
    hold_up_all,
    never_give_again,
    release,
    transition,
)
from flexapp.assessment.receipts import issue
from flexapp.assessment.records import (
    PAGE_SIZE,
    STATE_STYLES,
    HeldUp,
    Record,
    Ways,
    find,
    find_for,
    in_states,
    list_url,
    own_records,
    refuse_mover,
)
from flexapp.people.service import PersonCard, Visitor
from flexapp.registration import service as registration
from flexapp.rules.assessable import Availability, month_choices
from flexapp.rules.periods import Month
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import State

__all__ = [
    "PAGE_SIZE",
    "STATE_STYLES",
    "Assessed",
    "Eligibility",
    "HeldUp",
    "MonthCell",
    "Proposal",
    "Record",
    "Subject",
    "Ways",
    "assess",
    "claim",
    "counts",
    "eligibility",
    "find",
    "find_for",
    "hold_up",
    "hold_up_all",
    "in_states",
    "issue",
    "last_month",
    "list_url",
    "months_of_year",
    "never_give_again",
    "own_records",
    "own_subject",
    "propose",
    "reaching_beyond",
    "refuse_mover",
    "release",
    "transition",
]


SHORT = {Availability.BEFORE_WORK_START: "未参保", Availability.AFTER_RETIREMENT: "已退休"}
"""Words that fit into a box of the grid."""


@dataclass(frozen=True, slots=True)
class MonthCell:
    """A month of the grid: its state where a live assessment holds it, else whether it is free."""

    month: Month
    state: State | None
    availability: Availability
    closed: str | None = None
    """Why nothing of the year can be assessed, in a word, if so."""
    run_end: Month | None = None
    """The last month of the unbroken run of free months this one is in; None if it is not free."""

    @property
    def free(self) -> bool:
        """Whether it can be assessed."""
        return self.availability is Availability.AVAILABLE and not self.closed

    @property
    def label(self) -> str:
        """What stands under the month."""
        if self.state is not None:
            return self.state.label
        if self.availability is Availability.AVAILABLE and self.closed:
            return self.closed
        return SHORT.get(self.availability, self.availability.label)

    @property
    def style(self) -> str:
        """The class that colours the box; the label says it in words."""
        if self.state is not None:
            return STATE_STYLES[self.state]
        return "free" if self.free else "none"


def own_subject(visitor: Visitor) -> Subject | None:
    """The visitor as the one to assess for; None before registration."""
    registered = registration.current(visitor.me.id)
    return None if registered is None else Subject(visitor.me, registered, by_proxy=False)


def reaching_beyond(person: PersonCard) -> tuple[Record, ...]:
    """The live assessments of a person that hold months after the retirement boundary."""
    first = last_month(person).plus(1)
    held = held_months(person.id, str(first), ANY_MONTH[1])
    found = (find(serial) for serial in sorted({row.serial for row in held.values()}))
    return tuple(record for record in found if record is not None)


def months_of_year(
    *, person: PersonCard, work_start: Month, year: int, today: date
) -> tuple[MonthCell, ...]:
    """The 12 months of a year of a registered person."""
    held = eligibility_case.held_months(person.id, f"{year}-01", f"{year}-12")
    now, closed = in_force(today), None
    if year not in now.open_years:
        closed = "未开放"
    elif isinstance(now.book.figures(year), Refusal):
        closed = "未公布"
    choices = month_choices(
        year=year,
        work_start=work_start,
        last_month=eligibility_case.last_month(person),
        taken={month: row.serial for month, row in held.items()},
    )
    cells: list[MonthCell] = []
    run_end: Month | None = None
    for choice in reversed(choices):
        month = choice.month
        state = held[month].state if month in held else None
        cell = MonthCell(month, state, choice.status, closed)
        run_end = (run_end or month) if cell.free else None
        cells.append(replace(cell, run_end=run_end))
    return tuple(reversed(cells))
