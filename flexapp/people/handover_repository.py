"""Rows of cases that are finished elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update

from flexapp.db.session import db, table_of
from flexapp.encryption import bound
from flexapp.people.models import HandOver

SWEPT = 200
"""At most so many expired rows are deleted beside the giving of a code."""

_kept = table_of(HandOver)


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    """A case as stored, its content readable."""

    id: int
    action: str
    place: str
    content: str


_COLUMNS = [_kept.c[name] for name in Row.__slots__]


def add(row: Mapping[str, object]) -> int:
    """Add one and give its number."""
    return int(
        db.session.execute(insert(_kept).returning(_kept.c.id), bound(_kept, row)).scalar_one()
    )


def in_use(code_digest: str) -> bool:
    """Whether a code is given already, live or not."""
    query = select(_kept.c.id).where(_kept.c.code_digest == code_digest)
    return db.session.execute(query).first() is not None


def open_case(code_digest: str, person_id: int, place: str, at: datetime) -> Row | None:
    """The case of a code, if it is this person's, for this place, not taken and not over."""
    query = select(*_COLUMNS).where(
        _kept.c.code_digest == code_digest,
        _kept.c.person_id == person_id,
        _kept.c.place == place,
        _kept.c.taken_by.is_(None),
        _kept.c.expires_at > at,
    )
    row = db.session.execute(query).first()
    return None if row is None else Row(*row)


def waiting(person_id: int, place: str, at: datetime) -> Sequence[Row]:
    """A person's cases that nobody has taken over, newest first."""
    query = (
        select(*_COLUMNS)
        .where(
            _kept.c.person_id == person_id,
            _kept.c.place == place,
            _kept.c.taken_by.is_(None),
            _kept.c.expires_at > at,
        )
        .order_by(_kept.c.id.desc())
    )
    return [Row(*row) for row in db.session.execute(query)]


def all_waiting(person_id: int, at: datetime) -> Sequence[tuple[datetime, Row]]:
    """All of a person's cases that are not over, taken or not, with their end, newest first."""
    query = (
        select(_kept.c.expires_at, *_COLUMNS)
        .where(_kept.c.person_id == person_id, _kept.c.expires_at > at)
        .order_by(_kept.c.id.desc())
    )
    return [(row[0], Row(*row[1:])) for row in db.session.execute(query)]


def take(number: int, taken_by: str) -> bool:
    """Take a case over; False where somebody has."""
    done = db.session.execute(
        update(_kept)
        .where(_kept.c.id == number, _kept.c.taken_by.is_(None))
        .values(taken_by=taken_by)
        .returning(_kept.c.id)
    ).first()
    return done is not None


def taken_case(number: int, person_id: int, action: str, taken_by: str, at: datetime) -> Row | None:
    """A case that is this taker's."""
    query = select(*_COLUMNS).where(
        _kept.c.id == number,
        _kept.c.person_id == person_id,
        _kept.c.action == action,
        _kept.c.taken_by == taken_by,
        _kept.c.expires_at > at,
    )
    row = db.session.execute(query).first()
    return None if row is None else Row(*row)


def remove(number: int, person_id: int) -> bool:
    """Delete one of a person's; False where there is none."""
    done = db.session.execute(
        delete(_kept)
        .where(_kept.c.id == number, _kept.c.person_id == person_id)
        .returning(_kept.c.id)
    ).first()
    return done is not None


def drop(person_id: int, action: str) -> None:
    """Delete what is kept of a person for one thing."""
    db.session.execute(
        delete(_kept).where(_kept.c.person_id == person_id, _kept.c.action == action)
    )


def drop_pending(person_id: int, taken_by: str) -> None:
    """Delete a person's cases but those that somebody else has taken over."""
    pending = or_(_kept.c.taken_by.is_(None), _kept.c.taken_by == taken_by)
    db.session.execute(delete(_kept).where(_kept.c.person_id == person_id, pending))


def sweep(at: datetime) -> None:
    """Delete some that are over."""
    over = select(_kept.c.id).where(_kept.c.expires_at <= at).limit(SWEPT)
    db.session.execute(delete(_kept).where(_kept.c.id.in_(over)))
