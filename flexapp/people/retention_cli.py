"""`flask retention run`: delete expired rows; run it every night."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from flexapp.people import retention

cli = AppGroup("retention", help="How long what is known about people is kept.")


@cli.command("run")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
def run(dry_run: bool) -> None:
    """Delete rows past the retention period of the register of personal information.

    Prints the number of rows by table. `channels forget` erases the personal data of expired
    launches earlier.
    """
    total = 0
    for table, number in retention.look() if dry_run else retention.run():
        click.echo(f"{table}: {number}")
        total += number
    click.echo(f"{total} rows {'would be' if dry_run else 'are'} removed")
