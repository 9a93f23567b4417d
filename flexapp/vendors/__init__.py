"""Pages and tools for channel vendors: integration guide, sandbox, self-check, conformance kit."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("vendors", __name__, url_prefix="/open")


def init_app(app: Flask) -> None:
    """Register the pages, their error pages and the commands of this slice."""
    # Imported here because most importers of this package need no views. Importing a module of
    # views adds its routes to the blueprint.
    from flexapp.channels import cli as channels_cli
    from flexapp.vendors import cli, kit_views, sandbox_views, self_check_views, views  # noqa: F401
    from flexapp.web.error_pages import add_area

    app.register_blueprint(blueprint)
    add_area(app, views.AREA)
    channels_cli.cli.add_command(cli.check)
    channels_cli.cli.add_command(cli.read_self_check)
