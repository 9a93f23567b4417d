"""Views of /practice/registration: 登记, stored in the cookie of the practice.

The blueprint comes from `views.py`; importing this module adds these routes.
"""

from __future__ import annotations

from flask import Response, after_this_request, url_for

from flexapp.practice import cookie, pages, service
from flexapp.practice.views import blueprint, not_yet
from flexapp.registration import flow
from flexapp.registration.flow import RegistrationDesk
from flexapp.registration.pages import DeskPages
from flexapp.registration.service import Details, RegistrationView
from flexapp.rules.refusal import Refusal
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today

__all__ = ["blueprint"]


class PracticeDesk(RegistrationDesk):
    """A person who does not exist is registered; nothing is written to the database."""

    def __init__(self) -> None:
        """Load the practice of this browser."""
        form = url_for("practice.registration_form")
        self.pages = DeskPages(
            layout="layouts/practice.html",
            form=form,
            back=url_for("practice.index"),
            done=url_for("practice.done"),
            records=form,
        )
        self.known = pages.known()
        self.practice = cookie.load()
        self.current = service.current(self.practice, today())

    def register(self, details: Details) -> RegistrationView | Refusal:
        """Register in the cookie, which the response of this request sets."""
        outcome = service.register(self.practice, details, at=now())
        if isinstance(outcome, Refusal):
            return outcome
        after_this_request(lambda response: cookie.keep(response, outcome))
        registered = service.current(outcome, today())
        assert registered is not None
        return registered


@blueprint.get("/registration")
@allow(Access.PUBLIC)
def registration_form() -> Response:
    """Show the form of 登记, filled with the current registration."""
    return flow.show_form(PracticeDesk())


@blueprint.post("/registration")
@allow(Access.PUBLIC)
def register() -> Response:
    """提交: register; a change takes effect only after its old and new values were reviewed."""
    return flow.submit(PracticeDesk())


@blueprint.get("/registration/done")
@allow(Access.PUBLIC)
def done() -> Response:
    """Show 提交成功."""
    desk = PracticeDesk()
    if desk.current is None:
        return not_yet()
    home = (url_for("practice.index"), "回到练习")
    return flow.show_done(desk, home=home, assess=url_for("practice.records"))
