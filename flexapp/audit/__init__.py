"""What was done, by whom, to whom: events that are only ever added, chained by their digests."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the pages and commands of this slice."""
    # Imported late: most of those who import a module of this slice need no views.
    from flexapp.audit import cli

    app.cli.add_command(cli.cli)
