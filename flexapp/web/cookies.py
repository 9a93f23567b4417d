"""What cookies are called: in production the name itself says that only TLS may set it.

A browser takes a `__Host-` cookie from this very host alone, for all of its paths; a `__Secure-`
one also for a part of them. Without TLS it takes neither, so the demo uses the plain names.
"""

from __future__ import annotations

from typing import TypedDict

from flask import current_app

from flexapp.web.sessions import is_framed


def host_only(name: str) -> str:
    """Of a cookie for the whole host."""
    return f"__Host-{name}" if _by_tls() else name


def for_a_part(name: str) -> str:
    """Of a cookie for one path of the host."""
    return f"__Secure-{name}" if _by_tls() else name


class Attributes(TypedDict):
    """What keeps a cookie from others."""

    secure: bool
    samesite: str
    partitioned: bool
    httponly: bool


def attributes() -> Attributes:
    """Of every cookie; inside another site's page it is kept as the session is (sessions.py)."""
    framed = is_framed()
    return {
        "secure": framed or _by_tls(),
        "samesite": "None" if framed else "Lax",
        "partitioned": framed,
        "httponly": True,
    }


def _by_tls() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"])
