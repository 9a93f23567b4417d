"""What may be assessed for a person today: open years, figures and free months."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from flexapp.agency.service import effective_parameters
from flexapp.assessment import repository
from flexapp.people.service import PersonCard
from flexapp.registration.service import RegistrationView
from flexapp.rules.eligibility import (
    MonthStatus,
    check_period,
    month_choices,
)
from flexapp.rules.parameters import ParameterBook
from flexapp.rules.periods import Month, Period
from flexapp.rules.refusal import Refusal
from flexapp.rules.retirement import last_assessable_month
from flexapp.rules.states import State

ANY_MONTH = ("0000-00", "9999-99")


@dataclass(frozen=True, slots=True)
class Reservation:
    """A month that an active assessment reserves."""

    serial: str
    state: State
    made_by: int | None
    """The account that created the assessment; None for a clerk."""
    disputed_at: datetime | None = None
    """When a case of 不是我办的 about the assessment was opened, if it is open."""

    @property
    def disputed(self) -> bool:
        """Whether an open case blocks transmission or payment now.

        In the other states a case does not change what is to be done.
        """
        stops = (State.ASSESSED, State.QUEUED, State.TRANSMITTED)
        return self.disputed_at is not None and self.state in stops


@dataclass(frozen=True)
class Eligibility:
    """The limits of what may be assessed for one person."""

    open_years: frozenset[int]
    book: ParameterBook
    """The parameters in effect, read together with the open years."""
    work_start: Month
    last_month: Month
    reserved: Mapping[Month, Reservation]

    @cached_property
    def taken(self) -> dict[Month, str]:
        """Reserved months with their serials, in the form that the rules take."""
        return {month: held.serial for month, held in self.reserved.items()}

    def choices(self, year: int) -> tuple[MonthStatus, ...]:
        """Return the 12 months of a year and whether each may be assessed."""
        found = self._choices.get(year)
        if found is None:
            found = self._choices[year] = month_choices(
                year=year, work_start=self.work_start, last_month=self.last_month, taken=self.taken
            )
        return found

    @cached_property
    def _choices(self) -> dict[int, tuple[MonthStatus, ...]]:
        """Cache of `choices`: the form needs them for its selects and for the month grid."""
        return {}

    def check(self, start: str, end: str) -> Period | Refusal:
        """Return the period between two months "YYYY-MM", or why it may not be assessed."""
        return check_period(
            start=start,
            end=end,
            open_years=self.open_years,
            work_start=self.work_start,
            last_month=self.last_month,
            taken=self.taken,
            published=self.published,
        )

    @cached_property
    def published(self) -> frozenset[int]:
        """The open years that have published figures."""
        return frozenset(
            year for year in self.open_years if not isinstance(self.book.figures(year), Refusal)
        )

    @cached_property
    def free(self) -> tuple[Month, ...]:
        """Every month that may be assessed now, in order."""
        return tuple(
            status.month
            for year in sorted(self.open_years)
            for status in self.choices(year)
            if status.available
        )

    @cached_property
    def longest(self) -> tuple[Month, Month] | None:
        """The first and last month of the earliest run of free months within a year; None if none
        is free. The form's default, because most people want it.
        """
        if not self.free:
            return None
        last = self.free[0]
        for month in self.free:
            if month.year == last.year and last.months_until(month) == 1:
                last = month
        return self.free[0], last

    @cached_property
    def unpublished(self) -> Refusal | None:
        """The refusal if no open year has published figures, else None."""
        answers = [self.book.figures(year) for year in sorted(self.open_years)]
        refusals = [answer for answer in answers if isinstance(answer, Refusal)]
        return refusals[0] if refusals and len(refusals) == len(answers) else None


def last_month(person: PersonCard) -> Month:
    """Return the last month that may be assessed for a person: the limit set by retirement."""
    return last_assessable_month(
        birth=person.birth_month, original=person.original_age, approved=person.approved_month
    )


def reserved_months(person_id: int, first: str, last: str) -> dict[Month, Reservation]:
    """Return the months of a person that active assessments reserve, from `first` to `last`."""
    return {
        Month.parse(month): Reservation(serial, State(state), made_by, disputed_at)
        for month, serial, state, made_by, disputed_at in repository.reserved_months(
            person_id, first, last
        )
    }


def eligibility(*, person: PersonCard, registration: RegistrationView, today: date) -> Eligibility:
    """Return what may be assessed for a registered person today."""
    now = effective_parameters(today)
    years = now.open_years
    first, last = (f"{min(years)}-01", f"{max(years)}-12") if years else ANY_MONTH
    return Eligibility(
        open_years=years,
        book=now.book,
        work_start=registration.work_start,
        last_month=last_month(person),
        reserved=reserved_months(person.id, first, last),
    )
