"""Database access for name corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from flexapp.db.session import (
    db,
    next_numbers,
    table_of,
)
from flexapp.encryption import BoundText, bound, encrypted_columns
from flexapp.people.models import NameCorrection

TABLE = table_of(NameCorrection)
_WAITS = TABLE.c.state == "waiting"

Row = Mapping[str, Any]


def add(row: Mapping[str, object]) -> int:
    """Insert a correction and return its id."""
    (number,) = next_numbers(TABLE, 1)
    db.session.execute(TABLE.insert(), bound(TABLE, {**row, "id": number}))
    return number


def change(number: int, **values: object) -> None:
    """Update columns of a correction."""
    for name in encrypted_columns(TABLE).keys() & values.keys():
        if isinstance(text := values[name], str):
            values[name] = BoundText(text, number)
    db.session.execute(TABLE.update().where(TABLE.c.id == number).values(**values))


def one(number: int) -> Row | None:
    """Return the correction with this id, or None."""
    row = db.session.execute(select(TABLE).where(TABLE.c.id == number)).mappings().first()
    return None if row is None else {**row}


def waiting_of(person_id: int) -> Row | None:
    """Return the pending correction of a person, or None."""
    query = select(TABLE).where(TABLE.c.person_id == person_id, _WAITS)
    row = db.session.execute(query).mappings().first()
    return None if row is None else {**row}


def waiting(after: int, limit: int) -> Sequence[Row]:
    """Return at most `limit` pending corrections with an id above `after`, oldest first."""
    query = select(TABLE).where(_WAITS, TABLE.c.id > after).order_by(TABLE.c.id).limit(limit)
    return [{**row} for row in db.session.execute(query).mappings()]


def count_waiting() -> tuple[int, datetime | None]:
    """Return the number of pending corrections and the time of the oldest."""
    query = select(func.count(), func.min(TABLE.c.proposed_at)).where(_WAITS)
    row = db.session.execute(query).one()
    return int(row[0]), row[1]


def of_person(person_id: int) -> Sequence[Row]:
    """Return all corrections of a person, oldest first."""
    query = select(TABLE).where(TABLE.c.person_id == person_id).order_by(TABLE.c.id)
    return [{**row} for row in db.session.execute(query).mappings()]
