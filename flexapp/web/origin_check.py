"""Refuse a form submission from another site's page, whatever CSRF token it carries.

This replaces Flask-WTF's check of the Referer, which webviews often omit. Browsers report the
source of a request by themselves: in `Sec-Fetch-Site` (Chromium from 76, Firefox from 90, Safari
from 16.4; only over TLS or to localhost), and for a POST in `Origin`, which older browsers send
too.

A request without either header proceeds to the CSRF check. A page that hides its origin sends
`Origin: null`. This is accepted only from a webview launched by a vendor, because old webviews send
it from our own pages after a redirect.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from flask import current_app, g, request, session

from flexapp.config import Settings
from flexapp.web import metrics
from flexapp.web.access import Access, access_of
from flexapp.web.error_pages import ErrorPage, ForbiddenHere
from flexapp.web.unit_of_work import SAFE_METHODS

View = TypeVar("View", bound=Callable[..., object])

FETCH_SITE, FETCH_MODE = "Sec-Fetch-Site", "Sec-Fetch-Mode"
NOT_ANOTHER_SITE = ("", "same-origin", "none")
"""Accepted values of that header. "none": started by the user, such as a typed URL or bookmark;
"": header missing, from an older browser or a program."""

CHANNEL = "channel"
"""Session key with the code of the channel in whose webview the session was started."""

HIDDEN = "null"
PORTS = {"http": 80, "https": 443}

REFUSED = ErrorPage(
    "没有办理",
    "这次提交不是从本网站的页面发出的，什么也没有办。",
    "要办的话，请从首页重新进入再办一次。",
)


def first_in_webview(view: View) -> View:
    """Decorator: the view takes the first form of a launched webview, which has no session yet."""
    view.first_in_webview = True  # type: ignore[attr-defined]
    return view


def is_ours(origin: str, settings: Settings, host_url: str) -> bool:
    """Whether an `Origin` value is the public URL of the service or the requested host."""
    named = _origin(origin)
    return named is not None and named in (_origin(settings.public_url), _origin(host_url))


def is_from_our_page() -> bool:
    """Whether the browser reports that one of our pages made this request."""
    return request.headers.get(FETCH_SITE) == "same-origin" or _is_ours(_said())


def is_from_another_page() -> bool:
    """Whether the browser reports that another site's page made this request.

    For safe methods this means that the other page embeds or fetches ours. A person who follows a
    link from it does not count.
    """
    if request.headers.get(FETCH_SITE, "") not in NOT_ANOTHER_SITE:
        is_link = request.method in SAFE_METHODS and request.headers.get(FETCH_MODE) == "navigate"
        return not is_link
    if request.method in SAFE_METHODS or _said() in ("", HIDDEN):
        return False
    return not _is_ours(_said())


def was_refused() -> bool:
    """Whether the origin check refused this request."""
    return bool(g.get("origin_refused", False))


def check() -> None:
    """Raise `ForbiddenHere` if another site's page submitted a form."""
    if request.method in SAFE_METHODS or request.endpoint is None:
        return
    if not _may_come(access_of(current_app, request.endpoint)):
        g.origin_refused = True
        metrics.refused("origin")
        raise ForbiddenHere(REFUSED)


def _may_come(access: Access) -> bool:
    site = request.headers.get(FETCH_SITE, "")
    if access is Access.MACHINE:
        # Another system signs its messages. A browser with a page of another site is refused.
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
