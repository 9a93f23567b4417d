"""Views of /counter/people/<token>/…: 核定 for a person at a window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from flask import Response, abort, request, url_for

from flexapp.assessment import disputes, flow
from flexapp.assessment import service as assessment
from flexapp.assessment.disputes import Dispute
from flexapp.assessment.flow import AssessmentDesk
from flexapp.assessment.forms import AssessmentForm
from flexapp.assessment.service import Assessed, Record, YearMonths
from flexapp.audit import service as audit
from flexapp.audit.service import Event
from flexapp.counter import blueprint, cases
from flexapp.counter.cases import Case
from flexapp.counter.people_pages import PAGES_OF, WINDOW_PAGES
from flexapp.counter.people_views import LOCAL, case_at
from flexapp.rules.capabilities import Action
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move
from flexapp.transmission import flow as transmission
from flexapp.transmission.flow import TransmissionDesk
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.htmx import render_refused, wants_fragment
from flexapp.web.idempotency import idempotent
from flexapp.web.navigation import row_in, see_other

FLEXIBLE, UNIT = {"kind": RateKind.FLEXIBLE}, {"kind": RateKind.UNIT}
"""核定 at the usual rate, and a make-up payment at the unit rate (以单位费率补缴)."""


class WindowDesk(AssessmentDesk):
    """A clerk assesses for the person of a case."""

    in_steps = False
    handed_over_by = "本人在手机上"

    def __init__(self, case: Case, kind: RateKind) -> None:
        """A make-up payment at the unit rate cannot be continued on the phone."""
        self.case, self.kind = case, kind
        self.pages, self.who, self.subject = PAGES_OF[kind], case.token, case.subject
        self.back = self.pages.leave(case.token)
        if kind is RateKind.UNIT:
            self.title = "以单位费率补缴核定"
            self.lead = (
                "没有用人单位、需要按单位费率补缴的人在这里核定，"
                f"记在{case.subject.registration.division.name}以单位费率缴费虚拟单位名下。"
            )
        else:
            url = url_for("counter.hand_over_assessment", token=case.token)
            self.hand_over = (url, "让本人在手机上继续")

    def continued(self) -> Mapping[str, str] | None:
        """Return what the person handed over from the phone."""
        found = cases.continued(self.case, row_in("continued"), cases.action_of(self.kind))
        return None if found is None else found.typed

    def records(self, before: int | None) -> Sequence[Record]:
        """Return the person's records."""
        return assessment.own_records(self.subject.person.id, before)

    def assess(self, form: AssessmentForm) -> tuple[Refusal, ...]:
        """Store the assessment in the name of the clerk."""
        outcome = assessment.assess(
            subject=self.subject,
            start=form.start.data,
            end=form.end.data,
            base=form.base.data,
            actor=self.case.clerk.actor,
            at=now(),
            today=today(),
            kind=self.kind,
            shown=form.shown,
            bounds=self.bounds,
        )
        return () if isinstance(outcome, Assessed) else outcome


class WindowRecord(TransmissionDesk):
    """A record of the person of a case."""

    pages = WINDOW_PAGES

    def __init__(self, case: Case, record: Record) -> None:
        """`record` belongs to the person."""
        self.case, self.record = case, record

    @property
    def who(self) -> str:
        """The token of the case."""
        return self.case.token

    @property
    def list_url(self) -> str:
        """The person's page."""
        return self.pages.listing("records", self.who)

    def why_not(self, move: Move) -> Refusal | None:
        """Return why this counter may not move records of the person."""
        action = Action.TRANSMIT if move is Move.TRANSMIT else Action.REVOKE
        return cases.why_not_here(self.case, action)

    def events(self) -> Sequence[Event]:
        """Return the audit events about the record."""
        return audit.of_subject(subject=self.record.serial)

    def dispute(self) -> Dispute | None:
        """Return the latest case of 不是我办的."""
        return disputes.latest_of(self.record)

    def months(self) -> tuple[YearMonths, ...]:
        """Return the months of this year."""
        return cases.months(self.case, today())

    def revoke(self) -> Record | Refusal:
        """Revoke the record in the name of the clerk."""
        return cases.revoke(case=self.case, record=self.record, at=now())

    def transmit(self) -> Record | Refusal:
        """Transmit the record in the name of the clerk."""
        return cases.transmit(case=self.case, record=self.record, at=now())

    def ask_tax(self, reason: str) -> Record | Refusal:
        """Ask the tax bureau in the name of the clerk."""
        return cases.ask_tax(case=self.case, record=self.record, reason=reason, at=now())


@blueprint.get("/people/<token>/unit-rate", endpoint="new_at_unit_rate", defaults=UNIT)
@blueprint.get("/people/<token>/assess", defaults=FLEXIBLE)
@allow(Access.STAFF, *LOCAL)
def new_assessment(token: str, kind: RateKind) -> Response:
    """Show the form of a new assessment (新增)."""
    return _at_desk(token, kind, flow.show_form)


@blueprint.post("/people/<token>/unit-rate", endpoint="create_at_unit_rate", defaults=UNIT)
@blueprint.post("/people/<token>/assess", defaults=FLEXIBLE)
@allow(Access.STAFF, *LOCAL)
@idempotent
def create_assessment(token: str, kind: RateKind) -> Response:
    """Create an assessment from the form (核定), or show its preview."""
    return _at_desk(token, kind, flow.create)


