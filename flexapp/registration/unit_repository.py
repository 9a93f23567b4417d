"""Database access for virtual units, former units and the registrations under a unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from flexapp.audit import service as audit
from flexapp.db.session import db, table_of
from flexapp.registration.models import FormerUnit, Registration, VirtualUnit


@dataclass(frozen=True, slots=True)
class Row:
    """A virtual unit; `former` and `merged_at` come from its `FormerUnit`, if any."""

    id: int
    division: str
    kind: str
    name: str
    former: bool
    merged_at: datetime | None


def units(division: str | None) -> Sequence[Row]:
    """Return the units of one division, or of all; regular units before former ones."""
    query = (
        select(
            VirtualUnit.id,
            VirtualUnit.division,
            VirtualUnit.kind,
            VirtualUnit.name,
            FormerUnit.id.is_not(None),
            FormerUnit.merged_at,
        )
        .outerjoin(FormerUnit, FormerUnit.unit_id == VirtualUnit.id)
        .order_by(VirtualUnit.division, FormerUnit.id.is_not(None), VirtualUnit.id)
    )
    if division is not None:
        query = query.where(VirtualUnit.division == division)
    return [Row(*row) for row in db.session.execute(query)]


def one(unit_id: int) -> Row | None:
    """Return the unit with this id, or None."""
    return next((row for row in units(None) if row.id == unit_id), None)


def people_of(unit_id: int) -> int:
    """Count the current registrations under a unit."""
    query = select(func.count()).where(
        Registration.unit_id == unit_id, Registration.superseded_at.is_(None)
    )
    return int(db.session.execute(query).scalar_one())


def name_taken(name: str) -> bool:
    """Whether any unit, merged ones included, has this name."""
    return (
        db.session.execute(select(VirtualUnit.id).where(VirtualUnit.name == name)).first()
        is not None
    )


def merging_begun(division: str) -> bool:
    """Whether any former unit of a division has been merged."""
    query = select(FormerUnit.id).where(
        FormerUnit.division == division, FormerUnit.merged_at.is_not(None)
    )
    return db.session.execute(query).first() is not None


def add_former(row: FormerUnit) -> int:
    """Insert a former unit and then its virtual unit; return the id of the virtual unit.

    A trigger on virtual units requires this order.
    """
    db.session.add(row)
    db.session.flush()
    unit = VirtualUnit(division=row.division, kind=f"former:{row.id}", name=row.name)
    db.session.add(unit)
    db.session.flush()
    row.unit_id = unit.id
    db.session.flush()
    audit.vouch(table_of(VirtualUnit), unit)
    audit.vouch(table_of(FormerUnit), row)
    return unit.id


def registered_under(unit_id: int, limit: int) -> Sequence[Registration]:
    """Return at most `limit` current registrations under a unit, oldest first."""
    query = (
        select(Registration)
        .where(Registration.unit_id == unit_id, Registration.superseded_at.is_(None))
        .order_by(Registration.id)
        .limit(limit)
    )
    return db.session.execute(query).scalars().all()


def mark_merged(unit_id: int, at: datetime) -> None:
    """Mark a former unit as merged."""
    row = db.session.execute(select(FormerUnit).where(FormerUnit.unit_id == unit_id)).scalar_one()
    row.merged_at = at
    db.session.flush()
    audit.vouch(table_of(FormerUnit), row)
