"""A form that another site's page sends is refused, whatever token it carries.

In place of the check of the Referer, which webviews often leave out. A browser says by itself where
a request comes from: in `Sec-Fetch-Site` (Chromium from 76, Firefox from 90, Safari from 16.4; by
TLS or to this machine only), and for a POST in `Origin`, which older ones send too.

Who says nothing passes on to the token. `Origin: null` is what a page says that hides where it is
from; only a webview that a vendor has launched may say it, because old ones say it of our own pages
after a redirect.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request, session

from flexapp.config import Settings
from flexapp.web import metrics
from flexapp.web.access import Access, access_of
from flexapp.web.error_pages import ErrorPage, ForbiddenHere
from flexapp.web.unit_of_work import SAFE_METHODS

View = TypeVar("View", bound=Callable[..., object])

FETCH_SITE, FETCH_MODE = "Sec-Fetch-Site", "Sec-Fetch-Mode"
NOT_ANOTHER_SITE = ("", "same-origin", "none")
"""What that header may say: "none" is a person's own doing, "" an older browser or a program."""

CHANNEL = "channel"
"""Under which name the session keeps the code of the channel in whose webview it was begun."""

HIDDEN = "null"
PORTS = {"http": 80, "https": 443}

NOT_FROM_HERE = ErrorPage(
    "没有办理",
    "这次提交不是从本网站的页面发出的，什么也没有办。",
    "要办的话，请从首页重新进入再办一次。",
)


def init_app(app: Flask) -> None:
    """Stand before the check of the token."""
    app.before_request(_check)


def first_in_webview(view: View) -> View:
    """Mark a view that takes the first form of a launched webview, which has no session yet."""
    view.first_in_webview = True  # type: ignore[attr-defined]
    return view


def is_ours(origin: str, settings: Settings, host_url: str) -> bool:
    """Whether an Origin header names the outside address or the one that was asked."""
    named = _origin(origin)
    return named is not None and named in (_origin(settings.public_url), _origin(host_url))


def is_from_our_page() -> bool:
    """Whether the browser says that a page of ours made this request."""
    return request.headers.get(FETCH_SITE) == "same-origin" or _is_ours(_said())


def is_from_another_page() -> bool:
    """Whether the browser says that another site's page made this request.

    For what only looks: whether such a page shows it or uses it. Who follows a link comes himself.
    """
    if request.headers.get(FETCH_SITE, "") not in NOT_ANOTHER_SITE:
        is_link = request.method in SAFE_METHODS and request.headers.get(FETCH_MODE) == "navigate"
        return not is_link
    if request.method in SAFE_METHODS or _said() in ("", HIDDEN):
        return False
    return not _is_ours(_said())


def was_refused() -> bool:
    """Whether this request was refused for where it comes from."""
    return bool(g.get("origin_refused", False))


def _check() -> None:
    if request.method in SAFE_METHODS or request.endpoint is None:
        return
    if not _may_come(access_of(current_app, request.endpoint)):
        g.origin_refused = True
        metrics.refused("origin")
        raise ForbiddenHere(NOT_FROM_HERE)


def _may_come(access: Access) -> bool:
    site = request.headers.get(FETCH_SITE, "")
    if access is Access.MACHINE:
        # Another system signs what it sends; a browser is no such system.
        return site in NOT_ANOTHER_SITE
    if is_from_another_page():
        return False
    return _said() != HIDDEN or site != "" or _is_launched()


def _is_launched() -> bool:
    view = current_app.view_functions[request.endpoint or ""]
    return CHANNEL in session or getattr(view, "first_in_webview", False)


def _said() -> str:
    return request.headers.get("Origin", "")


def _is_ours(origin: str) -> bool:
    return is_ours(origin, current_app.config["SETTINGS"], request.host_url)


def _origin(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    return parts.scheme, parts.hostname or "", port
