"""The audit log: append-only events (who did what to whom), chained by their digests."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the commands of this slice."""
    # Imported here because most importers of this package do not need the commands.
    from flexapp.audit import cli

    app.cli.add_command(cli.cli)
