"""核定: propose, assess, add, move and revoke contribution assessments, for oneself or by proxy."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the pages and commands of this slice."""
    # Imported late: most of those who import a module of this slice need no views.
    from flexapp.assessment import record_views, verify_views, views

    app.register_blueprint(views.blueprint)
    app.register_blueprint(record_views.blueprint)
    app.register_blueprint(verify_views.blueprint)
