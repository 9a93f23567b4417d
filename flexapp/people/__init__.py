"""Persons, their accounts and sign-in; personal data is encrypted at rest."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("people", __name__)


def init_app(app: Flask) -> None:
    """Register the pages and commands of this slice."""
    # Imported here because most importers of this package need no views. Importing a module of
    # views adds its routes to the blueprint.
    from flexapp.audit import verification
    from flexapp.people import (  # noqa: F401
        accessibility_mode,
        accessibility_views,
        auth,
        draft_views,
        key_check,
        key_rotation,
        keys_cli,
        retention_cli,
        session_views,
        views,
    )
    from flexapp.web import health

    health.add_check(app, "keys", key_check.keys_read_what_is_stored)
    verification.add_check(app, key_rotation.unbound_values)
    verification.add_check(app, key_rotation.unreadable_values)
    auth.init_app(app)
    accessibility_mode.init_app(app)
    app.register_blueprint(blueprint)
    app.cli.add_command(retention_cli.cli)
    app.cli.add_command(keys_cli.cli)
