"""传输: sending assessments to the tax bureau and receiving its events."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("transmission", __name__)


def init_app(app: Flask) -> None:
    """Register the pages, the endpoint of the tax bureau and the commands of this slice."""
    # Imported here because most importers of this package need no views. Importing a module of
    # views adds its routes to the blueprint.
    from flexapp.transmission import (  # noqa: F401
        cli,
        machine_views,
        monitoring,
        open_views,
        views,
    )
    from flexapp.web import health, metrics
    from flexapp.web.links import Page, add_pages

    app.register_blueprint(blueprint)
    add_pages(app, {Page.TRANSMIT: "transmission.transmit", Page.ASK_TAX: "transmission.ask_tax"})
    health.report_sender(app, monitoring.sender_age)
    metrics.add_gauges(app, monitoring.gauges)
    app.cli.add_command(cli.cli)
