"""/registration: 登记 at the resident's own phone."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, g, request, url_for

from flexapp.agency.service import where_not_open
from flexapp.people import draft_decorators, handover_codes
from flexapp.people.draft_decorators import drafted
from flexapp.people.drafts import Draft
from flexapp.people.handover_codes import Place
from flexapp.registration import blueprint, flow, service
from flexapp.registration.flow import RegistrationDesk
from flexapp.registration.forms import RegistrationForm
from flexapp.registration.pages import DeskPages, PersonRows
from flexapp.registration.service import Details, RegistrationView
from flexapp.rules.capabilities import Action
from flexapp.rules.refusal import Refusal
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.forms import RESUBMIT
from flexapp.web.htmx import render_refused
from flexapp.web.idempotency import idempotent
from flexapp.web.links import Page, page_url
from flexapp.web.navigation import row_in, see_other


class ResidentDesk(RegistrationDesk):
    """The visitor registers themselves: drafts, a review page of its own, handover to a window."""

    def __init__(self) -> None:
        """Load the visitor's registration."""
        form = url_for("registration.form")
        self.pages = DeskPages(
            layout="layouts/page.html",
            form=form,
            back=page_url(Page.AFFAIRS),
            done=url_for("registration.done"),
            review=url_for("registration.review"),
            hand_over=(url_for("registration.hand_over"), "到窗口继续办理"),
            records=form,
            keeps_drafts=True,
        )
        self.known = PersonRows.of(g.visitor.me, g.visitor.masked_phone)
        self.current = service.current(g.visitor.me.id)

    def continued(self) -> Mapping[str, str] | None:
        """Return what a window handed over."""
        found = handover_codes.redeemed(
            number=row_in("continued"),
            person_id=g.visitor.me.id,
            action=Action.REGISTER,
            actor=g.visitor.actor,
        )
        return None if found is None else found.typed

    def draft(self) -> Draft | None:
        """Return the visitor's draft."""
        return draft_decorators.load_draft(service.FORM)

    def not_open(self) -> str | None:
        """Return the notice of the pilot (试点)."""
        return where_not_open(actor=g.visitor.actor, action=Action.REGISTER, today=today())

    def rated_case(self) -> int | None:
        """Return the case of the last registration on the phone."""
        return service.rated_as(g.visitor.me.id)

    def register(self, details: Details) -> RegistrationView | Refusal:
        """Register the visitor."""
        return service.register(
            person=g.visitor.me, details=details, actor=g.visitor.actor, at=now(), today=today()
        )


@blueprint.get("/registration")
@allow(Access.PERSON)
def form() -> Response:
    """Show the form."""
    return flow.show_form(ResidentDesk())


@blueprint.post("/registration")
@allow(Access.PERSON)
@drafted(RegistrationForm)
@idempotent
def submit() -> Response:
    """Register, or redirect to the review first if a change has not been reviewed."""
    return flow.submit(ResidentDesk())


@blueprint.get("/registration/review")
@allow(Access.PERSON)
def review() -> Response:
    """Show the old and new values of the draft."""
    return flow.show_review(ResidentDesk())


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
    """Show 提交成功."""
    home = (page_url(Page.HOME), "回到首页")
    return flow.show_done(ResidentDesk(), home=home, assess=page_url(Page.CALCULATE))
