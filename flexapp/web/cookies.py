"""Names and attributes of cookies. In production the name has a prefix that requires TLS.

Browsers accept a `__Host-` cookie only from this exact host and for all of its paths, a
`__Secure-` cookie also for a single path. They accept neither without TLS, so the demo uses the
names without a prefix.
"""

from __future__ import annotations

from typing import TypedDict

from flask import current_app

from flexapp.web.sessions import is_framed


def host_only(name: str) -> str:
    """The name of a cookie for the whole host."""
    return f"__Host-{name}" if _by_tls() else name


def for_a_part(name: str) -> str:
    """The name of a cookie for one path of the host."""
    return f"__Secure-{name}" if _by_tls() else name


class Attributes(TypedDict):
    """The security attributes of a cookie, as keyword arguments of `Response.set_cookie`."""

    secure: bool
    samesite: str
    partitioned: bool
    httponly: bool


def attributes() -> Attributes:
    """The security attributes of every cookie for this request.

    Inside a frame of another site they are those of the framed session cookie (web/sessions.py).
    """
    framed = is_framed()
    return {
        "secure": framed or _by_tls(),
        "samesite": "None" if framed else "Lax",
        "partitioned": framed,
        "httponly": True,
    }


def _by_tls() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"])
