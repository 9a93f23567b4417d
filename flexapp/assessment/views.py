"""Views of /assessment: choose the person, list the records, the form for months and base."""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, request, url_for
from werkzeug.datastructures import MultiDict

from flexapp.agency.service import why_not_open
from flexapp.assessment import (
    creation,
    eligibility,
    pages,
    proxy,
)
from flexapp.assessment.breakdown_view import ExplainedPage
from flexapp.assessment.calculator_view import ChoiceView, months_to_tap
from flexapp.assessment.creation import (
    Assessed,
    AssessmentSubject,
    Proposal,
    propose,
)
from flexapp.assessment.eligibility import Eligibility
from flexapp.assessment.forms import OTHER, SELF, AssessmentForm, ChooseForm
from flexapp.assessment.months import listed_months
from flexapp.assessment.queries import (
    RESIDENT_PAGES,
    made_for,
    own_records,
)
from flexapp.assessment.service import NOT_REGISTERED, own_subject
from flexapp.assessment.unavailable_pages import why_closed
from flexapp.people import draft_decorators, handover_codes
from flexapp.people.accessibility_mode import is_elder
from flexapp.people.draft_decorators import background_request, drafted
from flexapp.people.drafts import Draft
from flexapp.people.forms import typed_identity
from flexapp.people.handover_codes import HandedOver, Place
from flexapp.rules.capabilities import Action
from flexapp.rules.identity import parse_name
from flexapp.rules.limits import PROXY_WRONG
from flexapp.rules.periods import Month
from flexapp.rules.refusal import Refusal
from flexapp.web import (
    client_ip,
    page_owner,
    rate_limit,
)
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.forms import RESUBMIT
from flexapp.web.htmx import render, render_refused, wants_fragment
from flexapp.web.idempotency import idempotent
from flexapp.web.links import Page, page_url
from flexapp.web.navigation import before_row, row_in, see_other

blueprint = Blueprint("assessment", __name__, url_prefix="/assessment")


@blueprint.get("")
@allow(Access.PERSON)
def choose() -> Response:
    """Show the choice of whom to assess for."""
    return _choose_page(ChooseForm())


@blueprint.post("")
@allow(Access.PERSON)
def begin() -> Response:
    """Redirect to one's own records, or open a proxy case and redirect to that person's."""
    form = ChooseForm()
    if not form.submitted():
        return _choose_page(form)
    if form.who.data == SELF:
        if own_subject(g.visitor) is None:
            form.refuse(NOT_REGISTERED)
            return _choose_page(form)
        return see_other(url_for("assessment.records", who=SELF))
    if form.who.data != OTHER:
        form.refuse(Refusal("who_unknown", "请选择本人缴费核定或代他人核定。"))
        return _choose_page(form)
    name = parse_name(form.name.data)
    identity = typed_identity(form.identity, today=today())
    for answer in (name, identity):
        if isinstance(answer, Refusal):
            form.refuse(answer)
    if isinstance(name, Refusal) or isinstance(identity, Refusal):
        return _choose_page(form)
    if proxy.has_tried_today(visitor=g.visitor, today=today()):
        rate_limit.enforce(PROXY_WRONG)
    token = proxy.open_case(
        visitor=g.visitor, name=name, identity=identity, at=now(), today=today()
    )
    if isinstance(token, Refusal):
        if token == proxy.NO_MATCH:
            rate_limit.hit(PROXY_WRONG, client_ip.client())
        form.refuse(token)
        return _choose_page(form)
    return see_other(url_for("assessment.records", who=token))


@blueprint.get("/<who>")
@allow(Access.PERSON)
def records(who: str) -> Response:
    """List the records, newest first. Show the form if there are none yet."""
    subject = _subject(who)
    if isinstance(subject, Response):
        return subject
    before, hidden = before_row(), []
    bounds = _bounds(subject)
    if subject.by_proxy:
        found = made_for(subject.person.id, g.visitor.account_id, before)
        hidden = [m for m, row in bounds.reserved.items() if row.made_by != g.visitor.account_id]
    else:
        found = own_records(subject.person.id, before)
    if not found and not hidden and before is None:
        return _new_page(who, subject)
    not_open = _not_open(subject)
    page = pages.ListPage.of(
        pages.Header.of(who, subject),
        found,
        months=listed_months(
            bounds, who=who, today=today(), seen_by=_seen_by(subject), not_open=not_open
        ),
        hidden=hidden,
        not_open=not_open,
    )
    return render("assessment/records.html", page=page)


