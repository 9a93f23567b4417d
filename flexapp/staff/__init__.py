"""Accounts of clerks and officers: sign-in, sessions, roles. Used by `counter` and `office`."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the pages and commands of this slice."""
    # Imported late: most of those who import a module of this slice need no views.
    from flexapp.staff import cli, views

    app.register_blueprint(views.blueprint)
    app.cli.add_command(cli.cli)
