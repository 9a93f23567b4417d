"""办事指南: illustrated steps of every errand."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the pages and commands of this slice."""
    # Imported late: most of those who import a module of this slice need no views.
    from flexapp.guide import views

    app.register_blueprint(views.blueprint)
