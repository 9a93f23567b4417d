"""Redirects after a POST, and the position in a paginated list."""

from __future__ import annotations

import re

from flask import Response, g, redirect, request

HIGHEST_ROW = 2**31 - 1
"""Largest row number of our tables; a number in a URL may be larger."""


def is_local(location: str) -> bool:
    """Whether a percent-encoded location is a local path and safe in a header."""
    return re.fullmatch(r"/(?![/\\])[!-~]*", location) is not None


def see_other(location: str) -> Response:
    """303 redirect after a completed POST; `ValueError` if the location is not a local path."""
    if not is_local(location):
        raise ValueError("only addresses of this service")
    answer = redirect(location, 303)
    assert isinstance(answer, Response)
    return answer


def go_on(location: str) -> Response:
    """303 redirect to the next page of an incomplete form, so that Back leads to the previous page.

    Nothing has taken effect yet: the form key is not used up (web/idempotency.py), and the draft is
    kept (people/draft_decorators.py).
    """
    g.form_goes_on = True
    return see_other(location)


def goes_on() -> bool:
    """Whether the response was made by `go_on`."""
    return bool(g.get("form_goes_on"))


def row_in(name: str) -> int | None:
    """The row number in the query parameter `name`, limited to valid numbers; None if missing."""
    asked = request.args.get(name, type=int)
    return None if asked is None else max(0, min(asked, HIGHEST_ROW))


def before_row() -> int | None:
    """The row after which this page of a list starts (`?before=`); None for the first page."""
    return row_in("before")
