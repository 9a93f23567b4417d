"""The session cookie, and a separate one for pages in a frame of another site.

Browsers do not send `SameSite=Lax` cookies with requests that another site's page makes. A new
session in the response to such a request would overwrite the cookie that the browser still stores,
and sign the person out. So no session is saved then.

In a frame of another site (`flask channels webview --frame-ancestor`) browsers never send a
`SameSite=Lax` cookie. There the session is in a second cookie with `SameSite=None; Partitioned`,
which the browser uses only for our pages within that site.
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
    """Flask's signed-cookie sessions, with separate cookies for framed and unframed pages."""

    def get_cookie_name(self, app: Flask) -> str:
        """The name of the cookie for this request."""
        usual, framed = _names(app)
        return framed if is_framed() else usual

    def get_cookie_samesite(self, app: Flask) -> str | None:
        """`None` in a frame of another site, where browsers send no other cookies."""
        return "None" if is_framed() else super().get_cookie_samesite(app)

    def get_cookie_secure(self, app: Flask) -> bool:
        """True in a frame: browsers accept `SameSite=None` only with `Secure`."""
        return is_framed() or super().get_cookie_secure(app)

    def get_cookie_partitioned(self, app: Flask) -> bool:
        """True in a frame, so that the cookie is valid only within the framing site."""
        return is_framed()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the cookie if the session was changed and may be saved."""
        if can_be_kept():
            super().save_session(app, session, response)


def init_app(app: Flask) -> None:
    """Use this session interface."""
    app.session_interface = Sessions()


def is_framed() -> bool:
    """Whether this page is shown in a frame of another site, as far as can be determined.

    A request with the normal cookie is not framed, because browsers do not send it from a frame.
    Older browsers do not report the destination. If the page may be framed, they get the framed
    cookie, which works both in and outside a frame.
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
    """Whether another site may show this page in a frame (channels/webview.py)."""
    return bool(g.get("frame_ancestors"))


def was_sent() -> bool:
    """Whether the browser sent a session cookie, normal or framed."""
    return any(name in request.cookies for name in _names(current_app))


def reset_session(session: SessionMixin) -> None:
    """Clear the session; in a frame, keep the channel that the frame belongs to."""
    channel = session.get(origin_check.CHANNEL) if is_framed() else None
    session.clear()
    if channel is not None:
        session[origin_check.CHANNEL] = channel


def can_be_kept() -> bool:
    """Whether the response to this request may set the session cookie."""
    if origin_check.was_refused() or origin_check.is_from_another_page():
        return False
    # The browser does not show the page in the frame, so no cookie is needed.
    if is_framed() and not may_be_framed():
        return False
    if request.method in SAFE_METHODS or origin_check.is_from_our_page():
        return True
    # The source of the request is unknown. If the browser sent its cookie, nothing is overwritten.
    return was_sent()


def _names(app: Flask) -> tuple[str, str]:
    usual = str(app.config["SESSION_COOKIE_NAME"])
    return usual, f"{usual}-framed"


def _by_tls() -> bool:
    settings: Settings = current_app.config["SETTINGS"]
    return settings.public_url.startswith("https://")
