"""/channels and /c/<code>: open to everybody, nothing personal on them."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app

from flexapp.channels import service
from flexapp.channels.pages import LandingPage, channels_page
from flexapp.config import Settings
from flexapp.web.access import Access, allow
from flexapp.web.htmx import render

blueprint = Blueprint("channels", __name__)


@blueprint.get("/channels")
@allow(Access.PUBLIC)
def index() -> Response:
    """The table of apps with their QR codes, then those not usable yet and why."""
    settings: Settings = current_app.config["SETTINGS"]
    page = channels_page(settings.public_url)
    return render("channels/index.html", "channels/_index.html", page=page)


@blueprint.get("/c/<code>")
@allow(Access.PUBLIC)
def landing(code: str) -> Response:
    """Where a QR code leads: how to go on in that app, or why not yet; 404 for an unknown code."""
    app = service.find_app(code)
    if app is None:
        abort(404)
    return render("channels/landing.html", "channels/_landing.html", page=LandingPage(app))
