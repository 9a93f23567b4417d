"""Views that correct names and phone numbers at a hall, and let an officer confirm names."""

from __future__ import annotations

from flask import Response, abort, g, request, url_for

from flexapp.counter import blueprint, person_corrections
from flexapp.counter.cases import Case
from flexapp.counter.correction_pages import (
    CorrectionPage,
    CorrectionsPage,
    NamePage,
    PhonePage,
    name_review,
    phone_review,
)
from flexapp.counter.people_forms import NameForm, PhoneForm
from flexapp.counter.people_pages import WINDOW_PAGES
from flexapp.counter.people_views import LOCAL, case_at
from flexapp.counter.person_corrections import NewName
from flexapp.people import corrections
from flexapp.people import service as people
from flexapp.people.corrections import Correction
from flexapp.rules.refusal import Refusal
from flexapp.rules.roles import Role
from flexapp.services import services
from flexapp.staff.forms import ReasonForm
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.htmx import render, render_refused
from flexapp.web.idempotency import idempotent
from flexapp.web.navigation import HIGHEST_ROW, row_in, see_other


@blueprint.get("/people/<token>/name")
@allow(Access.STAFF, *LOCAL)
def ask_name(token: str) -> Response:
    """Ask for the new name and the document (更正姓名)."""
    case = _case(token, "name")
    return case if isinstance(case, Response) else _name_page(case, NameForm())


@blueprint.post("/people/<token>/name")
@allow(Access.STAFF, *LOCAL)
@idempotent
def correct_name(token: str) -> Response:
    """Show old and new name in full for review, then store the correction."""
    case = _case(token, "name")
    if isinstance(case, Response):
        return case
    form = NameForm()
    if not form.submitted():
        return _name_page(case, form)
    new = person_corrections.read_name(
        case=case,
        name=form.name.data,
        document=form.document.data,
        end=form.document_end.data,
        registry=services().population,
    )
    if not isinstance(new, NewName):
        for refusal in new:
            form.refuse(refusal)
        return _name_page(case, form)
    if form.reviewed.data != new.digest:
        return render("counter/review.html", form=form, review=name_review(case, new))
    outcome = person_corrections.correct_name(case=case, new=new, at=now())
    if isinstance(outcome, Refusal):
        form.refuse(outcome)
        return _name_page(case, form)
    return see_other(WINDOW_PAGES.listing("records", token))


@blueprint.get("/people/<token>/phone")
@allow(Access.STAFF, *LOCAL)
def ask_phone(token: str) -> Response:
    """Ask for the new phone number (更换手机号)."""
    case = _case(token, "phone")
    return case if isinstance(case, Response) else _phone_page(case, PhoneForm())


@blueprint.post("/people/<token>/phone")
@allow(Access.STAFF, *LOCAL)
@idempotent
def change_phone(token: str) -> Response:
    """Show the number in full for review, then assign it to the account."""
    case = _case(token, "phone")
    if isinstance(case, Response):
        return case
    form = PhoneForm()
    if not form.submitted():
        return _phone_page(case, form)
    new = person_corrections.read_phone(case=case, typed=form.phone.data)
    if isinstance(new, Refusal):
        form.refuse(new)
        return _phone_page(case, form)
    if form.reviewed.data != new:
        return render("counter/review.html", form=form, review=phone_review(case, new))
    refusal = person_corrections.change_phone(case=case, phone=new, at=now())
    if refusal is not None:
        form.refuse(refusal)
        return _phone_page(case, form)
    return see_other(WINDOW_PAGES.listing("records", token))


@blueprint.get("/corrections")
@allow(Access.STAFF, Role.AGENCY, Role.AUDITOR)
def correction_list() -> Response:
    """List the corrections that await confirmation, oldest first."""
    page = CorrectionsPage.of(person_corrections.waiting(row_in("after") or 0), today())
    return render("counter/corrections.html", page=page)


@blueprint.get(f"/corrections/<int(max={HIGHEST_ROW}):number>")
@allow(Access.STAFF, Role.AGENCY, Role.AUDITOR)
def show_correction(number: int) -> Response:
    """Show old and new name, and the document that was seen."""
    return _page(_found(number), ReasonForm())


@blueprint.post(f"/corrections/<int(max={HIGHEST_ROW}):number>/confirm")
@allow(Access.STAFF, Role.AGENCY)
@idempotent
def confirm_correction(number: int) -> Response:
    """Confirm the correction (确认更正)."""
    return _decide(number, ReasonForm(), confirmed=True)


@blueprint.post(f"/corrections/<int(max={HIGHEST_ROW}):number>/decline")
@allow(Access.STAFF, Role.AGENCY)
@idempotent
def decline_correction(number: int) -> Response:
    """Decline the correction with a reason (退回)."""
    return _decide(number, ReasonForm(), confirmed=False)


def _decide(number: int, form: ReasonForm, *, confirmed: bool) -> Response:
    _found(number)
    if not form.submitted():
        return _page(_found(number), form)
    outcome = person_corrections.decide(
        number=number,
        confirmed=confirmed,
        reason=form.reason.data,
        clerk=g.counter_session.clerk,
        at=now(),
    )
    if isinstance(outcome, Refusal):
        form.refuse(outcome)
        return _page(_found(number), form)
    return see_other(url_for("counter.show_correction", number=number))


def _case(token: str, subject: str) -> Case | Response:
    case = case_at(token)
    if isinstance(case, Response):
        return case
    refusal = person_corrections.why_not_correct(case)
    if refusal is None:
        return case
    if request.method == "POST":
        person_corrections.note_refused(case, refusal, subject, now())
    return render_refused(refusal, WINDOW_PAGES.listing("records", token))


def _found(number: int) -> Correction:
    found = corrections.find(number)
    if found is None:
        abort(404)
    return found


def _page(found: Correction, form: ReasonForm) -> Response:
    person = people.person_by_id(found.person_id)
    assert person is not None
    page = CorrectionPage.of(found, person, g.counter_session.clerk)
    return render("counter/correction.html", form.status, form=form, page=page)


def _name_page(case: Case, form: NameForm) -> Response:
    return render("counter/name.html", form.status, form=form, page=NamePage.of(case))


def _phone_page(case: Case, form: PhoneForm) -> Response:
    return render("counter/phone.html", form.status, form=form, page=PhonePage.of(case))
