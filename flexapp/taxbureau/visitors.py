"""What another site's page makes a browser send to the clerk's pages is refused, cookie and all."""

from flask import Flask, Response, abort, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from flexapp.taxbureau.auth import is_machine_path


def check_origin() -> None:
    """Refuse a form whose browser says, or hides, that it is not one of our own."""
    if request.method == "POST" and not is_machine_path() and _is_foreign():
        abort(403)


class MountedSession(SecureCookieSessionInterface):
    """A session cookie for the path the application is mounted at, and no wider.

    A form that came without the cookie is answered without one: where another site's page sent it,
    the browser has kept its own back, and would put the new one in its place.
    """

    def get_cookie_path(self, app: Flask) -> str:
        """Where the application is mounted."""
        return request.script_root or "/"

    def get_cookie_secure(self, app: Flask) -> bool:
        """By TLS only, where it came by TLS."""
        return request.is_secure

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the cookie where it was changed and may be."""
        if request.method != "POST" or self.get_cookie_name(app) in request.cookies:
            super().save_session(app, session, response)


def _is_foreign() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    # By the host alone: a proxy in front may speak TLS in our place.
    return origin is not None and not origin.endswith(f"://{request.host}")
