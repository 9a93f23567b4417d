"""A form that another site's page sends is refused, whatever token it carries.

In place of the check of the Referer, which webviews often leave out. Browsers say by themselves
which origin a POST comes from; where they do, it must be ours. Who says nothing passes on to the
token. So does "null": old webviews say it of our own pages, after a redirect or with a policy of no
referrer, and it tells no more than silence does.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, abort, current_app, request

from flexapp.config import Settings
from flexapp.web.access import Access, access_of
from flexapp.web.unit_of_work import SAFE_METHODS

SILENT = ("", "null")
PORTS = {"http": 80, "https": 443}


def init_app(app: Flask) -> None:
    """Stand before the check of the token."""
    app.before_request(_check)


def is_ours(origin: str, settings: Settings, host_url: str) -> bool:
    """Whether an Origin header names the outside address or the one that was asked."""
    named = _origin(origin)
    return named is not None and named in (_origin(settings.public_url), _origin(host_url))


def _check() -> None:
    origin = request.headers.get("Origin", "")
    if request.method in SAFE_METHODS or origin in SILENT or request.endpoint is None:
        return
    if access_of(current_app, request.endpoint) is Access.MACHINE:
        return
    if not is_ours(origin, current_app.config["SETTINGS"], request.host_url):
        abort(403)


def _origin(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    return parts.scheme, parts.hostname or "", port
