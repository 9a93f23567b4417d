"""Views of /guide and /guide/steps. Public."""

from __future__ import annotations

from functools import partial

from flask import Response, abort, current_app

from flexapp.guide import annexes, blueprint, content
from flexapp.guide.model import PICTURE_WIDTH, Annex
from flexapp.guide.pages import StepsPage
from flexapp.web import assets
from flexapp.web.access import Access, allow
from flexapp.web.clock import today
from flexapp.web.htmx import render


@blueprint.get("/guide")
@allow(Access.PUBLIC)
def index() -> Response:
    """Show 办事指南."""
    return render(
        "guide/index.html",
        page=content.guide(today()),
        annexes=annexes.ANNEXES,
    )


@blueprint.get("/guide/steps")
@allow(Access.PUBLIC)
def document() -> Response:
    """Show all illustrated steps on one page for printing."""
    return _steps_page(None)


@blueprint.get("/guide/steps/<annex>")
@allow(Access.PUBLIC)
def steps(annex: str) -> Response:
    """Show the illustrated steps of one annex; 404 if it does not exist."""
    found = annexes.annex(annex)
    if found is None:
        abort(404)
    return _steps_page(found)


def _steps_page(annex: Annex | None) -> Response:
    return render(
        "guide/steps.html",
        page=StepsPage.of(annex, partial(assets.find, current_app)),
        annexes=annexes.ANNEXES,
        width=PICTURE_WIDTH,
    )
