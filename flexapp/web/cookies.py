"""What cookies are called: in production the name itself says that only TLS may set it.

A browser takes a `__Host-` cookie from this very host alone, for all of its paths; a `__Secure-`
one also for a part of them. Without TLS it takes neither, so the demo uses the plain names.
"""

from __future__ import annotations

from flask import current_app


def host_only(name: str) -> str:
    """Of a cookie for the whole host."""
    return f"__Host-{name}" if _by_tls() else name


def for_a_part(name: str) -> str:
    """Of a cookie for one path of the host."""
    return f"__Secure-{name}" if _by_tls() else name


def _by_tls() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"])
