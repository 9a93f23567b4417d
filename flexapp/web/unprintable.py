"""An address that holds what no page may hold (control characters) is the address of nothing.

Pages lead back to where they came from, so that parts of an address come to stand in them.
"""

from __future__ import annotations

from flask import Flask, abort, request

from flexapp.rules.text import LINE_ENDS, printable


def init_app(app: Flask) -> None:
    """Stand before everything that looks at the address."""
    app.before_request(_check)


def _check() -> None:
    path = request.path
    if not path.isprintable() and (printable(path) != path or LINE_ENDS.intersection(path)):
        abort(404)
