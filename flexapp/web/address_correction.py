"""Find the page that an almost correct URL was meant for: mistyped, copied or reopened."""

from __future__ import annotations

from urllib.parse import quote

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect, Rule

BEHIND = "/ .,;:!?)]}>\"'。，、；：！？）】》”’\u3000"
"""Trailing characters to strip: punctuation copied from a sentence with the URL, and slashes."""


def corrected() -> str | None:
    """The URL of the page that an unknown URL was meant for, with its query; None if none fits.

    Case is corrected only for routes without arguments, because names and numbers in a URL may be
    case-sensitive.
    """
    path = "/" + "/".join(part for part in request.path.split("/") if part).rstrip(BEHIND)
    spellings = ((path, True), (path.lower(), False), (path.lower() + "/", False))
    for tried, any_rule in spellings:
        rule = _page(tried)
        if tried != request.path and rule is not None and (any_rule or not rule.arguments):
            return _address(tried)
    return None


def nearest_page() -> str:
    """The page to show instead of a URL that does not accept GET, without its query.

    Such requests come from reloading the response to a form or from a restored tab. The result is
    the nearest parent path that accepts GET, or else 首页 ("/").
    """
    parts = [part for part in request.path.split("/") if part]
    while parts:
        last = parts.pop()
        # Also try the path without its extension: /me/privacy/data.json belongs to
        # /me/privacy/data.
        for path in ("/".join(["", *parts, last.partition(".")[0]]), "/".join(["", *parts])):
            if path and path != request.path and _page(path) is not None:
                return _address(path, query=False)
    return "/"


def is_of_a_form() -> bool:
    """Whether the requested path is that of a POST-only route.

    A GET of such a path may match another route that takes its last part for an argument and
    responds 404: /counter/people/new matches /counter/people/<token>.
    """
    adapter = current_app.create_url_adapter(request)
    if adapter is None:
        return False
    try:
        taker, _ = adapter.match(method="POST", return_rule=True)
    except (HTTPException, RequestRedirect):
        return False
    # A page and its own form may be two endpoints with one rule. A 404 of such a page is genuine.
    own = request.url_rule is not None and taker.rule == request.url_rule.rule
    return not own and taker.endpoint != request.endpoint and "GET" not in (taker.methods or ())


def page_of_form() -> str:
    """The URL of the page with the form that was submitted to the requested path, no query."""
    own = _page(request.path) is not None
    return _address(request.path, query=False) if own else nearest_page()


def _page(path: str) -> Rule | None:
    """The rule that handles GET of this path; None if there is none."""
    adapter = current_app.create_url_adapter(request)
    if adapter is None:
        return None
    try:
        rule, _ = adapter.match(path, method="GET", return_rule=True)
    except (HTTPException, RequestRedirect):
        return None
    return rule


def _address(path: str, *, query: bool = True) -> str:
    # Exactly one leading slash: a URL that starts with two leads to another site.
    quoted = "/" + quote(path.lstrip("/"))
    asked = request.query_string.decode("ascii", "ignore") if query else ""
    return f"{quoted}?{asked}" if asked else quoted
