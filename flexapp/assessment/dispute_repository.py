"""Queries and statements for disputes (不是我办的)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from flexapp.assessment.models import Assessment, Dispute
from flexapp.audit import service as audit
from flexapp.db.session import (
    db,
    next_numbers,
    table_of,
)
from flexapp.encryption import BoundText, bound
from flexapp.registration.service import current_places

TABLE, _assessment = table_of(Dispute), table_of(Assessment)
NAMES = tuple(TABLE.c.keys())
_WITH_SERIAL = select(
    TABLE,
    _assessment.c.serial,
    _assessment.c.state.label("record_state"),
    _assessment.c.claimed.label("record_claimed"),
).outerjoin_from(TABLE, _assessment, _assessment.c.id == TABLE.c.assessment_id)

Row = Mapping[str, Any]


def add(row: Mapping[str, object]) -> int:
    """Insert a case and return its number."""
    (number,) = next_numbers(TABLE, 1)
    row = {**row, "id": number}
    db.session.execute(TABLE.insert(), bound(TABLE, row))
    audit.vouch(TABLE, row)
    return number


def one(number: int) -> Row | None:
    """Return a case with its assessment's serial and state, or None."""
    row = db.session.execute(_WITH_SERIAL.where(TABLE.c.id == number)).mappings().first()
    return None if row is None else {**row}


def open_about(*, about_seq: int, assessment_id: int | None) -> int | None:
    """Return the id of the open case about an event or about the event's assessment, or None."""
    about = TABLE.c.about_seq == about_seq
    if assessment_id is not None:
        about |= TABLE.c.assessment_id == assessment_id
    query = select(TABLE.c.id).where(TABLE.c.settled_at.is_(None), about)
    return db.session.execute(query).scalar()


def open_of_assessment(assessment_id: int) -> Row | None:
    """Return the open case of an assessment, or None."""
    query = _WITH_SERIAL.where(TABLE.c.settled_at.is_(None), TABLE.c.assessment_id == assessment_id)
    row = db.session.execute(query).mappings().first()
    return None if row is None else {**row}


def latest_of_assessment(assessment_id: int) -> Row | None:
    """Return the latest case of an assessment, or None."""
    query = _WITH_SERIAL.where(TABLE.c.assessment_id == assessment_id)
    row = db.session.execute(query.order_by(TABLE.c.id.desc()).limit(1)).mappings().first()
    return None if row is None else {**row}


def of_person(person_id: int) -> Sequence[Row]:
    """Return all cases of a person, oldest first."""
    query = _WITH_SERIAL.where(TABLE.c.person_id == person_id).order_by(TABLE.c.id)
    return [{**row} for row in db.session.execute(query).mappings()]


def named_by(
    person_id: int, *, numbers: Sequence[int], seqs: Sequence[int], serials: Sequence[str]
) -> Sequence[Row]:
    """Return the cases of a person with these numbers or about these events or assessments.

    Oldest first.
    """
    named = or_(
        TABLE.c.id.in_(numbers), TABLE.c.about_seq.in_(seqs), _assessment.c.serial.in_(serials)
    )
    query = _WITH_SERIAL.where(TABLE.c.person_id == person_id, named).order_by(TABLE.c.id)
    return [{**row} for row in db.session.execute(query).mappings()]


def change(number: int, **values: object) -> bool:
    """Update an open case. Return False if it is no longer open."""
    if isinstance(found := values.get("found"), str):
        values["found"] = BoundText(found, number)
    statement = (
        TABLE.update()
        .where(TABLE.c.id == number, TABLE.c.settled_at.is_(None))
        .values(**values)
        .returning(TABLE)
    )
    row = db.session.execute(statement).mappings().first()
    if row is not None:
        audit.vouch(TABLE, {**row})
    return row is not None


def waiting(divisions: Sequence[str] | None, *, after: int, limit: int) -> Sequence[Row]:
    """Return open cases of people insured in these divisions (None: all), oldest first.

    Only cases with an id above `after`, at most `limit`.
    """
    query = _WITH_SERIAL.where(_open_in(divisions), TABLE.c.id > after)
    rows = db.session.execute(query.order_by(TABLE.c.id).limit(limit)).mappings()
    return [{**row} for row in rows]


def count_waiting(divisions: Sequence[str] | None) -> tuple[int, datetime | None]:
    """Return the number of open cases in these divisions and when the oldest one was opened."""
    query = select(func.count(), func.min(TABLE.c.opened_at)).where(_open_in(divisions))
    row = db.session.execute(query).one()
    return int(row[0]), row[1]


def _open_in(divisions: Sequence[str] | None) -> ColumnElement[bool]:
    still_open = TABLE.c.settled_at.is_(None)
    if divisions is None:
        return still_open
    places = current_places()
    here = select(places.c.person_id).where(places.c.division.in_(list(divisions)))
    return and_(still_open, TABLE.c.person_id.in_(here))
