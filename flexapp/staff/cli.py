"""`flask staff …`: manage staff accounts."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from flexapp.audit.service import SYSTEM
from flexapp.rules.refusal import Refusal
from flexapp.rules.roles import Role
from flexapp.staff import service
from flexapp.web.clock import now
from flexapp.web.unit_of_work import read_transaction, write_transaction

cli = AppGroup("staff", help="Who works at the counters.")


@cli.command("list")
def listing() -> None:
    """List all staff: user name, role, divisions, "disabled" if the account is."""
    with read_transaction():
        found = service.everybody()
    for clerk, enabled in found:
        places = ",".join(clerk.divisions) or "-"
        click.echo(f"{clerk.user_name} {clerk.role.value} {places}{'' if enabled else ' disabled'}")


@cli.command("add")
@click.argument("user_name")
@click.option("--name", required=True, help="Full name.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--division", "places", multiple=True, help="Code; township and hall clerks.")
def add(user_name: str, name: str, role: str, places: tuple[str, ...]) -> None:
    """Add an account and print its first password, which must be changed at the first sign-in."""
    with write_transaction():
        outcome = service.add(
            user_name=user_name,
            name=name,
            role=Role(role),
            places=places,
            actor=SYSTEM,
            at=now(),
        )
        _or_fail(outcome)
    click.echo(f"first password of {user_name}: {outcome}")


@cli.command("reset")
@click.argument("user_name")
def reset(user_name: str) -> None:
    """Enable an account and end its sessions; print a new first password.

    The second factor has to be set up again.
    """
    with write_transaction():
        outcome = service.reset(user_name=user_name, actor=SYSTEM, at=now())
        _or_fail(outcome)
    click.echo(f"first password of {user_name}: {outcome}")


@cli.command("disable")
@click.argument("user_name")
def disable(user_name: str) -> None:
    """Disable an account and end its sessions."""
    with write_transaction():
        _or_fail(service.disable(user_name=user_name, actor=SYSTEM, at=now()))
    click.echo(f"{user_name} is disabled")


def _or_fail(outcome: object) -> None:
    if isinstance(outcome, Refusal):
        raise click.ClickException(outcome.sentence)
