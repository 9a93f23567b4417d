"""Where an answer sends the person next."""

from __future__ import annotations

from flask import Response, redirect


def see_other(location: str) -> Response:
    """303: the POST is done, look there; only for addresses of our own."""
    if not location.startswith("/") or location.startswith(("//", "/\\")):
        raise ValueError("only addresses of this service")
    answer = redirect(location, 303)
    assert isinstance(answer, Response)
    return answer
