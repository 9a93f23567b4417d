"""Request ids, which connect the log lines, the response and the tax messages of a request.

An id assigned by our own proxy is kept, so that the proxy's log and ours can be matched. Any client
can send the header. It is therefore accepted only from the trusted proxies of the settings, and
only in the two formats that proxies generate. Neither format can contain an ID number or a phone
number.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from flask import Response, g, request

from flexapp.web import client_ip

HEADER = "X-Request-ID"

WELL_FORMED = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The accepted formats: nginx's `$request_id`, or a UUID."""

SHORT = 8
"""Characters of the short id that a person reads out; enough to find a request within a day."""

_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """The id of the current request, or of the one whose message is being sent; "" without one."""
    return _current.get()


def short() -> str:
    """The short id that a person reads out on the phone: 1a2b-3c4d."""
    start = current()[:SHORT]
    return f"{start[:4]}-{start[4:]}" if start else ""


@contextmanager
def carrying(request_id: str) -> Iterator[None]:
    """Set the id of the original request for work that is done after it."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)


def begin() -> None:
    """Set the id of this request."""
    # The tax bureau's stand-in runs in this process and may send us its events while another
    # request is being processed. So the previous id is restored afterwards.
    g.request_id_before = _current.get()
    _current.set(_given() or secrets.token_hex(16))


def _given() -> str | None:
    given = request.headers.get(HEADER, "")
    if not WELL_FORMED.fullmatch(given):
        return None
    return given if client_ip.is_trusted(request.remote_addr or "") else None


def name(response: Response) -> None:
    """Name the request in its response."""
    response.headers.add(HEADER, current())


def end() -> None:
    """Restore the id that was set before the request."""
    _current.set(g.get("request_id_before", ""))
