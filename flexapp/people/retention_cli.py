"""`flask retention run`: what is past its time goes; for a nightly run."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from flexapp.people import retention

cli = AppGroup("retention", help="How long what is known about people is kept.")


@cli.command("run")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
def run(dry_run: bool) -> None:
    """Remove what the register of personal information keeps no longer, and print how much it was.

    Who expired launches were for is erased by `channels forget`, sooner than their rows go.
    """
    total = 0
    for table, number in retention.look() if dry_run else retention.run():
        click.echo(f"{table}: {number}")
        total += number
    click.echo(f"{total} rows {'would be' if dry_run else 'are'} removed")
