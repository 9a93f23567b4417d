"""Views of /counter/people/<token>/…: 核定 for a person at a counter, with the residents' forms."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, abort, request, url_for

from flexapp.assessment import disputes, pages
from flexapp.assessment import service as assessment
from flexapp.assessment.breakdown_view import ExplainedPage
from flexapp.assessment.calculator_view import ChoiceView, months_to_tap
from flexapp.assessment.forms import AssessmentForm
from flexapp.assessment.receipt_pages import ReceiptPage
from flexapp.assessment.service import Assessed, Eligibility, Proposal, Record
from flexapp.assessment.unavailable_pages import why_closed
from flexapp.audit import service as audit
from flexapp.counter import cases
from flexapp.counter.cases import Case
from flexapp.counter.people_pages import PAGES_OF, WINDOW_PAGES, record_card
from flexapp.counter.people_views import LOCAL, case_at
from flexapp.rules.capabilities import Action
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move, State, apply
from flexapp.transmission.forms import AskTaxForm
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.htmx import render, render_refused, wants_fragment
from flexapp.web.idempotency import idempotent
from flexapp.web.navigation import row_in, see_other

blueprint = Blueprint("counter_assessment", __name__, url_prefix="/counter/people/<token>")


@blueprint.get("/assess")
@allow(Access.STAFF, *LOCAL)
def new(token: str) -> Response:
    """Show the form of a new assessment (新增)."""
    return _new(token, RateKind.FLEXIBLE)


@blueprint.post("/assess")
@allow(Access.STAFF, *LOCAL)
@idempotent
def create(token: str) -> Response:
    """Create an assessment from the form (核定), or show its preview."""
    return _create(token, RateKind.FLEXIBLE)


@blueprint.get("/read-back")
@allow(Access.STAFF, *LOCAL)
def read_back(token: str) -> Response:
    """Return the read-back of the entry while it is typed."""
    return _say(token, RateKind.FLEXIBLE)


@blueprint.get("/explained")
@allow(Access.STAFF, *LOCAL)
def trial(token: str) -> Response:
    """Explain the calculation of a proposal (怎么算的)."""
    return _try(token, RateKind.FLEXIBLE)


@blueprint.get("/unit-rate")
@allow(Access.STAFF, *LOCAL)
def new_unit(token: str) -> Response:
    """Show the form of a make-up payment at the unit rate (以单位费率补缴)."""
    return _new(token, RateKind.UNIT)


@blueprint.post("/unit-rate")
@allow(Access.STAFF, *LOCAL)
@idempotent
def create_unit(token: str) -> Response:
    """Create an assessment at the unit rate, or show its preview."""
    return _create(token, RateKind.UNIT)


@blueprint.get("/unit-rate/read-back")
@allow(Access.STAFF, *LOCAL)
def read_back_unit(token: str) -> Response:
    """Return the read-back of the entry at the unit rate."""
    return _say(token, RateKind.UNIT)


@blueprint.get("/unit-rate/explained")
@allow(Access.STAFF, *LOCAL)
def trial_unit(token: str) -> Response:
    """Explain the calculation of a proposal at the unit rate (怎么算的)."""
    return _try(token, RateKind.UNIT)


@blueprint.get("/records/<serial>")
@allow(Access.STAFF, *LOCAL)
def detail(token: str, serial: str) -> Response:
    """Show one record: amounts, their calculation and its history."""

    def page(case: Case, record: Record) -> Response:
        refusal = cases.why_not_here(case, Action.ASSESS)
        if refusal is not None:  # only counters that may assess see amounts
            return render_refused(refusal, _list(case))
        shown = pages.DetailPage.of(
            record,
            who=case.token,
            back=_list(case),
            events=audit.of_subject(subject=record.serial),
            own=True,
            blocked=None,
            case=disputes.latest_of(record),
            desk=WINDOW_PAGES,
            months=cases.months(case, today()) if record.state is State.REVOKED else (),
        )
        return render("counter/record.html", page=shown)

    return _with_record(token, serial, page)


@blueprint.get("/records/<serial>/explained")
@allow(Access.STAFF, *LOCAL)
def explained(token: str, serial: str) -> Response:
    """Show the explanation of a record (怎么算的), also for printing."""

    def page(case: Case, record: Record) -> Response:
        refusal = cases.why_not_here(case, Action.ASSESS)
        if refusal is not None:
            return render_refused(refusal, _list(case))
        back = WINDOW_PAGES.record("detail", serial, case.token)
        shown = ExplainedPage.of(record, back=back)
        return render("counter/explained.html", page=shown)

    return _with_record(token, serial, page)


@blueprint.get("/records/<serial>/receipt")
@allow(Access.STAFF, *LOCAL)
def receipt(token: str, serial: str) -> Response:
    """Show the receipt (缴费核定凭证) that a hall prints on request."""

    def page(case: Case, record: Record) -> Response:
        refusal = cases.why_not_here(case, Action.ASSESS)
        if refusal is not None:
            return render_refused(refusal, _list(case))
        back = WINDOW_PAGES.record("detail", serial, case.token)
        shown = ReceiptPage.of(assessment.issue(record), at=now(), back=back)
        return render("counter/receipt.html", page=shown)

    return _with_record(token, serial, page)


@blueprint.get("/records/<serial>/card")
@allow(Access.STAFF, *LOCAL)
def card(token: str, serial: str) -> Response:
    """Return one record's card, polled while the tax bureau's answer is awaited."""

    def page(case: Case, record: Record) -> Response:
        refusal = cases.why_not_here(case, Action.ASSESS)
        if refusal is not None:
            return render_refused(refusal, _list(case))
        polls = max(0, request.args.get("polls", 0, type=int))
        listed = "listed" in request.args
        shown = record_card(case, record, polls=polls, listed=listed)
        months = cases.months(case, today()) if listed else ()
        return render("counter/card.html", block="polled", card=shown, months=months)

    return _with_record(token, serial, page)


@blueprint.get("/records/<serial>/revoke")
@allow(Access.STAFF, *LOCAL)
def ask_revoke(token: str, serial: str) -> Response:
    """Ask to confirm revoking (撤销): a dialog, or a page of its own without JavaScript."""

    def page(case: Case, record: Record) -> Response:
        return render(
            "counter/revoke.html",
            card=record_card(case, record),
            refusal=_why_not_move(case, record, Move.REVOKE),
            action=url_for("counter_assessment.revoke", token=token, serial=serial),
            back=_list(case),
        )

    return _with_record(token, serial, page)


@blueprint.post("/records/<serial>/revoke")
@allow(Access.STAFF, *LOCAL)
@idempotent
def revoke(token: str, serial: str) -> Response:
    """Revoke the record, after confirmation (撤销)."""
    return _with_record(
        token,
        serial,
        lambda case, record: _moved(case, cases.revoke(case=case, record=record, at=now())),
    )


@blueprint.post("/records/<serial>/transmit")
@allow(Access.STAFF, *LOCAL)
@idempotent
def transmit(token: str, serial: str) -> Response:
    """Transmit the record (传输), and redirect to the person's page, which shows the progress."""
    return _with_record(
        token,
        serial,
        lambda case, record: _moved(case, cases.transmit(case=case, record=record, at=now())),
    )


