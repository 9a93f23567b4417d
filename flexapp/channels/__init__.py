"""Channels (渠道) through which residents reach the service: catalogue, QR codes, launch links."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprints and CLI commands of this slice."""
    # Imported here so that importing another module of this package does not load the views.
    from flexapp.channels import cli, launch_views, poster_views, views

    app.register_blueprint(views.blueprint)
    app.register_blueprint(poster_views.blueprint)
    app.register_blueprint(launch_views.blueprint)
    app.cli.add_command(cli.cli)
