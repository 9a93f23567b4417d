"""传输: sending assessments to the tax bureau and receiving its events."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("transmission", __name__)


def init_app(app: Flask) -> None:
    """Register the pages, the endpoint of the tax bureau and the commands of this slice."""
    # Imported here because most importers of this package need no views. Importing a module of
    # views adds its routes to the blueprint.
    from flexapp.transmission import cli, machine_views, open_views, views  # noqa: F401

    app.register_blueprint(blueprint)
    app.cli.add_command(cli.cli)
