"""What the pages of a practice show: the residents' own, with addresses of the practice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flexapp.assessment.calculator_view import ChoiceView, months_to_tap
from flexapp.assessment.forms import AssessmentForm
from flexapp.assessment.pages import FormPage, Header, ListPage, month_options
from flexapp.assessment.service import (
    AssessmentSubject,
    Desk,
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

PRACTICE_DESK = Desk(
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
"""The third of the ways: whom it is for need not be said, there is only one."""


@dataclass(frozen=True, slots=True)
class StartPage:
    """/practice: whom one practises as, and how far one is."""

    name: str
    registered: bool
    assessed: int

    @classmethod
    def of(cls, practice: Practice) -> StartPage:
        """The page of a practice, begun or not."""
        return cls(PERSON.name, practice.registered is not None, len(practice.made))


def known() -> PersonRows:
    """The person of every practice, shown as a resident's own data are."""
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
    """The records, newest first, all of them."""
    return ListPage.of(_header(registered), found, months=months, desk=PRACTICE_DESK)


def listed(bounds: Eligibility, today: date) -> tuple[YearMonths, ...]:
    """The months above the records."""
    return listed_months(bounds, who=WHO, today=today, desk=PRACTICE_DESK)


def form_page(
    form: AssessmentForm,
    registered: RegistrationView,
    bounds: Eligibility,
    *,
    preview: bool,
    today: date,
) -> FormPage:
    """The form of 核定; where nothing is chosen yet, the longest run of free months is."""
    if not form.start.data and not form.faulty and bounds.longest is not None:
        start, end = map(str, bounds.longest)
        form.fill({"start": start, "end": end, "tap": ""})
    return FormPage(
        header=_header(registered),
        month_options=month_options(bounds, (form.start.data, form.end.data)),
        closed=why_closed(bounds, who=WHO, desk=PRACTICE_DESK),
        choice=choice(form, bounds, preview=preview),
        months=months_to_tap(form, bounds, desk=PRACTICE_DESK, who=WHO, today=today),
        conflicts=_conflicts(form, bounds) if form.faulty else (),
        desk=PRACTICE_DESK,
    )


def choice(form: AssessmentForm, bounds: Eligibility, *, preview: bool = True) -> ChoiceView:
    """What the number typed means, and what else could be chosen."""
    return ChoiceView.of(form, bounds, desk=PRACTICE_DESK, who=WHO, preview=preview)


def _header(registered: RegistrationView) -> Header:
    return Header.of(WHO, AssessmentSubject(PERSON, registered, by_proxy=False))


def _conflicts(form: AssessmentForm, bounds: Eligibility) -> tuple[tuple[str, str], ...]:
    """The records that hold a chosen month."""
    try:
        start, end = Month.parse(form.start.data), Month.parse(form.end.data)
    except ValueError:
        return ()
    serials = {row.serial for month, row in bounds.reserved.items() if start <= month <= end}
    return tuple(
        (serial, PRACTICE_DESK.record("detail", serial, WHO)) for serial in sorted(serials)
    )