@blueprint.get("/<who>/new")
@allow(Access.PERSON)
def new(who: str) -> Response:
    """Show the form of a new assessment (新增)."""
    subject = _subject(who)
    return subject if isinstance(subject, Response) else _new_page(who, subject)


@blueprint.post("/<who>/new")
@allow(Access.PERSON)
@drafted(AssessmentForm)
@idempotent
def create(who: str) -> Response:
    """Create an assessment from the form (核定), show its preview, or change the step of the
    form.
    """
    form = AssessmentForm()
    submitted = form.submitted() and "preview" not in request.form
    subject = _subject(who)
    if isinstance(subject, Response):
        return subject
    if form.changing_step:
        period = _bounds(subject).check(form.start.data, form.end.data)
        if isinstance(period, Refusal):
            form.refuse(period)
    if not submitted:
        return _form_page(
            form, who, subject, preview="preview" in request.form or bool(form.base.data)
        )
    outcome = creation.assess(
        subject=subject,
        start=form.start.data,
        end=form.end.data,
        base=form.base.data,
        actor=g.visitor.actor,
        at=now(),
        today=today(),
        shown=form.shown,
    )
    if isinstance(outcome, Assessed):
        return see_other(url_for("assessment.records", who=who))
    for refusal in outcome:
        form.refuse(refusal)
    return _form_page(form, who, subject)


@blueprint.post("/self/hand-over")
@allow(Access.PERSON)
@drafted(AssessmentForm, form="/assessment/self/new", finishes=False)
def hand_over() -> Response:
    """Store the entry, complete or not, and issue a handover code (到窗口继续办理)."""
    if RESUBMIT not in request.form:
        given = handover_codes.hand_over(
            person_id=g.visitor.me.id,
            action=Action.ASSESS,
            place=Place.COUNTER,
            typed=AssessmentForm().entries,
            actor=g.visitor.actor,
            at=now(),
        )
        if isinstance(given, Refusal):
            return render_refused(given, url_for("assessment.new", who=SELF))
    return see_other(page_url(Page.HAND_OVER))


@blueprint.get("/<who>/read-back")
@allow(Access.PERSON)
@background_request
def read_back(who: str) -> Response:
    """Return the read-back of the entry while it is typed."""
    if not wants_fragment():
        return see_other(url_for("assessment.new", who=who))
    subject = _subject(who)
    if isinstance(subject, Response):
        return subject
    form = AssessmentForm(request.args)
    choice = ChoiceView.of(form, _bounds(subject), desk=RESIDENT_PAGES, who=who)
    return render("assessment/_choice.html", choice=choice)


@blueprint.get("/<who>/explained")
@allow(Access.PERSON)
def trial(who: str) -> Response:
    """Explain the calculation of a proposal (怎么算的).

    Without a valid proposal, redirect to the form, which shows the reason.
    """
    subject = _subject(who)
    if isinstance(subject, Response):
        return subject
    if page_owner.address_is_of_another():
        return see_other(url_for("assessment.new", who=who))
    form = AssessmentForm(request.args)
    back = RESIDENT_PAGES.listing("new", who, **form.entries)
    outcome = propose(
        start=form.start.data, end=form.end.data, base=form.base.data, bounds=_bounds(subject)
    )
    if not isinstance(outcome, Proposal):
        return see_other(back)
    page = ExplainedPage.tried(outcome, back=back, today=today())
    return render("assessment/explained.html", page=page)


def _subject(who: str) -> AssessmentSubject | Response:
    """Return the subject of the address. 404 for an unknown case or somebody else's.

    The choice page is returned as the response if the visitor is not registered or the case has
    ended.
    """
    if who == SELF:
        subject = own_subject(g.visitor)
        if subject is None:
            form = ChooseForm()
            form.refuse(NOT_REGISTERED)
            return _choose_page(form, status=200 if request.method == "GET" else 422)
        return subject
    named = proxy.subject_of(token=who, visitor=g.visitor)
    if named is None:
        abort(404)
    if isinstance(named, Refusal):
        form = ChooseForm(MultiDict({"who": OTHER}))
        form.refuse(named)
        return _choose_page(form, status=200 if request.method == "GET" else 422)
    return named


