"""Rows of registrations and virtual units."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from flexapp.extensions import db
from flexapp.registration.models import Registration, VirtualUnit


def current(person_id: int) -> tuple[Registration, VirtualUnit] | None:
    """The registration in force, with its unit."""
    row = db.session.execute(
        select(Registration, VirtualUnit)
        .join(VirtualUnit, VirtualUnit.id == Registration.unit_id)
        .where(Registration.person_id == person_id, Registration.superseded_at.is_(None))
    ).first()
    return None if row is None else (row[0], row[1])


def add(row: Registration) -> None:
    """Add the next registration; the one before must have been superseded already."""
    db.session.flush()
    db.session.add(row)
    db.session.flush()


def unit(division: str, kind: str, name: str) -> VirtualUnit:
    """The division's unit of that kind, made the first time somebody is insured there."""
    query = select(VirtualUnit).where(VirtualUnit.division == division, VirtualUnit.kind == kind)
    found = db.session.execute(query).scalar_one_or_none()
    if found is not None:
        return found
    make = (
        postgresql_insert if db.session.get_bind().dialect.name == "postgresql" else sqlite_insert
    )
    row = {"division": division, "kind": kind, "name": name}
    db.session.execute(make(VirtualUnit).values(row).on_conflict_do_nothing())
    return db.session.execute(query).scalar_one()


def unit_by_id(unit_id: int) -> VirtualUnit:
    """A unit that exists."""
    return db.session.get_one(VirtualUnit, unit_id)
