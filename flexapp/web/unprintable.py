"""Respond with 404 to paths with control characters or line ends.

Pages contain links back to earlier pages, so parts of a URL may be written into a page, which must
not contain such characters.
"""

from __future__ import annotations

from flask import abort, request

from flexapp.rules.text import LINE_ENDS, printable


def check() -> None:
    """Raise `NotFound` for such a path."""
    path = request.path
    if not path.isprintable() and (printable(path) != path or LINE_ENDS.intersection(path)):
        abort(404)
