"""Pages and tools for channel vendors: integration guide, sandbox, self-check, conformance kit."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprints and CLI commands of this slice; the sandbox only in the demo."""
    # Imported here so that importing another module of this package does not load the views.
    from flexapp.channels import cli as channels_cli
    from flexapp.config import Settings
    from flexapp.vendors import cli, kit_views, sandbox_views, self_check_views, views

    app.register_blueprint(kit_views.blueprint)
    app.register_blueprint(views.blueprint)
    app.register_blueprint(self_check_views.blueprint)
    channels_cli.cli.add_command(cli.check)
    channels_cli.cli.add_command(cli.read_self_check)
    settings: Settings = app.config["SETTINGS"]
    if settings.is_demo:
        app.register_blueprint(sandbox_views.blueprint)
