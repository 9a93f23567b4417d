"""Counts of what is tried."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import case, literal, select

from flexapp.extensions import db, table_of, upsert
from flexapp.people.models import TryCount

_count = table_of(TryCount)


def tried(key: str, since: datetime) -> int:
    """The count of a key that began after `since`; 0 for none."""
    query = select(_count.c.number).where(_count.c.key == key, _count.c.since > since)
    return db.session.execute(query).scalar_one_or_none() or 0


def note(key: str, at: datetime, since: datetime) -> int:
    """Count once more; a count that began before `since` begins anew."""
    old = _count.c.since <= since
    noted = db.session.execute(
        upsert(TryCount)
        .values(key=key, since=at, number=1)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={
                "since": case((old, literal(at, _count.c.since.type)), else_=_count.c.since),
                "number": case((old, 1), else_=_count.c.number + 1),
            },
        )
        .returning(_count.c.number)
    )
    return int(noted.scalar_one())
