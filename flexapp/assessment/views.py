"""Views of /assessment: choose the person; 核定 on the phone for oneself and as a proxy."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, abort, g, request, url_for
from werkzeug.datastructures import MultiDict

from flexapp.assessment import blueprint, flow, proxy
from flexapp.assessment.flow import AssessmentDesk
from flexapp.assessment.forms import OTHER, SELF, AssessmentForm, ChooseForm
from flexapp.assessment.resident import ResidentDesk
from flexapp.assessment.service import NOT_REGISTERED, own_subject
from flexapp.people import handover_codes
from flexapp.people.draft_decorators import background_request, drafted
from flexapp.people.forms import typed_identity
from flexapp.people.handover_codes import Place
from flexapp.rules.capabilities import Action
from flexapp.rules.identity import parse_name
from flexapp.rules.limits import PROXY_WRONG
from flexapp.rules.refusal import Refusal
from flexapp.web import client_ip, rate_limit
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.forms import RESUBMIT
from flexapp.web.htmx import render, render_refused, wants_fragment
from flexapp.web.idempotency import idempotent
from flexapp.web.links import Page, page_url
from flexapp.web.navigation import see_other


@blueprint.get("/assessment")
@allow(Access.PERSON)
def choose() -> Response:
    """Show the choice of whom to assess for."""
    return _choose_page(ChooseForm())


@blueprint.post("/assessment")
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


@blueprint.get("/assessment/<who>")
@allow(Access.PERSON)
def records(who: str) -> Response:
    """List the records, newest first. Show the form if there are none yet."""
    return _at_desk(who, flow.show_records)


@blueprint.get("/assessment/<who>/new")
@allow(Access.PERSON)
def new(who: str) -> Response:
    """Show the form of a new assessment (新增)."""
    return _at_desk(who, flow.show_form)


@blueprint.post("/assessment/<who>/new")
@allow(Access.PERSON)
@drafted(AssessmentForm)
@idempotent
def create(who: str) -> Response:
    """Create an assessment from the form (核定), show its preview, or change its step."""
    return _at_desk(who, flow.create)


@blueprint.post("/assessment/self/hand-over")
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


@blueprint.get("/assessment/<who>/read-back")
@allow(Access.PERSON)
@background_request
def read_back(who: str) -> Response:
    """Return the read-back of the entry while it is typed."""
    if not wants_fragment():  # a browser is led to the form, which says what is wrong
        return see_other(url_for("assessment.new", who=who))
    return _at_desk(who, flow.read_back)


@blueprint.get("/assessment/<who>/explained")
@allow(Access.PERSON)
def trial(who: str) -> Response:
    """Explain the calculation of an entry (怎么算的)."""
    return _at_desk(who, flow.explain_entry)


def _at_desk(who: str, view: Callable[[AssessmentDesk], Response]) -> Response:
    """Call `view` for the person of the address. 404 for an unknown case or somebody else's.

    The choice page is returned if the visitor is not registered or the case has ended.
    """
    if who == SELF:
        own = own_subject(g.visitor)
        if own is not None:
            return view(ResidentDesk(who, own))
        form = ChooseForm()
        form.refuse(NOT_REGISTERED)
    else:
        named = proxy.subject_of(token=who, visitor=g.visitor)
        if named is None:
            abort(404)
        if not isinstance(named, Refusal):
            return view(ResidentDesk(who, named))
        form = ChooseForm(MultiDict({"who": OTHER}))
        form.refuse(named)
    return _choose_page(form, status=200 if request.method == "GET" else 422)


def _choose_page(form: ChooseForm, status: int | None = None) -> Response:
    return render(
        "assessment/choose.html",
        status or form.status,
        form=form,
        not_registered=form.page_fault == NOT_REGISTERED.sentence,
    )
