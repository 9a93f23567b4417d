"""Database access for handed-over cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, or_, select, update

from flexapp.db.session import db, execute, table_of
from flexapp.encryption import bound
from flexapp.people.models import HandOver

SWEPT = 200
"""Maximum number of expired rows that issuing one code deletes."""

_kept = table_of(HandOver)


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    """A case as stored, its content decrypted."""

    id: int
    action: str
    place: str
    content: str


# Built once, because every 核定 and 登记 runs it.
_DROP = delete(_kept).where(
    _kept.c.person_id == bindparam("person_id"), _kept.c.action == bindparam("action")
)
_COLUMNS = [_kept.c[name] for name in Row.__slots__]


def add(row: Mapping[str, object]) -> int:
    """Insert a case and return its id."""
    return int(
        db.session.execute(insert(_kept).returning(_kept.c.id), bound(_kept, row)).scalar_one()
    )


def in_use(code_digest: str) -> bool:
    """Whether a stored case has this code, expired or not."""
    query = select(_kept.c.id).where(_kept.c.code_digest == code_digest)
    return db.session.execute(query).first() is not None


def open_case(code_digest: str, person_id: int, place: str, at: datetime) -> Row | None:
    """Return the case of a code for this person and place, unless taken over or expired."""
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
    """Return a person's unexpired cases for a place that nobody has taken over, newest first."""
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
    """Return all unexpired cases of a person with their expiry time, newest first."""
    query = (
        select(_kept.c.expires_at, *_COLUMNS)
        .where(_kept.c.person_id == person_id, _kept.c.expires_at > at)
        .order_by(_kept.c.id.desc())
    )
    return [(row[0], Row(*row[1:])) for row in db.session.execute(query)]


def take(number: int, taken_by: str) -> bool:
    """Take over a case; False if somebody already has."""
    done = db.session.execute(
        update(_kept)
        .where(_kept.c.id == number, _kept.c.taken_by.is_(None))
        .values(taken_by=taken_by)
        .returning(_kept.c.id)
    ).first()
    return done is not None


def taken_case(number: int, person_id: int, action: str, taken_by: str, at: datetime) -> Row | None:
    """Return an unexpired case that `taken_by` has taken over, or None."""
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
    """Delete a case of a person; False if there is none."""
    done = db.session.execute(
        delete(_kept)
        .where(_kept.c.id == number, _kept.c.person_id == person_id)
        .returning(_kept.c.id)
    ).first()
    return done is not None


def drop(person_id: int, action: str) -> None:
    """Delete a person's cases for an action."""
    execute(_DROP, {"person_id": person_id, "action": action})


def drop_pending(person_id: int, taken_by: str) -> None:
    """Delete a person's cases, except those taken over by somebody other than `taken_by`."""
    pending = or_(_kept.c.taken_by.is_(None), _kept.c.taken_by == taken_by)
    db.session.execute(delete(_kept).where(_kept.c.person_id == person_id, pending))


def sweep(at: datetime) -> None:
    """Delete at most `SWEPT` expired cases."""
    over = select(_kept.c.id).where(_kept.c.expires_at <= at).limit(SWEPT)
    db.session.execute(delete(_kept).where(_kept.c.id.in_(over)))