@blueprint.get(
    "/people/<token>/unit-rate/read-back", endpoint="read_back_at_unit_rate", defaults=UNIT
)
@blueprint.get("/people/<token>/read-back", defaults=FLEXIBLE)
@allow(Access.STAFF, *LOCAL)
def read_back(token: str, kind: RateKind) -> Response:
    """Return the read-back of the entry while it is typed."""
    if not wants_fragment():  # a browser is led to the form, which says what is wrong
        return see_other(PAGES_OF[kind].listing("new", token))
    return _at_desk(token, kind, flow.read_back)


@blueprint.get("/people/<token>/unit-rate/explained", endpoint="trial_at_unit_rate", defaults=UNIT)
@blueprint.get("/people/<token>/explained", defaults=FLEXIBLE)
@allow(Access.STAFF, *LOCAL)
def trial(token: str, kind: RateKind) -> Response:
    """Explain the calculation of an entry (怎么算的)."""
    return _at_desk(token, kind, flow.explain_entry)


@blueprint.get("/people/<token>/records/<serial>")
@allow(Access.STAFF, *LOCAL)
def detail(token: str, serial: str) -> Response:
    """Show one record: amounts, their calculation and its history."""
    return _seen(token, serial, flow.show_record)


@blueprint.get("/people/<token>/records/<serial>/explained")
@allow(Access.STAFF, *LOCAL)
def explained(token: str, serial: str) -> Response:
    """Show the explanation of a record (怎么算的), also for printing."""
    return _seen(token, serial, flow.explain_record)


@blueprint.get("/people/<token>/records/<serial>/receipt")
@allow(Access.STAFF, *LOCAL)
def receipt(token: str, serial: str) -> Response:
    """Show the receipt (缴费核定凭证) that a hall prints on request."""
    return _seen(token, serial, flow.show_receipt)


@blueprint.get("/people/<token>/records/<serial>/card")
@allow(Access.STAFF, *LOCAL)
def card(token: str, serial: str) -> Response:
    """Return the record's card, polled while the tax bureau's answer is awaited."""
    return _seen(token, serial, flow.show_card)


@blueprint.get("/people/<token>/records/<serial>/revoke")
@allow(Access.STAFF, *LOCAL)
def ask_revoke(token: str, serial: str) -> Response:
    """Ask to confirm revoking (撤销): a dialog, or a page of its own without JavaScript."""
    return _with_record(token, serial, flow.ask_revoke)


@blueprint.post("/people/<token>/records/<serial>/revoke")
@allow(Access.STAFF, *LOCAL)
@idempotent
def revoke(token: str, serial: str) -> Response:
    """Revoke the record, after confirmation (撤销)."""
    return _with_record(token, serial, flow.revoke)


@blueprint.post("/people/<token>/records/<serial>/transmit")
@allow(Access.STAFF, *LOCAL)
@idempotent
def transmit(token: str, serial: str) -> Response:
    """Transmit the record (传输), and redirect to the person's page, which shows the progress."""
    return _with_record(token, serial, transmission.transmit)


@blueprint.get("/people/<token>/records/<serial>/ask-tax")
@allow(Access.STAFF, *LOCAL)
def ask_tax(token: str, serial: str) -> Response:
    """Show the form that asks why the tax bureau should revoke."""
    return _with_record(token, serial, transmission.show_ask_tax)


@blueprint.post("/people/<token>/records/<serial>/ask-tax")
@allow(Access.STAFF, *LOCAL)
@idempotent
def send_ask_tax(token: str, serial: str) -> Response:
    """Ask the tax bureau to revoke (申请税务撤销)."""
    return _with_record(token, serial, transmission.ask_tax)


def _at_desk(token: str, kind: RateKind, view: Callable[[AssessmentDesk], Response]) -> Response:
    """Call `view` for the person of the case, if this counter may assess for them at this rate."""
    case = case_at(token)
    if isinstance(case, Response):
        return case
    action = cases.action_of(kind)
    refusal = cases.why_not_here(case, action)
    if refusal is None:
        return view(WindowDesk(case, kind))
    if request.method == "POST":
        cases.refused(case, action, "assessment", refusal, now())
    return render_refused(refusal, WINDOW_PAGES.listing("records", token))


def _seen(token: str, serial: str, view: Callable[[WindowRecord], Response]) -> Response:
    """Call `view` with a record. Only counters that may assess see amounts."""

    def seen(desk: WindowRecord) -> Response:
        refusal = cases.why_not_here(desk.case, Action.ASSESS)
        return view(desk) if refusal is None else render_refused(refusal, desk.list_url)

    return _with_record(token, serial, seen)


def _with_record(token: str, serial: str, view: Callable[[WindowRecord], Response]) -> Response:
    """Call `view` with a record of the case's person; 404 if it is unknown or somebody else's."""
    case = case_at(token)
    if isinstance(case, Response):
        return case
    record = cases.record_of(case, serial)
    if record is None:
        abort(404)
    return view(WindowRecord(case, record))
