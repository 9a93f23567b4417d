"""/registration: the form, the review of changes, the confirmation page."""

from __future__ import annotations

from flask import Blueprint, Response, g, request, url_for

from flexapp.agency.service import where_not_open
from flexapp.people import draft_decorators, handover_codes
from flexapp.people.accessibility_mode import is_elder
from flexapp.people.draft_decorators import drafted
from flexapp.people.drafts import Draft
from flexapp.people.handover_codes import Place
from flexapp.registration import service
from flexapp.registration.forms import ETHNIC_GROUPS, RegistrationForm
from flexapp.registration.pages import DonePage, PersonRows, RegistrationPage
from flexapp.registration.service import Details, RegistrationView
from flexapp.rules.capabilities import Action
from flexapp.rules.refusal import Refusal
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.forms import RESUBMIT
from flexapp.web.htmx import render, render_refused
from flexapp.web.idempotency import idempotent
from flexapp.web.links import Page, page_url
from flexapp.web.navigation import go_on, row_in, see_other
from flexapp.web.select_options import DIVISIONS

blueprint = Blueprint("registration", __name__)


@blueprint.get("/registration")
@allow(Access.PERSON)
def form() -> Response:
    """Show the form, filled from a handed-over case, a draft, or the current registration."""
    empty = RegistrationForm()
    current = service.current(g.visitor.me.id)
    continued = handover_codes.taken(
        number=row_in("continued"),
        person_id=g.visitor.me.id,
        action=Action.REGISTER,
        actor=g.visitor.actor,
    )
    if continued is not None:
        empty.fill(continued.typed)
        return _form_page(empty, current, continued=True)
    if current is not None:
        empty.division.data = current.division.code
        empty.ethnic_group.data = current.details.ethnic_group.code
        empty.address.data = current.details.address
        empty.credit_code.data = current.details.credit_code or ""
    draft = draft_decorators.load_draft(service.FORM)
    if draft is not None and empty.entries == {**empty.entries, **draft.typed}:
        draft = None  # the draft equals the current registration
    if draft is not None:
        empty.fill(draft.typed)
    return _form_page(empty, current, draft=draft)


@blueprint.post("/registration")
@allow(Access.PERSON)
@drafted(RegistrationForm)
@idempotent
def submit() -> Response:
    """Register, or redirect to the review first if a change has not been reviewed."""
    form = RegistrationForm()
    current = service.current(g.visitor.me.id)
    if RESUBMIT in request.form:
        return go_on(url_for("registration.form"))
    if not (form.submitted() or form.changing_step):
        return _form_page(form, current)
    details = service.check_details(
        division=form.division.data,
        ethnic_group=form.ethnic_group.data,
        address=form.address.data,
        credit_code=form.credit_code.data,
    )
    if not isinstance(details, Details):
        for refusal in details:
            form.refuse(refusal)
    if form.changing_step or not isinstance(details, Details):
        return _form_page(form, current)
    changes = service.changes(current.details, details) if current is not None else ()
    if current is not None and changes and form.reviewed.data != service.review_digest(changes):
        return go_on(url_for("registration.review"))
    outcome = service.register(
        person=g.visitor.me, details=details, actor=g.visitor.actor, at=now(), today=today()
    )
    if isinstance(outcome, Refusal):
        form.refuse(outcome)
        return _form_page(form, current)
    return see_other(url_for("registration.done"))


@blueprint.get("/registration/review")
@allow(Access.PERSON)
def review() -> Response:
    """Show the old and new values of the draft.

    Redirects to the form if nothing is registered, the draft is invalid, or nothing changes.
    """
    draft, current = draft_decorators.load_draft(service.FORM), service.current(g.visitor.me.id)
    form = RegistrationForm(None)
    form.fill(draft.typed if draft is not None else {})
    details = service.check_details(
        division=form.division.data or "",
        ethnic_group=form.ethnic_group.data or "",
        address=form.address.data or "",
        credit_code=form.credit_code.data or "",
    )
    if current is None or not isinstance(details, Details):
        return see_other(url_for("registration.form"))
    changes = service.changes(current.details, details)
    if not changes:
        return see_other(url_for("registration.form"))
    return render(
        "registration/review.html",
        form=form,
        page=RegistrationPage(_known(), current, changes, service.review_digest(changes)),
        action=url_for("registration.submit"),
    )


@blueprint.post("/registration/hand-over")
@allow(Access.PERSON)
@drafted(RegistrationForm, form=service.FORM, finishes=False)
def hand_over() -> Response:
    """到窗口继续办理: store the input, complete or not, under a handover code."""
    if RESUBMIT not in request.form:
        given = handover_codes.hand_over(
            person_id=g.visitor.me.id,
            action=Action.REGISTER,
            place=Place.COUNTER,
            typed=RegistrationForm().entries,
            actor=g.visitor.actor,
            at=now(),
        )
        if isinstance(given, Refusal):
            return render_refused(given, url_for("registration.form"))
    return see_other(page_url(Page.HAND_OVER))


@blueprint.get("/registration/done")
@allow(Access.PERSON)
def done() -> Response:
    """Show 提交成功 with the current registration; redirect to the form if there is none."""
    current = service.current(g.visitor.me.id)
    if current is None:
        return see_other(url_for("registration.form"))
    page = DonePage(_known(), current, service.rated_as(g.visitor.me.id))
    return render(
        "registration/done.html",
        page=page,
        back_to=(page_url(Page.HOME), "回到首页"),
        go_on=page_url(Page.CALCULATE),
    )


def _known() -> PersonRows:
    return PersonRows.of(g.visitor.me, g.visitor)


def _form_page(
    form: RegistrationForm,
    current: RegistrationView | None,
    *,
    continued: bool = False,
    draft: Draft | None = None,
) -> Response:
    if is_elder():
        form.show_step()
    return render(
        "registration/form.html",
        form.status,
        form=form,
        page=RegistrationPage(_known(), current),
        division_groups=DIVISIONS,
        ethnic_groups=ETHNIC_GROUPS,
        continued=continued,
        action=url_for("registration.submit"),
        elsewhere=(url_for("registration.hand_over"), "到窗口继续办理"),
        not_open=where_not_open(actor=g.visitor.actor, action=Action.REGISTER, today=today()),
        draft=draft,
    )
