"""Views of /counter/announcements: what 首页 announces, and for how long."""

from __future__ import annotations

from flask import Response, g, url_for

from flexapp.agency import service as agency
from flexapp.office import blueprint
from flexapp.office.announcement_pages import AnnouncementsPage
from flexapp.office.publication_forms import AnnouncementForm
from flexapp.rules.roles import Role
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.htmx import render, render_refused
from flexapp.web.idempotency import idempotent
from flexapp.web.navigation import HIGHEST_ROW, see_other


@blueprint.get("/announcements")
@allow(Access.STAFF, Role.AGENCY, Role.AUDITOR)
def announcement_list() -> Response:
    """List all announcements, newest first."""
    page = AnnouncementsPage.of(agency.announcements(today()), g.counter_session.clerk)
    return render("office/announcements.html", page=page)


@blueprint.get("/announcements/new")
@allow(Access.STAFF, Role.AGENCY)
def new_announcement() -> Response:
    """Show the form of a new announcement."""
    form = AnnouncementForm()
    form.first.data = today().isoformat()
    return _page(form)


@blueprint.post("/announcements/new")
@allow(Access.STAFF, Role.AGENCY)
@idempotent
def post_announcement() -> Response:
    """Publish an announcement (发布)."""
    form = AnnouncementForm()
    if not form.submitted():
        return _page(form)
    outcome = agency.announce(
        text=form.text.data,
        first=form.first.data,
        last=form.last.data,
        actor=g.counter_session.clerk.actor,
        at=now(),
        today=today(),
    )
    if isinstance(outcome, tuple):
        for refusal in outcome:
            form.refuse(refusal)
        return _page(form)
    return see_other(_back())


@blueprint.post(f"/announcements/<int(max={HIGHEST_ROW}):number>/take-down")
@allow(Access.STAFF, Role.AGENCY)
@idempotent
def take_down_announcement(number: int) -> Response:
    """Take an announcement down (撤下)."""
    refusal = agency.take_down(
        number=number, actor=g.counter_session.clerk.actor, at=now(), today=today()
    )
    return see_other(_back()) if refusal is None else render_refused(refusal, _back())


def _page(form: AnnouncementForm) -> Response:
    return render("office/announcement.html", form.status, form=form)


def _back() -> str:
    return url_for("office.announcement_list")