@blueprint.get("/records/<serial>/ask-tax")
@allow(Access.STAFF, *LOCAL)
def ask_tax(token: str, serial: str) -> Response:
    """Show the form that asks why the tax bureau should revoke."""
    return _with_record(token, serial, lambda case, record: _ask_page(case, record, AskTaxForm()))


@blueprint.post("/records/<serial>/ask-tax")
@allow(Access.STAFF, *LOCAL)
@idempotent
def send_ask_tax(token: str, serial: str) -> Response:
    """Ask the tax bureau to revoke (申请税务撤销)."""

    def send(case: Case, record: Record) -> Response:
        form = AskTaxForm()
        if not form.submitted():
            return _ask_page(case, record, form)
        outcome = cases.ask_tax(case=case, record=record, reason=form.reason.data, at=now())
        if isinstance(outcome, Refusal):
            form.refuse(outcome)
            return _ask_page(case, record, form)
        return see_other(_list(case))

    return _with_record(token, serial, send)


def _with_record(token: str, serial: str, view: Callable[[Case, Record], Response]) -> Response:
    """Call `view` with the case and a record of its person.

    404 if the record is unknown or somebody else's.
    """
    case = case_at(token)
    if isinstance(case, Response):
        return case
    record = cases.record_of(case, serial)
    if record is None:
        abort(404)
    return view(case, record)


def _list(case: Case) -> str:
    return WINDOW_PAGES.listing("records", case.token)


def _moved(case: Case, outcome: Record | Refusal) -> Response:
    """Redirect to the person's page, or render the refusal."""
    if isinstance(outcome, Refusal):
        return render_refused(outcome, _list(case))
    return see_other(_list(case))


def _why_not_move(case: Case, record: Record, move: Move) -> Refusal | None:
    refusal = cases.why_not_here(case, Action.REVOKE)
    target = apply(record.state, move, claimed=record.claimed)
    return refusal or (target if isinstance(target, Refusal) else None)


