"""Pages inside an app's webview: whose title bar, who may frame them, how the webview is closed.

Settings of the channel that the session began in. The cookie names that channel beside the session,
so that the pages of somebody whose session ran out still look as the webview needs them.
"""

from __future__ import annotations

from flask import Flask, g, session

from flexapp.channels import service
from flexapp.channels.service import Webview
from flexapp.web.origin import CHANNEL


def init_app(app: Flask) -> None:
    """Stand behind the guard, which knows whose session it is."""
    app.before_request(_look_around)
    app.context_processor(lambda: {"webview": g.get("webview")})


def show_in(code: str) -> Webview:
    """Show this answer as the webview of that channel needs it."""
    found = service.webview(code)
    g.webview, g.frame_ancestors = found, found.frame_ancestors
    return found


def _look_around() -> None:
    code = g.visitor.channel if g.visitor else session.get(CHANNEL)
    # Most people come by phone browser: they pay no query for this.
    if code and code != "phone":
        show_in(code)
