"""Rows of registrations and virtual units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Subquery, bindparam, literal, select

from flexapp.audit import service as audit
from flexapp.db.session import (
    db,
    execute,
    next_number,
    next_numbers,
    table_of,
    upsert,
)
from flexapp.encryption import bound
from flexapp.registration.models import Registration, VirtualUnit

_registration, _unit = table_of(Registration), table_of(VirtualUnit)
# Built once and on the tables, not the classes: this runs on every page of 核定.
_CURRENT = (
    select(
        _registration.c.division,
        _registration.c.unit_id,
        _unit.c.name.label("unit_name"),
        _registration.c.ethnic_group,
        _registration.c.address,
        _registration.c.credit_code,
        _registration.c.work_start,
        _registration.c.registered_at,
    )
    .join_from(_registration, _unit, _unit.c.id == _registration.c.unit_id)
    .where(
        _registration.c.person_id == bindparam("person_id"),
        _registration.c.superseded_at.is_(None),
    )
)
_CURRENT_NAMES = tuple(_CURRENT.selected_columns.keys())


def current_row(person_id: int) -> Mapping[str, Any] | None:
    """The registration in force with the name of its unit, for reading."""
    row = execute(_CURRENT, {"person_id": person_id}).first()
    return None if row is None else dict(zip(_CURRENT_NAMES, row, strict=True))


def rows_of(person_id: int) -> Sequence[Mapping[str, Any]]:
    """All registrations of a person with the names of their units, newest first."""
    query = (
        select(*_CURRENT.selected_columns, _registration.c.superseded_at)
        .join_from(_registration, _unit, _unit.c.id == _registration.c.unit_id)
        .where(_registration.c.person_id == person_id)
        .order_by(_registration.c.id.desc())
    )
    return [{**row} for row in db.session.execute(query).mappings()]


def current(person_id: int) -> tuple[Registration, VirtualUnit] | None:
    """The registration in force, with its unit, to be changed."""
    row = db.session.execute(
        select(Registration, VirtualUnit)
        .join(VirtualUnit, VirtualUnit.id == Registration.unit_id)
        .where(Registration.person_id == person_id, Registration.superseded_at.is_(None))
    ).first()
    return None if row is None else (row[0], row[1])


def add(row: Registration, before: Registration | None = None) -> None:
    """Add the next registration; the one `before` must have been superseded already."""
    db.session.flush()
    if before is not None:
        audit.vouch(_registration, before)
    db.session.add(row)
    db.session.flush()
    audit.vouch(_registration, row)


def add_all(rows: Sequence[Mapping[str, object]]) -> None:
    """Add the first registrations of many people."""
    numbers = next_numbers(_registration, len(rows))
    numbered = [{**row, "id": n} for row, n in zip(rows, numbers, strict=True)]
    db.session.execute(_registration.insert(), [bound(_registration, row) for row in numbered])
    for row in numbered:
        audit.vouch(_registration, row)


def unit(division: str, kind: str, name: str) -> VirtualUnit:
    """The division's unit of that kind, made the first time somebody is insured there."""
    return _unit_with(division, kind, name, literal(0))[0]


def unit_for_next(division: str, kind: str, name: str) -> tuple[VirtualUnit, int]:
    """The same, and the number of the next registration: what is encrypted in it is bound to it."""
    return _unit_with(division, kind, name, next_number(_registration))


def _unit_with(
    division: str, kind: str, name: str, number: ColumnElement[int]
) -> tuple[VirtualUnit, int]:
    query = select(VirtualUnit, number).where(
        VirtualUnit.division == division, VirtualUnit.kind == kind
    )
    found = db.session.execute(query).first()
    if found is None:
        row = {"division": division, "kind": kind, "name": name}
        db.session.execute(upsert(VirtualUnit).values(row).on_conflict_do_nothing())
        found = db.session.execute(query).one()
        audit.vouch(_unit, found[0])
    return found[0], found[1]


def current_places() -> Subquery:
    """Where everybody is insured now, for other slices to join their rows with; columns:
    person_id, division."""
    return (
        select(_registration.c.person_id, _registration.c.division)
        .where(_registration.c.superseded_at.is_(None))
        .subquery("current_place")
    )


def unit_by_id(unit_id: int) -> VirtualUnit:
    """A unit that exists."""
    return db.session.get_one(VirtualUnit, unit_id)
