"""`flask batch …`: import legacy batch assessments (批量核定) from files, revoke the unpaid
ones.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TypeVar

import click
from flask.cli import AppGroup

from flexapp.assessment import batch
from flexapp.audit.service import Actor
from flexapp.office import batch_files
from flexapp.rules import divisions
from flexapp.rules.money import from_fen, yen
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import State
from flexapp.spreadsheets import Table
from flexapp.staff import service
from flexapp.web.clock import now, today
from flexapp.web.unit_of_work import read_transaction, write_transaction

Outcome = TypeVar("Outcome")

CHUNK = 500
"""Rows in one transaction: all of them are processed, or none."""

cli = AppGroup("batch", help="Old batch assessments (批量核定).")
by_option = click.option("--by", required=True, metavar="USER", help="The officer of the agency.")
area_option = click.option("--area", metavar="CODE", help="Of this area only, such as 640104.")
file_argument = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))


@cli.command("import")
@file_argument
@by_option
@click.option(
    "--report", type=click.Path(path_type=Path), help="Default: FILE.refused.csv or .xlsx"
)
def take(file: Path, by: str, report: Path | None) -> None:
    """Import a FILE: a CSV file in any common encoding, or a workbook (.xlsx).

    Refused rows are written unchanged, with the reason, to a file that can be corrected and
    imported again. An interrupted import continues where it stopped. Importing a completed file
    again changes nothing. Rows that were imported before are skipped.
    """
    actor = _officer(by)
    loaded = _done(batch_files.load(file))
    _report_reading(loaded.table)
    total = len(loaded.table.rows)
    started = time.monotonic()
    with write_transaction():
        run = _done(batch.begin(file_digest=loaded.digest, total=total, actor=actor, at=now()))
    first = run.done
    with click.progressbar(length=run.total - first, label="importing") as bar:
        while run.done < run.total:
            lines = loaded.lines(run.done, CHUNK)
            with write_transaction():
                batch.take(run=run, lines=lines, actor=actor, at=now(), today=today())
                run = _done(
                    batch.begin(file_digest=loaded.digest, total=run.total, actor=actor, at=now())
                )
            bar.update(len(lines))
    seconds = max(time.monotonic() - started, 0.001)
    with read_transaction():
        refused = list(batch.refusals(run))
    click.echo(f"import {run.id}: {run.accepted} rows taken in, {len(refused)} refused")
    if already := run.done - run.accepted - len(refused):
        click.echo(f"{already} rows were in already, exactly so")
    if run.total > first:
        rate = (run.total - first) / seconds
        click.echo(f"{run.total - first} rows in {seconds:.1f} s, {rate:.0f}/s")
    if refused:
        path = report or batch_files.report_path(file, loaded)  # never overwrites an earlier report
        batch_files.write_refused(path, loaded, refused, today=today())
        click.echo(f"the refused ones with the reason, to be corrected and imported: {path}")


@cli.command("revoke")
@area_option
@by_option
@click.option("--yes", is_flag=True, help="Revoke; without it, only say what would be revoked.")
@click.option("--report", type=click.Path(path_type=Path), default=Path("batch-left.csv"))
def revoke(area: str | None, by: str, yes: bool, report: Path) -> None:
    """Revoke the unpaid legacy batch assessments, of all areas or of one."""
    if area is not None and divisions.find(area) is None:
        raise click.ClickException(f"there is no area {area}")
    actor = _officer(by)
    with read_transaction():
        tallies = batch.tallies(area=area)
    unpaid = 0
    for tally in tallies:
        if tally.state.value not in batch.UNPAID:
            continue
        unpaid += tally.count
        amount = yen(from_fen(tally.fen))
        click.echo(f"{tally.area} {tally.state.label}: {tally.count}, {amount}")
    paid = sum(tally.count for tally in tallies if tally.state is State.PAID)
    click.echo(f"{unpaid} unpaid; {paid} paid ones stay")
    if not yes:
        click.echo("nothing was revoked; with --yes they are")
        return
    started, revoked, last = time.monotonic(), 0, 0
    left: list[tuple[str, str]] = []
    with click.progressbar(length=unpaid, label="revoking") as bar:
        while True:
            with write_transaction():
                count, stays, after = _done(
                    batch.revoke(area=area, after=last, limit=CHUNK, actor=actor, at=now())
                )
            if after == last:
                break
            last, revoked = after, revoked + count
            left.extend(stays)
            bar.update(count + len(stays))
    seconds = max(time.monotonic() - started, 0.001)
    click.echo(f"{revoked} revoked in {seconds:.1f} s, {revoked / seconds:.0f}/s")
    if left:
        batch_files.report(report, ("核定流水号", "原因"), left)
        click.echo(f"{len(left)} stay, with the reason: {report}")


@cli.command("sample")
@click.argument("count", type=click.IntRange(1, 1_000_000))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def sample(count: int, file: Path) -> None:
    """Write a FILE with COUNT rows of fictional people, to try the import."""
    batch_files.write_sample(file, count)
    click.echo(f"{count} rows: {file}")


def _report_reading(table: Table) -> None:
    if table.unread_sheets:
        others = ", ".join(table.unread_sheets)
        click.echo(f"the sheet {table.sheet} is read; not read: {others}")
    if table.not_read:
        click.echo(f"columns that are not read: {', '.join(table.not_read)}")


def _officer(user_name: str) -> Actor:
    with read_transaction():
        found = [who for who, enabled in service.everybody() if enabled]
    actor = next((who.actor for who in found if who.user_name == user_name), None)
    if actor is None:
        raise click.ClickException(f"there is no {user_name} who may sign in")
    return actor


def _done(outcome: Outcome | Refusal) -> Outcome:
    if isinstance(outcome, Refusal):
        click.echo(outcome.sentence, err=True)
        sys.exit(1)
    return outcome
