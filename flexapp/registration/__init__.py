"""登记: where a person is insured, under which virtual unit, and how they can be reached."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the pages and commands of this slice."""
    # Imported late: most of those who import a module of this slice need no views.
    from flexapp.registration import views

    app.register_blueprint(views.blueprint)