def _ask_page(case: Case, record: Record, form: AskTaxForm) -> Response:
    return render(
        "counter/ask_tax.html",
        form.status,
        form=form,
        refusal=_why_not_move(case, record, Move.ASK),
        action=url_for("counter_assessment.send_ask_tax", token=case.token, serial=record.serial),
        back=_list(case),
    )


def _new(token: str, kind: RateKind) -> Response:
    case = case_at(token)
    if isinstance(case, Response):
        return case
    refusal = cases.why_not_here(case, cases.action_of(kind))
    if refusal is not None:
        return render_refused(refusal, _list(case))
    form = AssessmentForm(request.args if "start" in request.args else None)
    continued = cases.continued(case, row_in("continued"), cases.action_of(kind))
    if continued is not None:
        form.fill(continued.typed)
    return _form_page(
        form, case, kind, preview=bool(form.base.data), continued=continued is not None
    )


def _create(token: str, kind: RateKind) -> Response:
    case = case_at(token)
    if isinstance(case, Response):
        return case
    form = AssessmentForm()
    submitted = form.submitted() and "preview" not in request.form
    refusal = cases.why_not_here(case, cases.action_of(kind))
    if not submitted and refusal is None:
        return _form_page(form, case, kind, preview="preview" in request.form)
    outcome = cases.assess(
        case=case,
        start=form.start.data,
        end=form.end.data,
        base=form.base.data,
        at=now(),
        today=today(),
        kind=kind,
        shown=form.shown,
    )
    if isinstance(outcome, Assessed):
        return see_other(_list(case))
    if refusal is not None:
        return render_refused(refusal, _list(case))
    for each in outcome:
        form.refuse(each)
    return _form_page(form, case, kind)


def _say(token: str, kind: RateKind) -> Response:
    if not wants_fragment():
        return see_other(PAGES_OF[kind].listing("new", token))
    case = case_at(token)
    if isinstance(case, Response):
        return case
    refusal = cases.why_not_here(case, cases.action_of(kind))
    if refusal is not None:
        return render_refused(refusal, _list(case))
    choice = ChoiceView.of(
        AssessmentForm(request.args), _bounds(case), desk=PAGES_OF[kind], who=token, kind=kind
    )
    return render("assessment/_choice.html", choice=choice)


def _try(token: str, kind: RateKind) -> Response:
    case = case_at(token)
    if isinstance(case, Response):
        return case
    refusal = cases.why_not_here(case, cases.action_of(kind))
    if refusal is not None:
        return render_refused(refusal, _list(case))
    form = AssessmentForm(request.args)
    back = PAGES_OF[kind].listing("new", token, **form.entries)
    outcome = assessment.propose(
        start=form.start.data,
        end=form.end.data,
        base=form.base.data,
        bounds=_bounds(case),
        kind=kind,
    )
    if not isinstance(outcome, Proposal):
        return see_other(back)
    page = ExplainedPage.tried(outcome, back=back, today=today())
    return render("counter/explained.html", page=page)


def _bounds(case: Case) -> Eligibility:
    return assessment.eligibility(
        person=case.person, registration=case.subject.registration, today=today()
    )


def _form_page(
    form: AssessmentForm,
    case: Case,
    kind: RateKind,
    *,
    preview: bool = True,
    continued: bool = False,
) -> Response:
    bounds = _bounds(case)
    if not form.start.data and not form.faulty and bounds.longest is not None:
        start, end = map(str, bounds.longest)
        form.fill({"start": start, "end": end, "tap": ""})
    page = pages.FormPage(
        header=pages.Header.of(case.token, case.subject),
        month_options=pages.month_options(bounds, (form.start.data, form.end.data)),
        closed=why_closed(bounds, who=case.token, desk=PAGES_OF[kind]),
        choice=ChoiceView.of(
            form, bounds, desk=PAGES_OF[kind], who=case.token, kind=kind, preview=preview
        ),
        months=months_to_tap(form, bounds, desk=PAGES_OF[kind], who=case.token, today=today()),
        desk=PAGES_OF[kind],
        elsewhere=(
            (url_for("counter_hand_over.assessment", token=case.token), "让本人在手机上继续")
            if kind is RateKind.FLEXIBLE
            else None  # not available on phones
        ),
        continued="接着本人在手机上已填的内容，核对后再核定。" if continued else None,
    )
    name = "unit_rate" if kind is RateKind.UNIT else "assess"
    return render(f"counter/{name}.html", form.status, form=form, page=page)
