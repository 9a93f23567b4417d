"""核定: calculate, create, move and revoke contribution assessments, for oneself or by proxy."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprints of this slice."""
    # Imported here because most importers of this package need no views.
    from flexapp.assessment import record_views, reserved_months, verify_views, views
    from flexapp.audit import verification
    from flexapp.web.links import Page, add_pages

    verification.add_check(app, reserved_months.faults)
    app.register_blueprint(views.blueprint)
    app.register_blueprint(record_views.blueprint)
    app.register_blueprint(verify_views.blueprint)
    add_pages(app, {Page.CALCULATE: "assessment.choose"})
