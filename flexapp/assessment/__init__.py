"""核定: calculate, create, move and revoke contribution assessments, for oneself or by proxy."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("assessment", __name__)


def init_app(app: Flask) -> None:
    """Register the pages of this slice."""
    # Imported here because most importers of this package need no views. Importing a module of
    # views adds its routes to the blueprint.
    from flexapp.assessment import (  # noqa: F401
        record_views,
        reserved_months,
        verify_views,
        views,
    )
    from flexapp.audit import verification
    from flexapp.web.links import Page, add_pages

    verification.add_check(app, reserved_months.faults)
    app.register_blueprint(blueprint)
    add_pages(app, {Page.CALCULATE: "assessment.choose"})
