"""登记 at every desk: the form, the review of a change, the confirmation.

The views of a desk (the resident's, the window's, the practice's) check who may use it, make its
`RegistrationDesk` and return the response of one of these functions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from flask import Response, request

from flexapp.people.accessibility_mode import is_elder
from flexapp.people.drafts import Draft
from flexapp.registration import service
from flexapp.registration.forms import ETHNIC_GROUPS, RegistrationForm
from flexapp.registration.pages import DeskPages, DonePage, PersonRows, RegistrationPage
from flexapp.registration.service import Change, Details, RegistrationView
from flexapp.rules.refusal import Refusal
from flexapp.web.forms import RESUBMIT
from flexapp.web.htmx import render
from flexapp.web.navigation import go_on, see_other
from flexapp.web.select_options import DIVISIONS, Groups


class RegistrationDesk(ABC):
    """Whom the registration is for, what may be done here, and where it is stored."""

    pages: DeskPages
    known: PersonRows
    current: RegistrationView | None
    """The registration in force; None if there is none or this desk may not see it."""
    elsewhere: str | None = None
    """Name of the division of a registration that this desk may not see."""
    divisions: Groups = DIVISIONS
    """The divisions to choose from, as groups of a select."""

    def continued(self) -> Mapping[str, str] | None:
        """Return the input that was handed over to this desk and is continued here, or None."""
        return None

    def draft(self) -> Draft | None:
        """Return the saved draft of the form, or None."""
        return None

    def not_open(self) -> str | None:
        """Return the notice on areas in which this desk is not open yet, or None."""
        return None

    def rated_case(self) -> int | None:
        """Return the number of the case that the person may rate now, or None."""
        return None

    def changes(self, details: Details) -> tuple[Change, ...]:
        """Return what would change, old → new; () for a first registration."""
        return () if self.current is None else service.changes(self.current.details, details)

    @abstractmethod
    def register(self, details: Details) -> RegistrationView | Refusal:
        """Store the registration, or return why it is refused."""


def show_form(desk: RegistrationDesk) -> Response:
    """Show the form, filled from a handed-over case, a draft, or the registration in force."""
    form = RegistrationForm()
    typed = desk.continued()
    if typed is not None:
        form.fill(typed)
        return _form_page(desk, form, continued=True)
    if desk.current is not None:
        form.show(desk.current.details)
    draft = desk.draft()
    if draft is not None and form.entries == {**form.entries, **draft.typed}:
        draft = None  # the draft equals the current registration
    if draft is not None:
        form.fill(draft.typed)
    return _form_page(desk, form, draft=draft)


def submit(desk: RegistrationDesk) -> Response:
    """提交: register. A change must have been shown for review as old → new before."""
    form, pages = RegistrationForm(), desk.pages
    if RESUBMIT in request.form and pages.review is not None:
        return go_on(pages.form)  # the draft holds the input
    if not (form.submitted() or form.changing_step):
        return _form_page(desk, form)
    details = form.check()
    if not isinstance(details, Details):
        for refusal in details:
            form.refuse(refusal)
    if form.changing_step or not isinstance(details, Details):
        return _form_page(desk, form)
    changes = desk.changes(details)
    if changes and form.reviewed.data != service.review_digest(changes):
        return _review_page(desk, form, changes) if pages.review is None else go_on(pages.review)
    outcome = desk.register(details)
    if isinstance(outcome, Refusal):
        form.refuse(outcome)
        return _form_page(desk, form)
    return see_other(pages.done)


def show_review(desk: RegistrationDesk) -> Response:
    """Show the old and new values of the draft.

    Redirects to the form if nothing is registered, the draft is invalid, or nothing changes.
    """
    draft, form = desk.draft(), RegistrationForm(None)
    form.fill(draft.typed if draft is not None else {})
    details = form.check()
    changes = desk.changes(details) if isinstance(details, Details) else ()
    return _review_page(desk, form, changes) if changes else see_other(desk.pages.form)


def show_done(desk: RegistrationDesk, *, home: tuple[str, str], assess: str) -> Response:
    """Show 提交成功 with the registration in force; redirect to the form if there is none."""
    if desk.current is None:
        return see_other(desk.pages.form)
    page = DonePage(desk.known, desk.current, desk.rated_case(), home, assess)
    return render("registration/done.html", page=page, desk=desk.pages)


def _form_page(
    desk: RegistrationDesk,
    form: RegistrationForm,
    *,
    continued: bool = False,
    draft: Draft | None = None,
) -> Response:
    if desk.pages.in_steps and is_elder():
        form.show_step()
    return render(
        "registration/form.html",
        form.status,
        form=form,
        page=RegistrationPage(desk.known, desk.current, desk.elsewhere),
        desk=desk.pages,
        division_groups=desk.divisions,
        ethnic_groups=ETHNIC_GROUPS,
        continued=continued,
        not_open=desk.not_open(),
        draft=draft,
    )


def _review_page(
    desk: RegistrationDesk, form: RegistrationForm, changes: tuple[Change, ...]
) -> Response:
    digest = service.review_digest(changes)
    page = RegistrationPage(desk.known, desk.current, desk.elsewhere, changes, digest)
    return render("registration/review.html", form=form, page=page, desk=desk.pages)
