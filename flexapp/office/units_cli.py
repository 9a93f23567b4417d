"""`flask units …`: list and merge the virtual units of each area."""

from __future__ import annotations

import getpass

import click
from flask.cli import AppGroup

from flexapp.audit.service import Actor, ActorKind
from flexapp.office import unit_merge
from flexapp.registration import units as registered_units
from flexapp.rules.refusal import Refusal
from flexapp.web.unit_of_work import read_transaction

cli = AppGroup("units", help="The virtual units (虚拟单位) of each area.")
area_option = click.option("--area", metavar="CODE", help="Of this area only, such as 640104.")


@cli.command("list")
@area_option
def listing(area: str | None) -> None:
    """List every unit: area, name, number of people, and whether a legacy one is merged."""
    with read_transaction():
        found = registered_units.units(division=area)
    for unit in found:
        state = "" if not unit.is_former else "; former, to be merged"
        if unit.merged_at is not None:
            state = f"; merged {unit.merged_at:%Y-%m-%d}"
        click.echo(f"{unit.division} {unit.name}: {unit.people} people{state}")


@cli.command("merge")
@area_option
@click.option("--by", default=getpass.getuser, help="Who does it, for the record.")
def merge(area: str | None, by: str) -> None:
    """Merge legacy units into the two of their area. The next run continues an interrupted one."""
    found = unit_merge.left(area=area)
    if isinstance(found, Refusal):
        raise click.ClickException(found.sentence)
    actor = Actor(ActorKind.SYSTEM, None, f"经办机构（{by}）", "agency")
    with click.progressbar(length=sum(work.rows for work in found), label="merging") as bar:
        for work in found:
            for moved in unit_merge.merge(work, actor=actor):
                bar.update(moved)
    for work in found:
        click.echo(
            f"{work.unit.division} {work.unit.name}: {work.people} people,"
            f" {work.assessments} live assessments"
        )
    click.echo(f"{len(found)} units were merged" if found else "there is nothing to merge")
