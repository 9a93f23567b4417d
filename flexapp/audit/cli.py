"""`flask audit`: verify the chain of audit events, and vouch for rows older than the feature."""

from __future__ import annotations

import getpass
import logging
import sys

import click
from flask.cli import AppGroup

from flexapp.audit import verification, vouch_existing
from flexapp.audit.verification import End
from flexapp.web.clock import utcnow
from flexapp.web.unit_of_work import read_transaction

log = logging.getLogger(__name__)

cli = AppGroup("audit", help="The record of what was done.")


@cli.command("vouch")
@click.option("--by", default=getpass.getuser, help="Who does it, for the record.")
def vouch(by: str) -> None:
    """Run once after an upgrade: record events that vouch for the rows stored before it."""
    try:
        steps = vouch_existing.vouch_for_existing(by=by, at=utcnow())
    except vouch_existing.UnreadableEvent as fault:
        raise click.ClickException(
            f"event {fault} was changed: see `audit verify`; nothing was vouched for"
        ) from None
    if steps is None:
        raise click.ClickException("every row is vouched for already, or `audit verify` names it")
    done = dict(steps)  # the last step of a table has its total
    for table, number in done.items():
        click.echo(f"{table}: {number} rows")
    click.echo("from now on `audit verify` finds every change of these rows")


@cli.command("verify")
@click.option(
    "--noted", metavar="NUMBER:DIGEST", help="An end noted before: it must still be there."
)
def verify(noted: str | None) -> None:
    """List every event that was changed, moved or inserted, follows a removed one, or is missing at
    the end, and every row that differs from its events. Exit status 1 if there are any.

    Prints the chain's end. Note it outside the database (on paper, in another system): with
    --noted, the command also detects a database that was restored completely to an older copy.
    """
    try:
        wanted = End.parse(noted) if noted is not None else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--noted") from None
    with read_transaction():
        verdict = verification.verify(wanted)
    for fault in verdict.faults + verdict.rows:
        click.echo(fault)
    if verdict.whole:
        click.echo(f"the chain is whole: {verdict.events} events")
    click.echo(f"end {verdict.end}")
    # The log keeps a copy of the end outside the database.
    found = len(verdict.faults) + len(verdict.rows)
    log.info("the audit chain ends at %s, %d faults", verdict.end, found)
    sys.exit(0 if verdict.whole else 1)
