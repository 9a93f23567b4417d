"""`flask demo generate`: generates people and assessments for load tests. Demo only."""

from __future__ import annotations

import time

import click
from flask.cli import with_appcontext

from flexapp.db.session import widen_cache
from flexapp.demo import bulk_loader
from flexapp.rules.refusal import Refusal
from flexapp.web.clock import today
from flexapp.web.unit_of_work import read_transaction, write_transaction

BATCH = 5_000
"""Maximum people per transaction. It blocks other writers for half a minute and takes 300 MB."""


@click.command("generate")
@click.option("--people", "number", type=click.IntRange(1), required=True, help="How many.")
@click.option("--assessments", type=click.IntRange(0), required=True, help="For all of them.")
@click.option("--seed", type=int, default=0, show_default=True, help="Others for each, 0 to 63.")
@click.option(
    "--batch",
    type=click.IntRange(1, BATCH),
    default=BATCH,
    show_default=True,
    help="People in one transaction.",
)
@with_appcontext
def generate(number: int, assessments: int, seed: int, batch: int) -> None:
    """Generate people and their assessments in all years with figures.

    The ID numbers belong to nobody. An interrupted run is resumed by the same command; another seed
    adds other people. While it runs, other processes can read, but their writes wait.
    """
    with read_transaction():
        crowd = bulk_loader.begin(
            seed=seed, number=number, assessments=assessments, batch=batch, today=today()
        )
    if isinstance(crowd, Refusal):
        raise click.ClickException(crowd.sentence)
    began, totals = time.monotonic(), [0, 0, 0]
    with click.progressbar(length=crowd.left, label="generating", show_pos=True) as bar:
        while crowd.left:
            with write_transaction():
                widen_cache()
                written = crowd.write_next()
            crowd.wrote(written)
            totals = [
                total + more
                for total, more in zip(
                    totals, (written.people, written.assessments, written.events), strict=True
                )
            ]
            bar.update(1)
    seconds = time.monotonic() - began
    click.echo(
        f"{totals[0]:,} people, {totals[1]:,} assessments and {totals[2]:,} events added"
        f" in {seconds:,.0f} s ({sum(totals) / seconds:,.0f} rows a second)"
    )
    if crowd.assessed < crowd.wanted.assessments:
        click.echo(f"{crowd.wanted.assessments - crowd.assessed:,} assessments found no free month")
