"""Addresses that are nearly right: where somebody who typed or reopened one wanted to go."""

from __future__ import annotations

from urllib.parse import quote

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect, Rule

BEHIND = "/ .,;:!?)]}>\"'。，、；：！？）】》”’\u3000"
"""What comes along behind an address that is copied out of a sentence, and the slash."""


def corrected() -> str | None:
    """The address of the page that was meant by one that is the address of nothing; None where
    there is none. Case is only corrected where no part of the address is a name or a number."""
    path = "/" + "/".join(part for part in request.path.split("/") if part).rstrip(BEHIND)
    spellings = ((path, True), (path.lower(), False), (path.lower() + "/", False))
    for tried, any_rule in spellings:
        rule = _page(tried)
        if tried != request.path and rule is not None and (any_rule or not rule.arguments):
            return _address(tried)
    return None


def nearest_page() -> str:
    """The page that an address which takes no GET belongs to: a reloaded answer to a form, a
    restored tab. The nearest address above it that can be opened; in the end 首页."""
    parts = [part for part in request.path.split("/") if part]
    while parts:
        last = parts.pop()
        # /me/privacy/data.json is the file of /me/privacy/data.
        for path in ("/".join(["", *parts, last.partition(".")[0]]), "/".join(["", *parts])):
            if path and path != request.path and _page(path) is not None:
                return _address(path, query=False)
    return "/"


def is_of_a_form() -> bool:
    """Whether the address that was opened is one that only takes a form, and the view which
    answered 404 took its last part for a name (/counter/people/new, /counter/people/<token>)."""
    adapter = current_app.create_url_adapter(request)
    if adapter is None:
        return False
    try:
        taker, _ = adapter.match(method="POST", return_rule=True)
    except (HTTPException, RequestRedirect):
        return False
    # A page and its own form at one address are two endpoints: what such a page does not find is
    # not there.
    own = request.url_rule is not None and taker.rule == request.url_rule.rule
    return not own and taker.endpoint != request.endpoint and "GET" not in (taker.methods or ())


def page_of_form() -> str:
    """The page that holds the form which was submitted to this address."""
    own = _page(request.path) is not None
    return _address(request.path, query=False) if own else nearest_page()


def _page(path: str) -> Rule | None:
    """The rule by which this path is opened; None where it is the address of nothing."""
    adapter = current_app.create_url_adapter(request)
    if adapter is None:
        return None
    try:
        rule, _ = adapter.match(path, method="GET", return_rule=True)
    except (HTTPException, RequestRedirect):
        return None
    return rule


def _address(path: str, *, query: bool = True) -> str:
    # One slash only: an address beginning with two would lead to another site.
    quoted = "/" + quote(path.lstrip("/"))
    asked = request.query_string.decode("ascii", "ignore") if query else ""
    return f"{quoted}?{asked}" if asked else quoted
