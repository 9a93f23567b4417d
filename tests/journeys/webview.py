"""What sets an app's webview apart on the site's side."""

from __future__ import annotations

from flask import Response, request

from flexapp.web.forms import DRAFT
from tests.journeys.site import Site
from tests.support.vendor import Vendor, channels

Heard = list[tuple[str, str | None, str | None]]


def bank(site: Site, *webview: str) -> Vendor:
    """农业银行, whose app draws the title bar itself."""
    channels(site.app, "webview", "abc", "--title-bar", "app", *webview)
    return Vendor(site.app).register()


def silent(site: Site) -> Heard:
    """Make the browser say nowhere where it comes from; what it says all the same, by method.

    What the page keeps by itself while somebody types is not among it: nobody sent that.
    """
    heard: Heard = []

    def listen() -> None:
        if DRAFT in request.form:
            return
        heard.append(
            (request.method, request.headers.get("Referer"), request.headers.get("Origin"))
        )

    def hush(response: Response) -> Response:
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    site.app.before_request(listen)
    site.app.after_request(hush)
    return heard
