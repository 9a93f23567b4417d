"""Respond with 404 to paths with control characters or line ends.

Pages contain links back to earlier pages, so parts of a URL may be written into a page, which must
not contain such characters.
"""

from __future__ import annotations

from flask import Flask, abort, request

from flexapp.rules.text import LINE_ENDS, printable


def init_app(app: Flask) -> None:
    """Install the hook; it must run before all others that use the path."""
    app.before_request(_check)


def _check() -> None:
    path = request.path
    if not path.isprintable() and (printable(path) != path or LINE_ENDS.intersection(path)):
        abort(404)
