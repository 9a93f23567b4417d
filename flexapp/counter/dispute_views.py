"""Views of /counter/disputes: cases of 不是我办的, from opening at a counter to settling."""

from __future__ import annotations

from flask import Response, abort, g, url_for

from flexapp.counter import blueprint, cases, disputes
from flexapp.counter.dispute_pages import DisputePage, DisputesPage
from flexapp.counter.disputes import Found
from flexapp.counter.forms import SettleForm
from flexapp.counter.people_pages import WINDOW_PAGES
from flexapp.counter.people_views import LOCAL, case_at
from flexapp.rules.refusal import Refusal
from flexapp.rules.roles import Role
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.htmx import render, render_refused
from flexapp.web.idempotency import idempotent
from flexapp.web.navigation import HIGHEST_ROW, row_in, see_other

READERS = (Role.HALL, Role.AGENCY, Role.AUDITOR)


@blueprint.get("/disputes")
@allow(Access.STAFF, *READERS)
def dispute_list() -> Response:
    """List the open cases, oldest first."""
    found = disputes.waiting(g.counter_session.clerk, row_in("after") or 0)
    page = DisputesPage.of(found, today())
    return render("counter/disputes.html", page=page)


@blueprint.get(f"/disputes/<int(max={HIGHEST_ROW}):number>")
@allow(Access.STAFF, *READERS)
def show_dispute(number: int) -> Response:
    """Show one case."""
    return _page(_found(number), SettleForm())


@blueprint.post(f"/disputes/<int(max={HIGHEST_ROW}):number>")
@allow(Access.STAFF, Role.HALL, Role.AGENCY)
@idempotent
def settle_dispute(number: int) -> Response:
    """Settle the case (结案), or ask the tax bureau first."""
    found, form = _found(number), SettleForm()
    if not form.submitted():
        return _page(found, form)
    outcome = disputes.decide(
        number=number,
        choice=form.choice.data,
        text=form.found.data,
        clerk=g.counter_session.clerk,
        at=now(),
    )
    if isinstance(outcome, Found):
        return see_other(url_for("counter.show_dispute", number=number))
    for refusal in outcome:
        form.refuse(refusal)
    return _page(found, form)


@blueprint.post("/people/<token>/records/<serial>/dispute")
@allow(Access.STAFF, *LOCAL)
@idempotent
def open_dispute(token: str, serial: str) -> Response:
    """Open a case for the person at the counter (本人反映不是本人办的)."""
    case = case_at(token)
    if isinstance(case, Response):
        return case
    record = cases.record_of(case, serial)
    if record is None:
        abort(404)
    outcome = disputes.open_for(case=case, record=record, at=now())
    if isinstance(outcome, Refusal):
        return render_refused(outcome, WINDOW_PAGES.listing("records", token))
    return see_other(url_for("counter.show_dispute", number=outcome))


def _found(number: int) -> Found:
    found = disputes.find(number, g.counter_session.clerk)
    if found is None:
        abort(404)
    return found


def _page(found: Found, form: SettleForm) -> Response:
    return render(
        "counter/dispute.html",
        form.status,
        form=form,
        page=DisputePage.of(found, g.counter_session.clerk, today()),
    )
