"""Views of /practice/registration: the form of 登记, its review and its confirmation.

The blueprint comes from `views.py`; importing this module adds these routes.
"""

from __future__ import annotations

from flask import Response, url_for

from flexapp.people.accessibility_mode import is_elder
from flexapp.practice import cookie, pages, service
from flexapp.practice.service import Practice
from flexapp.practice.views import blueprint, not_yet
from flexapp.registration import service as registration
from flexapp.registration.forms import ETHNIC_GROUPS, RegistrationForm
from flexapp.registration.pages import DonePage, RegistrationPage
from flexapp.registration.service import Details
from flexapp.rules.refusal import Refusal
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.htmx import render
from flexapp.web.navigation import see_other
from flexapp.web.select_options import DIVISIONS

__all__ = ["blueprint"]


@blueprint.get("/registration")
@allow(Access.PUBLIC)
def registration_form() -> Response:
    """Show the form of 登记, filled with the current registration."""
    practice, form = cookie.load(), RegistrationForm()
    found = service.current(practice, today())
    if found is not None:
        form.division.data = found.division.code
        form.ethnic_group.data = found.details.ethnic_group.code
        form.address.data = found.details.address
        form.credit_code.data = found.details.credit_code or ""
    return _registration_page(form, practice)


@blueprint.post("/registration")
@allow(Access.PUBLIC)
def register() -> Response:
    """提交: register; a change takes effect only after its old and new values were reviewed."""
    practice, form = cookie.load(), RegistrationForm()
    if not (form.submitted() or form.changing_step):
        return _registration_page(form, practice)
    details = registration.check_details(
        division=form.division.data,
        ethnic_group=form.ethnic_group.data,
        address=form.address.data,
        credit_code=form.credit_code.data,
    )
    if not isinstance(details, Details):
        for refusal in details:
            form.refuse(refusal)
    if form.changing_step or not isinstance(details, Details):
        return _registration_page(form, practice)
    found = service.current(practice, today())
    changes = registration.changes(found.details, details) if found is not None else ()
    if changes and form.reviewed.data != registration.review_digest(changes):
        return render(
            "practice/review.html",
            form=form,
            page=RegistrationPage(
                pages.known(), found, changes, registration.review_digest(changes)
            ),
            action=url_for("practice.register"),
        )
    outcome = service.register(practice, details, at=now())
    if isinstance(outcome, Refusal):
        form.refuse(outcome)
        return _registration_page(form, practice)
    return cookie.keep(see_other(url_for("practice.done")), outcome)


@blueprint.get("/registration/done")
@allow(Access.PUBLIC)
def done() -> Response:
    """Show 提交成功."""
    found = service.current(cookie.load(), today())
    if found is None:
        return not_yet()
    return render(
        "practice/done.html",
        page=DonePage(pages.known(), found, case=None),
        back_to=(url_for("practice.index"), "回到练习"),
        go_on=url_for("practice.records"),
    )


def _registration_page(form: RegistrationForm, practice: Practice) -> Response:
    found = service.current(practice, today())
    if is_elder():
        form.show_step()
    return render(
        "practice/registration.html",
        form.status,
        form=form,
        page=RegistrationPage(pages.known(), found),
        division_groups=DIVISIONS,
        ethnic_groups=ETHNIC_GROUPS,
        continued=False,
        action=url_for("practice.register"),
        elsewhere=None,
    )
