"""A name for each request, by which its log lines, its answer and its tax messages are found.

One that our own proxy has given is kept, so that its log and ours tell of the same request. Anybody
can send that header: it is taken from the proxies of the settings alone, and only in the two shapes
that proxies make. Neither can be an ID number or a phone number, which somebody might put there.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from flask import Flask, Response, g, request

from flexapp.web import client_ip

HEADER = "X-Request-ID"

WELL_FORMED = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""What nginx's `$request_id` and a UUID look like."""

SHORT = 8
"""Characters that a person reads out; enough to find one request among those of a day."""

_current: ContextVar[str] = ContextVar("request_id", default="")


def init_app(app: Flask) -> None:
    """Name requests before anything else of them, and their answers after everything else."""
    app.before_request(_begin)
    app.after_request(_name)
    app.teardown_request(_end)


def current() -> str:
    """The id of the request in hand, or of the one whose message is being sent; "" outside."""
    return _current.get()


def short() -> str:
    """What a person can read out on the phone: 1a2b-3c4d."""
    start = current()[:SHORT]
    return f"{start[:4]}-{start[4:]}" if start else ""


@contextmanager
def carrying(request_id: str) -> Iterator[None]:
    """Do something later in the name of the request that wanted it."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)


def _begin() -> None:
    # The stand-in in this process tells us of its events in the middle of other work of ours.
    g.request_id_before = _current.get()
    _current.set(_given() or secrets.token_hex(16))


def _given() -> str | None:
    given = request.headers.get(HEADER, "")
    if not WELL_FORMED.fullmatch(given):
        return None
    return given if client_ip.is_trusted(request.remote_addr or "") else None


def _name(response: Response) -> Response:
    response.headers.add(HEADER, current())
    return response


def _end(_fault: BaseException | None) -> None:
    _current.set(g.get("request_id_before", ""))
