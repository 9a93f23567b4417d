"""`flask audit verify`: whether the chain of events is whole."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from flexapp.audit import service

cli = AppGroup("audit", help="The record of what was done.")


@cli.command("verify")
def verify() -> None:
    """Name every event that was changed, moved, or stands after a removed one; exit 1 if any."""
    broken = list(service.broken_links())
    for seq in broken:
        click.echo(f"event {seq} does not fit the chain")
    click.echo(f"{len(broken)} broken" if broken else "the chain is whole")
    sys.exit(1 if broken else 0)
