"""Everything fictional: residents, staff, legacy units, and generated data for load tests."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the commands of the demo."""
    # Imported here: most importers of this slice do not need the commands.
    from flexapp.demo import generate_cli, loader

    loader.cli.add_command(generate_cli.generate)
    app.cli.add_command(loader.cli)
