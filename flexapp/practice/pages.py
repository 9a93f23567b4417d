"""View models of the practice pages: those of the residents, with URLs of the practice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flexapp.assessment.calculator_view import ChoiceView, months_to_tap
from flexapp.assessment.forms import AssessmentForm
from flexapp.assessment.pages import FormPage, Header, ListPage, month_options
from flexapp.assessment.service import (
    AssessmentSubject,
    DeskPages,
    Eligibility,
    Record,
    YearMonths,
    listed_months,
)
from flexapp.assessment.unavailable_pages import why_closed
from flexapp.practice.service import (
    PERSON,
    PHONE,
    Practice,
)
from flexapp.registration.pages import PersonRows
from flexapp.registration.service import RegistrationView
from flexapp.rules.periods import Month
from flexapp.web.formatting import day

WHO = "self"

PRACTICE_PAGES = DeskPages(
    {
        "records": "practice.records",
        "new": "practice.new",
        "create": "practice.create",
        "read_back": "practice.read_back",
        "trial": "practice.trial",
        "detail": "practice.detail",
        "explained": "practice.explained",
        "card": "practice.card",
        "ask_revoke": "practice.ask_revoke",
        "revoke": "practice.revoke",
        "transmit": "practice.transmit",
        "ask_tax": "practice.ask_tax",
        "leave": "practice.index",
    },
    key="",
    in_records=False,
    leave_label="回到练习",
)
"""The desk of the practice. Its URLs need no key of the person, because there is only one."""


@dataclass(frozen=True, slots=True)
class StartPage:
    """The view model of /practice: the person's name and the progress so far."""

    name: str
    registered: bool
    assessed: int

    @classmethod
    def of(cls, practice: Practice) -> StartPage:
        """Return the page of a practice; the practice may be empty."""
        return cls(PERSON.name, practice.registered is not None, len(practice.made))


def known() -> PersonRows:
    """Return the practice person's data in the form in which a resident's are shown."""
    return PersonRows(
        name=PERSON.masked_name,
        identity=PERSON.masked_identity,
        phone=PHONE,
        sex=PERSON.sex.label,
        birth_date=day(PERSON.birth_date),
    )


def list_page(
    registered: RegistrationView, found: tuple[Record, ...], months: tuple[YearMonths, ...]
) -> ListPage:
    """Return the page of all records; `found` is newest first."""
    return ListPage.of(_header(registered), found, months=months, desk=PRACTICE_PAGES)


def listed(bounds: Eligibility, today: date) -> tuple[YearMonths, ...]:
    """Return the months shown above the records."""
    return listed_months(bounds, who=WHO, today=today, desk=PRACTICE_PAGES)


def form_page(
    form: AssessmentForm,
    registered: RegistrationView,
    bounds: Eligibility,
    *,
    preview: bool,
    today: date,
) -> FormPage:
    """Return the form of 核定; preselects the longest run of free months if none is chosen."""
    if not form.start.data and not form.faulty and bounds.longest is not None:
        start, end = map(str, bounds.longest)
        form.fill({"start": start, "end": end, "tap": ""})
    return FormPage(
        header=_header(registered),
        month_options=month_options(bounds, (form.start.data, form.end.data)),
        closed=why_closed(bounds, who=WHO, desk=PRACTICE_PAGES),
        choice=choice(form, bounds, preview=preview),
        months=months_to_tap(form, bounds, desk=PRACTICE_PAGES, who=WHO, today=today),
        conflicts=_conflicts(form, bounds) if form.faulty else (),
        desk=PRACTICE_PAGES,
    )


def choice(form: AssessmentForm, bounds: Eligibility, *, preview: bool = True) -> ChoiceView:
    """Return the interpretation of the entered base and the alternatives."""
    return ChoiceView.of(form, bounds, desk=PRACTICE_PAGES, who=WHO, preview=preview)


def _header(registered: RegistrationView) -> Header:
    return Header.of(WHO, AssessmentSubject(PERSON, registered, by_proxy=False))


def _conflicts(form: AssessmentForm, bounds: Eligibility) -> tuple[tuple[str, str], ...]:
    """Return (serial, URL) of the records that reserve a chosen month."""
    try:
        start, end = Month.parse(form.start.data), Month.parse(form.end.data)
    except ValueError:
        return ()
    serials = {row.serial for month, row in bounds.reserved.items() if start <= month <= end}
    return tuple(
        (serial, PRACTICE_PAGES.record("detail", serial, WHO)) for serial in sorted(serials)
    )
