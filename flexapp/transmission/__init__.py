"""传输: sending assessments to the tax bureau and receiving its events."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprints and CLI commands of this slice."""
    # Imported here so that importing another module of this package does not load the views.
    from flexapp.transmission import cli, machine_views, open_views, views

    app.register_blueprint(views.blueprint)
    app.register_blueprint(machine_views.blueprint)
    app.register_blueprint(open_views.blueprint)
    app.cli.add_command(cli.cli)
