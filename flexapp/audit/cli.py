"""`flask audit verify`: whether the chain of events is whole."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from flexapp.audit import verifying
from flexapp.audit.verifying import End
from flexapp.web.unit_of_work import read_transaction

cli = AppGroup("audit", help="The record of what was done.")


@cli.command("verify")
@click.option(
    "--noted", metavar="NUMBER:DIGEST", help="An end noted before: it must still be there."
)
def verify(noted: str | None) -> None:
    """Name every event that was changed, moved or added, stands after a removed one, or is missing
    at the end; exit 1 if any.

    Prints the chain's end. Note it outside the database (on paper, in another system): with
    --noted, a database put back whole to an older copy is found as well.
    """
    try:
        wanted = End.parse(noted) if noted is not None else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--noted") from None
    with read_transaction():
        verdict = verifying.verify(wanted)
    for fault in verdict.faults:
        click.echo(fault)
    if not verdict.faults:
        click.echo(f"the chain is whole: {verdict.events} events")
    click.echo(f"end {verdict.end}")
    sys.exit(1 if verdict.faults else 0)
