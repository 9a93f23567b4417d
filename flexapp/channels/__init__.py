"""Channels (渠道) through which residents reach the service: catalogue, QR codes, launch links."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("channels", __name__)


def init_app(app: Flask) -> None:
    """Register the pages and commands of this slice."""
    # Imported here because most importers of this package need no views. Importing a module of
    # views adds its routes to the blueprint.
    from flexapp.channels import cli, launch_views, poster_views, views, webview  # noqa: F401

    webview.init_app(app)
    app.register_blueprint(blueprint)
    app.cli.add_command(cli.cli)
