"""Views of /counter/pilot: open and close the service on phones by area and by channel."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, g, url_for

from flexapp.agency import service as agency
from flexapp.agency.service import AREAS, Kind, Place
from flexapp.office import blueprint
from flexapp.office.publication_forms import CloseForm, OpenForm
from flexapp.office.publication_pages import PilotPage, place_options
from flexapp.rules.roles import Role
from flexapp.services import services
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today
from flexapp.web.htmx import render
from flexapp.web.idempotency import idempotent
from flexapp.web.navigation import see_other

BROWSER = ("phone", "手机浏览器")
"""The channel of visitors who do not come from an app."""


@blueprint.get("/pilot")
@allow(Access.STAFF, Role.AGENCY, Role.AUDITOR)
def pilot_areas() -> Response:
    """Show which areas and channels are open, and since or from when."""
    areas = agency.pilot([Place(Kind.AREA, area.code) for area in AREAS], today())
    channels = agency.pilot([Place(Kind.CHANNEL, code) for code, _ in _channels()], today())
    page = PilotPage.of(areas, channels, dict(_channels()), g.counter_session.clerk)
    return render("office/pilot.html", page=page)


@blueprint.get("/pilot/open")
@allow(Access.STAFF, Role.AGENCY)
def ask_open_pilot() -> Response:
    """Show the form that asks what to open and from when."""
    form = OpenForm()
    form.since.data = today().isoformat()
    return _page("pilot_open", form)


@blueprint.post("/pilot/open")
@allow(Access.STAFF, Role.AGENCY)
@idempotent
def open_pilot() -> Response:
    """Open the selected areas or channels (开通)."""
    form = OpenForm()
    if not form.submitted():
        return _page("pilot_open", form)
    refusal = agency.open_places(
        places=_chosen(form.place.data),
        since=form.since.data,
        actor=g.counter_session.clerk.actor,
        at=now(),
        today=today(),
    )
    if refusal is not None:
        form.refuse(refusal)
        return _page("pilot_open", form)
    return see_other(url_for("office.pilot_areas"))


@blueprint.get("/pilot/close")
@allow(Access.STAFF, Role.AGENCY)
def ask_close_pilot() -> Response:
    """Show the form that asks what to close and why."""
    return _page("pilot_close", CloseForm())


@blueprint.post("/pilot/close")
@allow(Access.STAFF, Role.AGENCY)
@idempotent
def close_pilot() -> Response:
    """Close the selected areas or channels (暂停)."""
    form = CloseForm()
    if not form.submitted():
        return _page("pilot_close", form)
    refusal = agency.close_places(
        places=_chosen(form.place.data),
        reason=form.reason.data,
        actor=g.counter_session.clerk.actor,
        at=now(),
        today=today(),
    )
    if refusal is not None:
        form.refuse(refusal)
        return _page("pilot_close", form)
    return see_other(url_for("office.pilot_areas"))


def _channels() -> Sequence[tuple[str, str]]:
    usable = services().usable_channels()
    names = services().channel_names()
    return [*(each for each in names if each[0] in usable), BROWSER]


def _chosen(value: str) -> list[Place]:
    """Return the places selected by a value of `place_options`; [] for any other value."""
    if value == Kind.AREA:
        return [Place(Kind.AREA, area.code) for area in AREAS]
    kind, _, code = value.partition(":")
    known = {
        Kind.AREA.value: {area.code for area in AREAS},
        Kind.CHANNEL.value: {each for each, _ in _channels()},
    }
    return [Place(Kind(kind), code)] if code in known.get(kind, ()) else []


def _page(name: str, form: OpenForm | CloseForm) -> Response:
    return render(
        f"office/{name}.html",
        form.status,
        form=form,
        places=place_options(_channels()),
    )
