"""Views of /counter/people/<token>/retirement: the approved month, and assessments beyond it."""

from __future__ import annotations

from flask import Response, url_for

from flexapp.assessment import service as assessment
from flexapp.counter import blueprint, retirement
from flexapp.counter.cases import Case, why_not_here
from flexapp.counter.people_forms import RetirementForm
from flexapp.counter.people_pages import WINDOW_PAGES, RetirementPage
from flexapp.counter.people_views import LOCAL, case_at
from flexapp.rules.capabilities import Action
from flexapp.rules.refusal import Refusal
from flexapp.web.access import Access, allow
from flexapp.web.clock import now
from flexapp.web.htmx import render, render_refused
from flexapp.web.idempotency import idempotent
from flexapp.web.navigation import see_other


@blueprint.get("/people/<token>/retirement")
@allow(Access.STAFF, *LOCAL)
def retirement_form(token: str) -> Response:
    """Show what is recorded, the resulting limit, and the assessments beyond it."""
    case = case_at(token)
    if isinstance(case, Response):
        return case
    refusal = why_not_here(case, Action.SPECIAL)
    if refusal is not None:
        return render_refused(refusal, WINDOW_PAGES.listing("records", token))
    filled = RetirementForm()
    filled.original.data = case.person.original_age.value
    filled.approved.data = str(case.person.approved_month or "")
    return _page(filled, case)


@blueprint.post("/people/<token>/retirement")
@allow(Access.STAFF, *LOCAL)
@idempotent
def record_retirement(token: str) -> Response:
    """Record the retirement. The limit changes at once."""
    case = case_at(token)
    if isinstance(case, Response):
        return case
    form = RetirementForm()
    refusal = why_not_here(case, Action.SPECIAL)
    if not form.submitted() and refusal is None:
        return _page(form, case)
    outcome = retirement.record(
        case=case, original=form.original.data, approved=form.approved.data, at=now()
    )
    if refusal is not None:
        return render_refused(refusal, WINDOW_PAGES.listing("records", token))
    if isinstance(outcome, Refusal):
        form.refuse(outcome)
        return _page(form, case)
    return see_other(url_for("counter.retirement_form", token=token))


def _page(form: RetirementForm, case: Case) -> Response:
    return render(
        "counter/retirement.html",
        form.status,
        form=form,
        page=RetirementPage.of(case, assessment.assessments_beyond_limit(case.person)),
    )
