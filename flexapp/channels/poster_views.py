"""Public pages for printing: the poster with all codes, and each code as a file."""

from __future__ import annotations

from flask import Response, abort, current_app, request

from flexapp.channels import blueprint, qrcode_files
from flexapp.channels.forms import PosterForm
from flexapp.channels.pages import Row, poster_page, rows
from flexapp.config import Settings
from flexapp.rules import divisions
from flexapp.web.access import Access, allow
from flexapp.web.clock import today
from flexapp.web.htmx import render
from flexapp.web.select_options import DIVISIONS

KEPT_SECONDS = 3600
"""Cache lifetime of a code image; the image changes only with the public address."""


@blueprint.get("/channels/poster")
@allow(Access.PUBLIC)
def poster() -> Response:
    """The A4 poster (宣传): title, all codes, instructions, space for the agency.

    With `?area=640104` the poster of one area; 404 if it is not a 参保地区.
    """
    form = PosterForm(request.args)
    area = divisions.find(form.area.data) if form.area.data else None
    if form.area.data and (area is None or not divisions.is_choosable(area.code)):
        abort(404)
    page = poster_page(_public_url(), area, today())
    return render(
        "channels/poster.html",
        block="poster",
        page=page,
        form=form,
        division_groups=DIVISIONS,
    )


@blueprint.get("/channels/<code>.svg")
@allow(Access.PUBLIC)
def qr_svg(code: str) -> Response:
    """A channel's code as SVG; 404 for an unknown or unusable channel."""
    row = _row(code)
    return _picture(qrcode_files.svg(row.code, f"{row.app.name} 的二维码"), "image/svg+xml")


@blueprint.get("/channels/<code>.png")
@allow(Access.PUBLIC)
def qr_png(code: str) -> Response:
    """A channel's code as PNG; 404 for an unknown or unusable channel."""
    return _picture(qrcode_files.png(_row(code).code), "image/png")


def _public_url() -> str:
    settings: Settings = current_app.config["SETTINGS"]
    return settings.public_url


def _row(code: str) -> Row:
    found = next((row for row in rows(_public_url()) if row.app.code == code), None)
    if found is None:
        abort(404)
    return found


def _picture(data: bytes, mimetype: str) -> Response:
    response = Response(data, mimetype=mimetype)
    response.cache_control.public = True
    response.cache_control.max_age = KEPT_SECONDS
    response.add_etag()
    response.make_conditional(request)
    return response
