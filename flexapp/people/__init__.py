"""Persons, their accounts and sign-in; personal data is encrypted at rest."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprints and the CLI commands of this slice."""
    # Imported here because most importers of this package do not need the views.
    from flexapp.people import (
        accessibility_views,
        draft_views,
        keys_cli,
        retention_cli,
        session_views,
        views,
    )

    app.register_blueprint(views.blueprint)
    app.register_blueprint(accessibility_views.blueprint)
    app.register_blueprint(session_views.blueprint)
    app.register_blueprint(draft_views.blueprint)
    app.cli.add_command(retention_cli.cli)
    app.cli.add_command(keys_cli.cli)
