"""Views of /practice/assessment and /practice/records: 核定, stored in the practice's cookie.

The blueprint comes from `views.py`; importing this module adds these routes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from flask import Response, after_this_request, url_for

from flexapp.assessment import flow
from flexapp.assessment.flow import AssessmentDesk
from flexapp.assessment.forms import AssessmentForm
from flexapp.assessment.service import (
    AssessmentSubject,
    Eligibility,
    Record,
    YearMonths,
    listed_months,
)
from flexapp.audit.service import Event
from flexapp.practice import cookie, service
from flexapp.practice.pages import PRACTICE_PAGES, WHO
from flexapp.practice.service import PERSON, Practice
from flexapp.practice.views import blueprint, not_yet
from flexapp.registration.service import RegistrationView
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move
from flexapp.transmission import flow as transmission
from flexapp.transmission.flow import TransmissionDesk
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.htmx import render

__all__ = ["blueprint"]


class PracticeDesk(AssessmentDesk):
    """A person who does not exist; nothing is written to the database."""

    pages = PRACTICE_PAGES
    who = WHO

    def __init__(self, practice: Practice, registered: RegistrationView) -> None:
        """Of a practice in which 登记 is done."""
        self.practice = practice
        self.subject = AssessmentSubject(PERSON, registered, by_proxy=False)
        self.back = url_for("practice.index")

    @cached_property
    def bounds(self) -> Eligibility:
        """What can be assessed, given the assessments of the practice."""
        return service.bounds(self.practice, at=now(), today=today())

    def records(self, before: int | None) -> Sequence[Record]:
        """Return all assessments of the practice."""
        return service.records(self.practice, at=now(), today=today())

    def assess(self, form: AssessmentForm) -> tuple[Refusal, ...]:
        """Store the assessment in the cookie, which the response of this request sets."""
        outcome = service.assess(
            self.practice,
            start=form.start.data,
            end=form.end.data,
            base=form.base.data,
            at=now(),
            bounds=self.bounds,
        )
        if isinstance(outcome, Practice):
            _keep(outcome)
            return ()
        return outcome


class PracticeRecord(TransmissionDesk):
    """A record of the practice."""

    pages = PRACTICE_PAGES
    who = WHO

    def __init__(self, practice: Practice, record: Record, events: Sequence[Event]) -> None:
        """`events`: what happened to the record, oldest first."""
        self.practice, self.record, self._events = practice, record, events

    @property
    def list_url(self) -> str:
        """The list of the practice."""
        return url_for("practice.records")

    def events(self) -> Sequence[Event]:
        """Return the moves and the simulated answers of the tax bureau."""
        return self._events

    def months(self) -> tuple[YearMonths, ...]:
        """Return the months above the list."""
        bounds = service.bounds(self.practice, at=now(), today=today())
        return listed_months(bounds, who=WHO, today=today(), desk=PRACTICE_PAGES)

    def revoke(self) -> Record | Refusal:
        """Revoke the record in the cookie."""
        return self._move(Move.REVOKE)

    def transmit(self) -> Record | Refusal:
        """Transmit the record; the simulated tax bureau answers after some seconds."""
        return self._move(Move.TRANSMIT)

    def ask_tax(self, reason: str) -> Record | Refusal:
        """Ask the simulated tax bureau, which agrees after some seconds."""
        return self._move(Move.ASK, reason)

    def _move(self, move: Move, reason: str = "") -> Record | Refusal:
        outcome = service.move(
            self.practice, self.record.serial, move, at=now(), today=today(), reason=reason
        )
        if isinstance(outcome, Refusal):
            return outcome
        _keep(outcome)
        return self.record


@blueprint.get("/assessment")
@allow(Access.PUBLIC)
def records() -> Response:
    """Show the assessments, newest first; the form if there are none."""
    return _at_desk(flow.show_records)


@blueprint.get("/assessment/new")
@allow(Access.PUBLIC)
def new() -> Response:
    """Show the form of 新增."""
    return _at_desk(flow.show_form)


@blueprint.post("/assessment/new")
@allow(Access.PUBLIC)
def create() -> Response:
    """核定: create an assessment."""
    return _at_desk(flow.create)


@blueprint.get("/assessment/read-back")
@allow(Access.PUBLIC)
def read_back() -> Response:
    """Return the read-back of the entry while it is typed."""
    return _at_desk(flow.read_back)


@blueprint.get("/assessment/explained")
@allow(Access.PUBLIC)
def trial() -> Response:
    """Explain the calculation of an entry (怎么算的)."""
    return _at_desk(flow.explain_entry)


@blueprint.get("/records/<serial>")
@allow(Access.PUBLIC)
def detail(serial: str) -> Response:
    """Show one record: amounts, calculation and history."""
    return _with_record(serial, flow.show_record)


@blueprint.get("/records/<serial>/explained")
@allow(Access.PUBLIC)
def explained(serial: str) -> Response:
    """Show 怎么算的."""
    return _with_record(serial, flow.explain_record)


@blueprint.get("/records/<serial>/card")
@allow(Access.PUBLIC)
def card(serial: str) -> Response:
    """Return the card of one record, polled while the tax bureau's answer is pending."""
    return _with_record(serial, flow.show_card)


@blueprint.get("/records/<serial>/revoke")
@allow(Access.PUBLIC)
def ask_revoke(serial: str) -> Response:
    """Ask for confirmation of 撤销: a dialog over the page, or a page without JavaScript."""
    return _with_record(serial, flow.ask_revoke)


@blueprint.post("/records/<serial>/revoke")
@allow(Access.PUBLIC)
def revoke(serial: str) -> Response:
    """撤销: revoke the record after confirmation."""
    return _with_record(serial, flow.revoke)


@blueprint.post("/records/<serial>/transmit")
@allow(Access.PUBLIC)
def transmit(serial: str) -> Response:
    """传输: transmit the record and redirect to the list, which polls for the answer."""
    return _with_record(serial, transmission.transmit)


@blueprint.get("/records/<serial>/ask-tax")
@allow(Access.PUBLIC)
def ask_tax(serial: str) -> Response:
    """Show the form of 申请税务撤销, which asks for the reason."""
    return _with_record(serial, transmission.show_ask_tax)


@blueprint.post("/records/<serial>/ask-tax")
@allow(Access.PUBLIC)
def send_ask_tax(serial: str) -> Response:
    """申请税务撤销: ask the tax bureau to revoke."""
    return _with_record(serial, transmission.ask_tax)


def _at_desk(view: Callable[[AssessmentDesk], Response]) -> Response:
    """Call `view`, or say that 登记 comes first."""
    practice = cookie.load()
    registered = service.current(practice, today())
    return not_yet() if registered is None else view(PracticeDesk(practice, registered))


def _with_record(serial: str, view: Callable[[PracticeRecord], Response]) -> Response:
    """Call `view` with the record; if it is missing, the practice has most likely expired."""
    practice = cookie.load()
    found = service.find(practice, serial, at=now(), today=today())
    if found is None:
        return render("practice/over.html", 422)
    return view(PracticeRecord(practice, *found))


def _keep(practice: Practice) -> None:
    after_this_request(lambda response: cookie.keep(response, practice))
