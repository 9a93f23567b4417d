"""Blocks residents' pages in the webview of an app that is not usable yet.

Otherwise people would start what they cannot finish. Every page is replaced by one that says why,
and how to continue elsewhere. Staff pages are not blocked: clerks use the devices of their office.
Sessions launched by a usable app are not blocked either, whatever the user agent: the app's
signature counts more.

There is no separate switch: once the app is usable, its users see the pages.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, current_app, make_response, request, session

from flexapp.channels import service
from flexapp.channels.catalogue import App
from flexapp.channels.pages import BlockedPage
from flexapp.channels.user_agents import is_in
from flexapp.config import Settings
from flexapp.web.htmx import render, wants_fragment
from flexapp.web.navigation import is_local
from flexapp.web.origin_check import CHANNEL
from flexapp.web.varying import vary_by

STAY_OPEN = (
    "/static/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/open/",
    "/tax/",
    "/channels",
    "/c/",
    "/verify",
    "/csp-reports",
    "/counter",
    "/launch/",
)
"""Path prefixes that are not blocked: files, interfaces for machines, vendors' pages, counters,
launch links of usable apps, and the pages that explain where else to go. `/verify`: the code on a
printed sheet is scanned with any app, and begins nothing.
"""

LONGEST_ADDRESS = 200
"""Characters that a person would still copy; a longer address is replaced by the home page."""


def page_instead() -> Response | None:
    """Return the page that replaces the requested one; None if the request may proceed."""
    # Without an endpoint the error page follows.
    if request.endpoint is None or request.path.startswith(STAY_OPEN) or CHANNEL in session:
        return None
    app = _blocked_app(request.user_agent.string)
    if app is None:
        return None
    if wants_fragment():
        # Reload the page that is open; the reload shows the blocked page.
        response = make_response("")
        response.headers["HX-Refresh"] = "true"
    else:
        # 200 although nothing was done: several webviews replace a 4xx page by one of their own,
        # and the person would not see the explanation.
        page = BlockedPage(app, service.usable(), _address())
        response = render("channels/blocked.html", page=page)
    vary_by(response, "User-Agent")
    return response


def _blocked_app(user_agent: str) -> App | None:
    """Return the app not usable yet whose webview this is; None if there is none.

    None too if a usable app matches the same user agent, so that a wrong entry blocks nobody.
    """
    # Search the catalogue in memory first: only a match costs a query.
    claiming = [app for app in service.registry().apps if is_in(app, user_agent)]
    found = [app for app in (service.find_app(app.code) for app in claiming) if app is not None]
    return None if any(app.usable for app in found) else next(iter(found), None)


def _address() -> str:
    """Return the requested page as an address for the phone's own browser."""
    settings: Settings = current_app.config["SETTINGS"]
    page = urlsplit(request.url if request.method in ("GET", "HEAD") else request.referrer or "")
    path = page.path + (f"?{page.query}" if page.query else "")
    known = page.netloc == request.host and is_local(path) and len(path) <= LONGEST_ADDRESS
    return settings.public_url + (path if known else "/")
