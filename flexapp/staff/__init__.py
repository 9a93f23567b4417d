"""Staff accounts (clerks, officers): sign-in, sessions, roles. Used by `counter` and `office`."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprint and the CLI commands of this slice."""
    # Imported here because most importers of this package do not need the views.
    from flexapp.staff import cli, views

    app.register_blueprint(views.blueprint)
    app.cli.add_command(cli.cli)
