"""Views of /counter/people/<token>/registration: 登记 of the person at a window."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, url_for

from flexapp.counter import blueprint, cases
from flexapp.counter.cases import Case
from flexapp.counter.people_pages import division_groups
from flexapp.counter.people_views import LOCAL, case_at
from flexapp.registration import flow
from flexapp.registration.flow import RegistrationDesk
from flexapp.registration.pages import DeskPages, PersonRows
from flexapp.registration.service import Change, Details, RegistrationView
from flexapp.rules.capabilities import Action
from flexapp.rules.refusal import Refusal
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.idempotency import idempotent
from flexapp.web.navigation import row_in


class WindowDesk(RegistrationDesk):
    """A clerk registers the person of a case, into a division that the window serves."""

    def __init__(self, case: Case) -> None:
        """Of a registration elsewhere the window sees only the division."""
        self.case = case
        person = url_for("counter.show_person", token=case.token)
        self.pages = DeskPages(
            layout="layouts/counter.html",
            form=url_for("counter.registration_form", token=case.token),
            back=person,
            done=person,
            hand_over=(
                url_for("counter.hand_over_registration", token=case.token),
                "让本人在手机上继续",
            ),
            you="",
            handed_over_by="本人在手机上",
            in_steps=False,
        )
        self.known = PersonRows.of(case.person)
        self.current = case.registration if case.elsewhere is None else None
        self.elsewhere = None if case.elsewhere is None else case.elsewhere.name
        self.divisions = division_groups(case.clerk)

    def continued(self) -> Mapping[str, str] | None:
        """Return what the person handed over from the phone."""
        found = cases.continued(self.case, row_in("continued"), Action.REGISTER)
        return None if found is None else found.typed

    def changes(self, details: Details) -> tuple[Change, ...]:
        """Return the changes, without the old values of a registration elsewhere."""
        return cases.changes(self.case, details)

    def register(self, details: Details) -> RegistrationView | Refusal:
        """Register the person in the name of the clerk."""
        return cases.register(case=self.case, details=details, at=now(), today=today())


@blueprint.get("/people/<token>/registration")
@allow(Access.STAFF, *LOCAL)
def registration_form(token: str) -> Response:
    """Show the form, filled with the registration here."""
    case = case_at(token)
    return case if isinstance(case, Response) else flow.show_form(WindowDesk(case))


@blueprint.post("/people/<token>/registration")
@allow(Access.STAFF, *LOCAL)
@idempotent
def register(token: str) -> Response:
    """Register the person. A change must first be shown for review as old → new."""
    case = case_at(token)
    return case if isinstance(case, Response) else flow.submit(WindowDesk(case))
