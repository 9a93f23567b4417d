"""办事指南: questions and answers, and illustrated steps of each procedure."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the pages and commands of this slice."""
    # Imported here: most importers of this slice do not need the views.
    from flexapp.guide import views

    app.register_blueprint(views.blueprint)