def _bounds(subject: AssessmentSubject) -> Eligibility:
    return eligibility.eligibility(
        person=subject.person, registration=subject.registration, today=today()
    )


def _not_open(subject: AssessmentSubject) -> Refusal | None:
    """Return why assessing is not available for the subject through this channel, or None."""
    return why_not_open(
        division=subject.registration.division,
        actor=g.visitor.actor,
        action=Action.ASSESS,
        today=today(),
    )


def _seen_by(subject: AssessmentSubject) -> int | None:
    """Return the account whose records alone are visible; None if all are, for one's own."""
    return g.visitor.account_id if subject.by_proxy else None


def _choose_page(form: ChooseForm, status: int | None = None) -> Response:
    return render(
        "assessment/choose.html",
        status or form.status,
        form=form,
        not_registered=form.page_fault == NOT_REGISTERED.sentence,
    )


def _new_page(who: str, subject: AssessmentSubject) -> Response:
    form = AssessmentForm(request.args if _says_months() else None)
    continued = _continued(who)
    draft = None
    if continued is not None:
        form.fill(continued.typed)
    elif missing := _not_said():
        draft = draft_decorators.load_draft(url_for("assessment.create", who=who))
        if draft is not None:
            form.fill({name: draft.typed.get(name, "") for name in missing})
    return _form_page(
        form,
        who,
        subject,
        preview=bool(form.base.data),
        continued=bool(continued),
        draft=draft,
    )


def _says_months() -> bool:
    """Whether the address contains a selection that was not made for somebody else."""
    return "start" in request.args and not page_owner.address_is_of_another()


def _not_said() -> tuple[str, ...]:
    """Return the fields that the address leaves open.

    A link of a quick choice, of a month or of 重新核定 sets some of them.
    """
    if not _says_months():
        return ("start", "end", "base")
    return () if "base" in request.args else ("base",)


def _continued(who: str) -> HandedOver | None:
    """Return what was begun at a counter. Only for oneself."""
    if who != SELF:
        return None
    return handover_codes.redeemed(
        number=row_in("continued"),
        person_id=g.visitor.me.id,
        action=Action.ASSESS,
        actor=g.visitor.actor,
    )


def _form_page(
    form: AssessmentForm,
    who: str,
    subject: AssessmentSubject,
    *,
    preview: bool = True,
    continued: bool = False,
    draft: Draft | None = None,
) -> Response:
    bounds = _bounds(subject)
    gone = pages.clear_unavailable_months(form, bounds) if draft is not None else ()
    if not form.start.data and not form.faulty and not gone and bounds.longest is not None:
        start, end = map(str, bounds.longest)
        form.fill({"start": start, "end": end, "tap": ""})
    not_open = _not_open(subject)
    conflicts = _conflicts(form, bounds, subject) if form.faulty else ()
    if is_elder():
        form.show_step()
    page = pages.FormPage(
        header=pages.Header.of(who, subject),
        month_options=pages.month_options(bounds, (form.start.data, form.end.data)),
        closed=why_closed(
            bounds, who=who, desk=RESIDENT_PAGES, not_open=not_open, seen_by=_seen_by(subject)
        ),
        choice=ChoiceView.of(form, bounds, desk=RESIDENT_PAGES, who=who, preview=preview),
        months=months_to_tap(
            form, bounds, desk=RESIDENT_PAGES, who=who, today=today(), seen_by=_seen_by(subject)
        ),
        conflicts=conflicts,
        # A proxy cannot send the other person to a counter.
        elsewhere=(url_for("assessment.hand_over"), "到窗口继续办理") if who == SELF else None,
        continued="接着窗口已填的内容，核对后再核定。" if continued else None,
    )
    return render(
        "assessment/form.html",
        form.status,
        form=form,
        page=page,
        draft=draft,
        gone=gone,
    )


def _conflicts(
    form: AssessmentForm, bounds: Eligibility, subject: AssessmentSubject
) -> tuple[tuple[str, str], ...]:
    """Return serial and address of the records, visible to the user, that reserve a selected
    month.
    """
    try:
        start, end = Month.parse(form.start.data), Month.parse(form.end.data)
    except ValueError:
        return ()
    return tuple(
        sorted(
            {
                (row.serial, url_for("record.detail", serial=row.serial))
                for month, row in bounds.reserved.items()
                if start <= month <= end
                and (not subject.by_proxy or row.made_by == g.visitor.account_id)
            }
        )
    )
