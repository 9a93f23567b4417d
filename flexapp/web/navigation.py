"""Where an answer sends the person next, and where in a list they are."""

from __future__ import annotations

import re

from flask import Response, g, redirect, request

HIGHEST_ROW = 2**31 - 1
"""What our tables count to; an address may hold any number."""


def is_ours(location: str) -> bool:
    """Whether an address, percent-encoded, is one of this service and safe in a header."""
    return re.fullmatch(r"/(?![/\\])[!-~]*", location) is not None


def see_other(location: str) -> Response:
    """303: the POST is done, look there; only for addresses of our own."""
    if not is_ours(location):
        raise ValueError("only addresses of this service")
    answer = redirect(location, 303)
    assert isinstance(answer, Response)
    return answer


def go_on(location: str) -> Response:
    """303 to the next page of a form that is not done: Back then leads to the page before.

    Nothing had its effect yet: no key is used up (web/idempotency.py), and what is typed stays kept
    (people/draft_decorators.py).
    """
    g.form_goes_on = True
    return see_other(location)


def goes_on() -> bool:
    """Whether the answer is one of `go_on`."""
    return bool(g.get("form_goes_on"))


def row_in(name: str) -> int | None:
    """The number of a row that the address names (`?before=`); None where it names none."""
    asked = request.args.get(name, type=int)
    return None if asked is None else max(0, min(asked, HIGHEST_ROW))


def before_row() -> int | None:
    """The row that the next page of a list starts behind (`?before=`); None for the first page."""
    return row_in("before")
