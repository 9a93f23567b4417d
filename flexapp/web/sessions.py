"""The session cookie: never written over one that the browser keeps and did not send.

A browser leaves `SameSite=Lax` cookies out of what another site's page makes it send. A session
begun in the answer would overwrite the one that the browser still keeps, and sign its person out.
"""

from __future__ import annotations

from flask import Flask, Response, current_app, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from flexapp.web import origin
from flexapp.web.unit_of_work import SAFE_METHODS


class Sessions(SecureCookieSessionInterface):
    """Flask's signed cookies, kept from whatever another site's page asks for."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the cookie where it was changed and may be."""
        if can_be_kept():
            super().save_session(app, session, response)


def init_app(app: Flask) -> None:
    """Keep sessions in cookies."""
    app.session_interface = Sessions()


def can_be_kept() -> bool:
    """Whether the answer to this request may hold a session cookie."""
    if origin.was_refused() or origin.is_from_another_page():
        return False
    if request.method in SAFE_METHODS or origin.is_from_our_page():
        return True
    # Neither known to be ours nor another's: a browser that sent its cookie loses nothing.
    return current_app.config["SESSION_COOKIE_NAME"] in request.cookies
