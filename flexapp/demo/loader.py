"""`flask demo load`: adds the fictional residents and staff that the README lists. Demo only."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from flexapp.audit.service import SYSTEM
from flexapp.demo import legacy_units, staff
from flexapp.demo.residents import FICTIONAL_RESIDENTS, FictionalResident
from flexapp.people import service as people
from flexapp.registration import service
from flexapp.registration.service import Details
from flexapp.rules.identity import IdentityNumber
from flexapp.rules.periods import Month
from flexapp.web.cli import keep_former_name
from flexapp.web.clock import now, today
from flexapp.web.unit_of_work import write_transaction

cli = AppGroup("demo", help="The demonstration's fictional people.")


@cli.command("load")
def load() -> None:
    """Add the missing fictional residents and staff. Running it again is safe."""
    with write_transaction():
        added = [_add(resident) for resident in FICTIONAL_RESIDENTS.values()]
        clerks = staff.load(now())
    click.echo(f"{sum(added)} demo residents added, {len(added) - sum(added)} were there")
    click.echo(f"{clerks} demo clerks added")


@cli.command("legacy-units")
def add_legacy_units() -> None:
    """Add former virtual units with fictional people, for trying `flask units merge`."""
    with write_transaction():
        added = legacy_units.load(at=now(), today=today())
    click.echo(f"{added} former units added")


keep_former_name(cli, add_legacy_units, "old-units")


def _add(resident: FictionalResident) -> bool:
    identity = IdentityNumber(resident.identity)
    if people.find_person(identity) is not None:
        return False
    person = people.add_person(name=resident.name, identity=identity, at=now())
    if resident.phone is not None:
        people.add_account(phone=resident.phone, person=person, at=now())
    if resident.insured_since is not None and resident.division is not None:
        details = service.check_details(
            division=resident.division,
            ethnic_group=resident.ethnic_group,
            address=resident.address,
            credit_code="",
        )
        assert isinstance(details, Details)
        service.register(
            person=person,
            details=details,
            actor=SYSTEM,
            at=now(),
            today=today(),
            work_start=Month.parse(resident.insured_since),
        )
    return True
