"""Staff accounts (clerks, officers): sign-in, sessions, roles. Used by `counter` and `office`."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("staff", __name__, url_prefix="/counter")


def init_app(app: Flask) -> None:
    """Register the pages and commands of this slice."""
    # Imported here because most importers of this package need no views. Importing a module of
    # views adds its routes to the blueprint.
    from flexapp.staff import auth, cli, views  # noqa: F401

    auth.init_app(app)
    app.register_blueprint(blueprint)
    app.cli.add_command(cli.cli)
