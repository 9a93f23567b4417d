"""Shared web layer: unit of work, htmx, forms, errors, headers, formatting and observability."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("web", __name__)


def init_app(app: Flask) -> None:
    """Register the endpoints for monitoring and for reports of browsers."""
    # Imported here because most importers of this package need no views. Importing a module of
    # views adds its routes to the blueprint.
    from flexapp.web import csp_report_views, health, metrics_views  # noqa: F401

    app.register_blueprint(blueprint)
