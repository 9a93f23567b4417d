"""Pages inside an app's webview: whose title bar, who may frame them, how the webview is closed.

Settings of the channel that the session began in. The cookie names that channel beside the session,
so that the pages of somebody whose session ran out still look as the webview needs them, and so do
those that say why a request was refused. The counters are in nobody's webview.
"""

from __future__ import annotations

from flask import Flask, g, request, session, url_for

from flexapp.channels import service
from flexapp.channels.launch import channel_of
from flexapp.channels.service import Webview
from flexapp.web.origin_check import CHANNEL
from flexapp.web.unit_of_work import early_read

COUNTERS = "/counter"
LAUNCH = "launch"
"""Name of the blueprint whose addresses hold the code of a link."""


def init_app(app: Flask) -> None:
    """Stand before whatever may refuse the request: the page that says so is shown there too."""
    app.before_request(_look_around)
    app.context_processor(lambda: {"webview": g.get("webview")})


def show_in(code: str) -> Webview:
    """Show this answer as the webview of that channel needs it."""
    found = service.webview(code)
    g.webview, g.frame_ancestors = found, found.frame_ancestors
    return found


def _look_around() -> None:
    if request.path.startswith(COUNTERS):
        return
    launch = (request.view_args or {}).get("code") if request.blueprint == LAUNCH else None
    # Most people come by phone browser: they pay no query for this.
    if CHANNEL not in session and (launch is None or request.method != "POST"):
        return
    with early_read():
        code = session.get(CHANNEL)
        if launch is not None:
            code = channel_of(launch) or code
            g.way_in = url_for("launch.look", code=launch)
        if code is not None:
            show_in(code)
