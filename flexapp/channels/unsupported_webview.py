"""Keeps people from starting what they cannot finish: in the browser of an app that is not usable
yet, every page says why, and how to go on elsewhere.

Only residents' pages: clerks use what their office gives them. Nor is anybody stopped whom a usable
app has sent here, whatever its browser calls itself: its signature says more.

There is no switch of its own: when the app becomes usable, its people see the pages.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, current_app, make_response, request, session

from flexapp.channels import service
from flexapp.channels.catalogue import App
from flexapp.channels.pages import BlockedPage
from flexapp.channels.user_agents import is_in
from flexapp.config import Settings
from flexapp.web.htmx import render, wants_fragment
from flexapp.web.navigation import is_ours
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
"""Below these: files, machines, the vendors' pages, and what explains where else one can go, and
the check of a sheet: its code is scanned with whatever app is at hand, and begins nothing. The
counters, and the links that usable apps send people to."""

LONGEST_ADDRESS = 200
"""Characters that somebody would still copy; behind a longer one, the first page is as good."""


def init_app(app: Flask) -> None:
    """Stand before everything that looks at who is signed in or at the form's token."""
    app.before_request(_turn_away)


def _turn_away() -> Response | None:
    # No endpoint: no such address, and the error page follows.
    if request.endpoint is None or request.path.startswith(STAY_OPEN) or CHANNEL in session:
        return None
    app = _blocked_app(request.user_agent.string)
    if app is None:
        return None
    if wants_fragment():
        # The page in front of the person loads anew, and is this one then.
        response = make_response("")
        response.headers["HX-Refresh"] = "true"
    else:
        # 200, though nothing was done: several webviews put a page of their own in the place of a
        # 4xx, and the person would never read what to do.
        page = BlockedPage(app, service.usable(), _address())
        response = render("channels/blocked.html", page=page)
    vary_by(response, "User-Agent")
    return response


def _blocked_app(user_agent: str) -> App | None:
    """The app not usable yet whose browser this is.

    `None` as soon as an app that can be used claims it too: nobody is kept out by a mistake.
    """
    # The words are looked for in what ships with the code; only who has one costs a question.
    claiming = [app for app in service.registry().apps if is_in(app, user_agent)]
    found = [app for app in (service.find_app(app.code) for app in claiming) if app is not None]
    return None if any(app.usable for app in found) else next(iter(found), None)


def _address() -> str:
    """The page the person wanted, as the phone's own browser finds it."""
    settings: Settings = current_app.config["SETTINGS"]
    page = urlsplit(request.url if request.method in ("GET", "HEAD") else request.referrer or "")
    path = page.path + (f"?{page.query}" if page.query else "")
    known = page.netloc == request.host and is_ours(path) and len(path) <= LONGEST_ADDRESS
    return settings.public_url + (path if known else "/")
