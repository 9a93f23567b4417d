"""Where residents come in: the registry of channels (渠道), their QR codes and landing pages."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the pages and commands of this slice."""
    # Imported late: most of those who import a module of this slice need no views.
    from flexapp.channels import cli, launch_views, poster_views, views

    app.register_blueprint(views.blueprint)
    app.register_blueprint(poster_views.blueprint)
    app.register_blueprint(launch_views.blueprint)
    app.cli.add_command(cli.cli)
