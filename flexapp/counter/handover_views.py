"""Views of /counter/people/<token>/…: continue an entry from the phone here, or the reverse."""

from __future__ import annotations

from flask import Response, request, url_for

from flexapp.assessment.forms import AssessmentForm
from flexapp.counter import blueprint, cases
from flexapp.counter.cases import Case
from flexapp.counter.people_pages import HandOverPage
from flexapp.counter.people_views import LOCAL, case_at
from flexapp.people.forms import HandOverForm
from flexapp.registration.forms import RegistrationForm
from flexapp.rules.capabilities import Action
from flexapp.rules.refusal import Refusal
from flexapp.web.access import Access, allow
from flexapp.web.clock import now
from flexapp.web.forms import RESUBMIT
from flexapp.web.htmx import render, render_refused
from flexapp.web.idempotency import idempotent
from flexapp.web.navigation import see_other

FORMS = {
    Action.REGISTER: "counter.registration_form",
    Action.ASSESS: "counter.new_assessment",
}


@blueprint.get("/people/<token>/hand-over")
@allow(Access.STAFF, *LOCAL)
def ask_handover_code(token: str) -> Response:
    """Ask for the code, and show the codes to give to the person."""
    case = case_at(token)
    return case if isinstance(case, Response) else _page(case, HandOverForm())


@blueprint.post("/people/<token>/hand-over")
@allow(Access.STAFF, *LOCAL)
@idempotent
def redeem_handover_code(token: str) -> Response:
    """Redirect to the form, filled with what the person typed on the phone."""
    case = case_at(token)
    if isinstance(case, Response):
        return case
    form = HandOverForm()
    if not form.submitted():
        return _page(case, form)
    found = cases.go_on(case, form.code.data, at=now())
    if isinstance(found, Refusal):
        form.refuse(found)
        return _page(case, form)
    return see_other(url_for(FORMS[found.action], token=token, continued=found.id))


@blueprint.post("/people/<token>/registration/hand-over")
@allow(Access.STAFF, *LOCAL)
def hand_over_registration(token: str) -> Response:
    """Hand the registration over to the phone (让本人在手机上继续)."""
    return _give(token, Action.REGISTER, RegistrationForm())


@blueprint.post("/people/<token>/assess/hand-over")
@allow(Access.STAFF, *LOCAL)
def hand_over_assessment(token: str) -> Response:
    """Hand the assessment over to the phone (让本人在手机上继续)."""
    return _give(token, Action.ASSESS, AssessmentForm())


def _give(token: str, action: Action, form: RegistrationForm | AssessmentForm) -> Response:
    case = case_at(token)
    if isinstance(case, Response):
        return case
    if RESUBMIT not in request.form:
        refusal = cases.hand_over(case, action, form.entries, at=now())
        if refusal is not None:
            return render_refused(refusal, url_for("counter.show_person", token=token))
    return see_other(url_for("counter.ask_handover_code", token=token))


def _page(case: Case, form: HandOverForm) -> Response:
    return render(
        "counter/hand_over.html",
        form.status,
        form=form,
        page=HandOverPage.of(case),
    )
