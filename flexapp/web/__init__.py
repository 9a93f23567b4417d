"""Shared web layer: unit of work, htmx, forms, errors, headers, formatting and observability."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("web", __name__)


def init_app(app: Flask) -> None:
    """Register error handlers, template globals, and endpoints for monitoring and browsers."""
    # Imported here because most importers of this package need no views. Importing a module of
    # views adds its routes to the blueprint.
    from flexapp.web import (  # noqa: F401
        csp_report_views,
        errors,
        formatting,
        health,
        idempotency,
        links,
        metrics_views,
        page_owner,
        rate_limit,
        select_options,
        sessions,
    )

    for module in (
        sessions,
        errors,
        idempotency,
        page_owner,
        links,
        formatting,
        select_options,
        rate_limit,
    ):
        module.init_app(app)
    app.register_blueprint(blueprint)
