"""/guide and the illustrated steps below it; open to everybody."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, abort, current_app

from flexapp.portal import guide, walkthrough
from flexapp.portal.guide_pages import StepsPage
from flexapp.portal.illustrated import PICTURE_WIDTH, Annex
from flexapp.web import assets
from flexapp.web.access import Access, allow
from flexapp.web.clock import today
from flexapp.web.htmx import render

blueprint = Blueprint("guide", __name__)


@blueprint.get("/guide")
@allow(Access.PUBLIC)
def index() -> Response:
    """办事指南."""
    return render(
        "portal/guide.html",
        "portal/_guide.html",
        page=guide.guide(today()),
        annexes=walkthrough.ANNEXES,
    )


@blueprint.get("/guide/steps")
@allow(Access.PUBLIC)
def document() -> Response:
    """All illustrated steps, to be printed."""
    return _steps_page(None)


@blueprint.get("/guide/steps/<annex>")
@allow(Access.PUBLIC)
def steps(annex: str) -> Response:
    """The illustrated steps of one annex; 404 for any other."""
    found = walkthrough.annex(annex)
    if found is None:
        abort(404)
    return _steps_page(found)


def _steps_page(annex: Annex | None) -> Response:
    return render(
        "portal/guide_steps.html",
        "portal/_guide_steps.html",
        page=StepsPage.of(annex, partial(assets.find, current_app)),
        annexes=walkthrough.ANNEXES,
        width=PICTURE_WIDTH,
    )
