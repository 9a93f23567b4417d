"""Pages inside an app's webview: who shows the title bar, who may frame them, how to close it.

The settings are those of the channel in which the session began. The cookie names that channel
beside the session id, so that the pages still have the right layout after the session has expired,
and so do pages that refuse a request. Counter pages are never shown in a webview.
"""

from __future__ import annotations

from flask import Flask, Response, g, request, session, url_for

from flexapp.channels import service, unsupported_webview
from flexapp.channels.launch import channel_of
from flexapp.channels.service import Webview
from flexapp.web.origin_check import CHANNEL
from flexapp.web.unit_of_work import early_read

COUNTERS = "/counter"
LAUNCH = frozenset({"channels.show_launch", "channels.follow_launch", "channels.decline_launch"})
"""Endpoints whose addresses contain a link's code."""


def init_app(app: Flask) -> None:
    """Add the template variable `webview`."""
    app.context_processor(lambda: {"webview": g.get("webview")})


def enter_webview(code: str) -> Webview:
    """Render the current response with the settings of this channel; return them."""
    found = service.webview(code)
    g.webview, g.frame_ancestors = found, found.frame_ancestors
    return found


def begin() -> Response | None:
    """Load the settings of the webview; return the page of an app that is not usable yet."""
    _load_settings()
    return unsupported_webview.page_instead()


def _load_settings() -> None:
    if request.path.startswith(COUNTERS):
        return
    launch = (request.view_args or {}).get("code") if request.endpoint in LAUNCH else None
    # Most requests come from an ordinary browser; skip the query for them.
    if CHANNEL not in session and (launch is None or request.method != "POST"):
        return
    with early_read():
        code = session.get(CHANNEL)
        if launch is not None:
            code = channel_of(launch) or code
            g.way_in = url_for("channels.show_launch", code=launch)
        if code is not None:
            enter_webview(code)
