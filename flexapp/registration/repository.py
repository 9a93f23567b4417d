"""Database access for registrations and virtual units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, bindparam, literal, select

from flexapp.audit import service as audit
from flexapp.db.reference import REVISION, note_revision
from flexapp.db.session import (
    db,
    execute,
    next_number,
    next_numbers,
    prefill,
    read_once,
    table_of,
    upsert,
)
from flexapp.encryption import bound
from flexapp.people.service import PERSON_ID, Joined
from flexapp.registration.models import Registration, VirtualUnit

_registration, _unit = table_of(Registration), table_of(VirtualUnit)
# Built once and on tables instead of ORM classes for speed: every page of 核定 runs it.
_COLUMNS = (
    _registration.c.division,
    _registration.c.unit_id,
    _unit.c.name.label("unit_name"),
    _registration.c.ethnic_group,
    _registration.c.address,
    _registration.c.credit_code,
    _registration.c.work_start,
    _registration.c.registered_at,
)
_NAMES = tuple(column.key for column in _COLUMNS)
_IS_CURRENT = _registration.c.superseded_at.is_(None)
_OF_UNIT = _unit.c.id == _registration.c.unit_id
_CURRENT = (
    select(*_COLUMNS, REVISION)
    .join_from(_registration, _unit, _OF_UNIT)
    .where(_registration.c.person_id == bindparam("person_id"), _IS_CURRENT)
)


def _foresee(person_id: int, values: Sequence[Any]) -> None:
    found = None if values[0] is None else dict(zip(_NAMES, values, strict=True))
    prefill(("registration", person_id), found)


WITH_PERSON = Joined(
    columns=_COLUMNS,
    tables=(
        (_registration, and_(_registration.c.person_id == PERSON_ID, _IS_CURRENT)),
        (_unit, _OF_UNIT),
    ),
    then=_foresee,
)
"""The current registration, for statements that join it to the person."""


def current_row(person_id: int) -> Mapping[str, Any] | None:
    """Return the current registration with the name of its unit as a mapping, or None."""
    return read_once(("registration", person_id), lambda: _current_row(person_id))


def _current_row(person_id: int) -> Mapping[str, Any] | None:
    row = execute(_CURRENT, {"person_id": person_id}).first()
    if row is None:
        return None
    note_revision(row[-1])
    return dict(zip(_NAMES, row[:-1], strict=True))


def rows_of(person_id: int) -> Sequence[Mapping[str, Any]]:
    """Return all registrations of a person with the names of their units, newest first."""
    query = (
        select(*_COLUMNS, _registration.c.superseded_at)
        .join_from(_registration, _unit, _OF_UNIT)
        .where(_registration.c.person_id == person_id)
        .order_by(_registration.c.id.desc())
    )
    return [{**row} for row in db.session.execute(query).mappings()]


def current(person_id: int) -> tuple[Registration, VirtualUnit] | None:
    """Return the current registration and its unit as ORM objects, to be changed, or None."""
    row = db.session.execute(
        select(Registration, VirtualUnit)
        .join(VirtualUnit, VirtualUnit.id == Registration.unit_id)
        .where(Registration.person_id == person_id, Registration.superseded_at.is_(None))
    ).first()
    return None if row is None else (row[0], row[1])


def add(row: Registration, before: Registration | None = None) -> None:
    """Insert a registration; the caller has already set `superseded_at` of the previous one."""
    db.session.flush()
    if before is not None:
        audit.vouch(_registration, before)
    db.session.add(row)
    db.session.flush()
    audit.vouch(_registration, row)


def add_all(rows: Sequence[Mapping[str, object]]) -> None:
    """Insert the first registrations of many people."""
    numbers = next_numbers(_registration, len(rows))
    numbered = [{**row, "id": n} for row, n in zip(rows, numbers, strict=True)]
    db.session.execute(_registration.insert(), [bound(_registration, row) for row in numbered])
    for row in numbered:
        audit.vouch(_registration, row)


def unit(division: str, kind: str, name: str) -> VirtualUnit:
    """Return the division's unit of this kind; create it on first use."""
    return _unit_with(division, kind, name, literal(0))[0]


def unit_for_next(division: str, kind: str, name: str) -> tuple[VirtualUnit, int]:
    """Return the unit, and the id of the next registration, to which its ciphertext is bound."""
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
    """Return a subquery of the current registrations, for joins in other slices.

    Columns: person_id, division.
    """
    return (
        select(_registration.c.person_id, _registration.c.division)
        .where(_registration.c.superseded_at.is_(None))
        .subquery("current_place")
    )


def unit_by_id(unit_id: int) -> VirtualUnit:
    """Return an existing unit; raises `NoResultFound` if there is none."""
    return db.session.get_one(VirtualUnit, unit_id)
