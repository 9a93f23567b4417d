"""传输: what leaves for the tax bureau and what comes back."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the pages and commands of this slice."""
    # Imported late: most of those who import a module of this slice need no views.
    from flexapp.transmission import cli, machine_views, open_views, views

    app.register_blueprint(views.blueprint)
    app.register_blueprint(machine_views.blueprint)
    app.register_blueprint(open_views.blueprint)
    app.cli.add_command(cli.cli)
