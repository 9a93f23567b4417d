"""练习: the resident's flow over a book that is kept in a cookie."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the pages and commands of this slice."""
    # Imported late: most of those who import a module of this slice need no views.
    from flexapp.practice import record_views

    app.register_blueprint(record_views.blueprint)
