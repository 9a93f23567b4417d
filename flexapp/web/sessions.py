"""The session cookie: never written over one that the browser keeps and did not send; and one of
its own for a page inside another site's page.

A browser leaves `SameSite=Lax` cookies out of what another site's page makes it send. A session
begun in the answer would overwrite the one that the browser still keeps, and sign its person out.

Inside a frame of another site (`flask channels webview --frame-ancestor`) browsers send no such
cookie at all. There the session lies in a second one, `SameSite=None; Partitioned`: the browser
keeps it for this site inside that one, and sends it nowhere else.
"""

from __future__ import annotations

from flask import Flask, Response, current_app, g, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from flexapp.config import Settings
from flexapp.web import origin_check
from flexapp.web.unit_of_work import SAFE_METHODS

FETCH_DEST = "Sec-Fetch-Dest"
FRAMES = ("iframe", "frame")


class Sessions(SecureCookieSessionInterface):
    """Flask's signed cookies, one for the site itself and one for it inside another site's page."""

    def get_cookie_name(self, app: Flask) -> str:
        """Of the cookie that this request is about."""
        usual, framed = _names(app)
        return framed if is_framed() else usual

    def get_cookie_samesite(self, app: Flask) -> str | None:
        """Inside another site's page nothing else is sent."""
        return "None" if is_framed() else super().get_cookie_samesite(app)

    def get_cookie_secure(self, app: Flask) -> bool:
        """`SameSite=None` is taken by TLS only."""
        return is_framed() or super().get_cookie_secure(app)

    def get_cookie_partitioned(self, app: Flask) -> bool:
        """Of no use outside the page that shows this one."""
        return is_framed()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the cookie where it was changed and may be."""
        if can_be_kept():
            super().save_session(app, session, response)


def init_app(app: Flask) -> None:
    """Keep sessions in cookies."""
    app.session_interface = Sessions()


def is_framed() -> bool:
    """Whether this page is shown, as far as can be known, inside a page of another site.

    Whoever sends the usual cookie is not: it does not reach us from there. Older browsers do not
    say; they have the session of a channel that may frame us in the cookie that works in both.
    """
    usual, framed = _names(current_app)
    if usual in request.cookies:
        return False
    dest = request.headers.get(FETCH_DEST)
    if dest in FRAMES:
        return True
    if dest == "document":
        return False
    return framed in request.cookies or (dest is None and _by_tls() and may_be_framed())


def may_be_framed() -> bool:
    """Whether somebody may show this page inside his own (channels/webview.py)."""
    return bool(g.get("frame_ancestors"))


def was_sent() -> bool:
    """Whether the browser sent a session cookie, of either kind."""
    return any(name in request.cookies for name in _names(current_app))


def begin_anew(session: SessionMixin) -> None:
    """Forget everything of whoever was here; in a frame, but for whose frame it is."""
    channel = session.get(origin_check.CHANNEL) if is_framed() else None
    session.clear()
    if channel is not None:
        session[origin_check.CHANNEL] = channel


def can_be_kept() -> bool:
    """Whether the answer to this request may hold a session cookie."""
    if origin_check.was_refused() or origin_check.is_from_another_page():
        return False
    # What nobody may frame is not shown there, and needs no cookie.
    if is_framed() and not may_be_framed():
        return False
    if request.method in SAFE_METHODS or origin_check.is_from_our_page():
        return True
    # Neither known to be ours nor another's: a browser that sent its cookie loses nothing.
    return was_sent()


def _names(app: Flask) -> tuple[str, str]:
    usual = str(app.config["SESSION_COOKIE_NAME"])
    return usual, f"{usual}-framed"


def _by_tls() -> bool:
    settings: Settings = current_app.config["SETTINGS"]
    return settings.public_url.startswith("https://")
