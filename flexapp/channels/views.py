"""/channels and /c/<code>: public pages without personal data."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, abort, current_app, make_response, redirect, request

from flexapp.channels import blueprint, service
from flexapp.channels.catalogue import App
from flexapp.channels.pages import LandingPage, channels_page
from flexapp.channels.user_agents import download_for, is_in
from flexapp.config import Settings
from flexapp.web.access import Access, allow
from flexapp.web.clock import today
from flexapp.web.htmx import render
from flexapp.web.varying import vary_by


@blueprint.get("/channels")
@allow(Access.PUBLIC)
def index() -> Response:
    """The table of apps with their QR codes, then those not usable yet with the reason."""
    settings: Settings = current_app.config["SETTINGS"]
    page = channels_page(settings.public_url, today())
    return render("channels/index.html", page=page)


@blueprint.get("/c/<code>")
@allow(Access.PUBLIC)
def landing(code: str) -> Response:
    """Landing page of a QR code. On a phone it redirects to the download, if the catalogue has one.

    Otherwise it explains how to continue in the app, or why it is not usable; 404 for an unknown
    code.
    """
    app = service.find_app(code)
    if app is None:
        abort(404)
    user_agent = request.user_agent.string
    download = download_for(app, user_agent)
    if download is not None and app.usable and not _asks_how(app, user_agent):
        # The address comes from the catalogue, never from the request.
        response = make_response(redirect(download, 303))
    else:
        page = LandingPage(app, download or app.download)
        response = render("channels/landing.html", page=page)
    vary_by(response, "User-Agent")
    return response


def _asks_how(app: App, user_agent: str) -> bool:
    """Return whether to explain instead of redirecting to the download.

    True in the app's own webview, where the app is installed, and after a tap on a page of ours. A
    scanned code has no referrer.
    """
    return is_in(app, user_agent) or urlsplit(request.referrer or "").netloc == request.host
