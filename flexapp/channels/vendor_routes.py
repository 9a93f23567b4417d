"""/open/ for vendors: what a launch is, its reference for people and machines, example programs."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app

from flexapp.channels.vendor_pages import ExamplesPage, VendorPage, examples, launch_reference
from flexapp.config import Settings
from flexapp.web.access import Access, allow
from flexapp.web.htmx import render

blueprint = Blueprint("vendor", __name__, url_prefix="/open")


@blueprint.get("/")
@allow(Access.PUBLIC)
def index() -> Response:
    """What this is, how it goes, and the steps until residents can use it."""
    settings = _settings()
    page = VendorPage(settings.public_url, sandbox=settings.is_demo)
    return render("channels/vendor.html", "channels/_vendor.html", page=page)


@blueprint.get("/launches")
@allow(Access.PUBLIC)
def launches() -> Response:
    """The launch reference as a page."""
    page = launch_reference()
    return render("channels/launches.html", "channels/_launches.html", page=page)


@blueprint.get("/launches/openapi.json")
@allow(Access.PUBLIC)
def document() -> Response:
    """The launch reference as an OpenAPI 3.1 document."""
    return Response(launch_reference().reference.text, content_type="application/json")


@blueprint.get("/examples")
@allow(Access.PUBLIC)
def example_list() -> Response:
    """The example programs, as the files say them."""
    address = _settings().public_url
    page = ExamplesPage(address, examples(address))
    return render("channels/examples.html", "channels/_examples.html", page=page)


@blueprint.get("/examples/<name>")
@allow(Access.PUBLIC)
def example(name: str) -> Response:
    """One program as plain text, ready to run; 404 for any other name."""
    found = next((one for one in examples(_settings().public_url) if one.name == name), None)
    if found is None:
        abort(404)
    return Response(found.text, content_type="text/plain; charset=utf-8")


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
