"""Rows of any table that are past their time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Date, Table, delete, func, select, tuple_

from flexapp.db.session import db
from flexapp.web.clock import BEIJING


def number_over(table: str, column: str, until: datetime) -> int:
    """How many rows are that old."""
    found = db.metadata.tables[table]
    query = select(func.count()).select_from(found).where(_over(found, column, until))
    return int(db.session.execute(query).scalar_one())


def remove_over(table: str, column: str, until: datetime, limit: int) -> int:
    """Delete at most so many rows that are that old, and say how many it were."""
    found = db.metadata.tables[table]
    keys = tuple(found.primary_key.columns)
    key = keys[0] if len(keys) == 1 else tuple_(*keys)
    over = select(*keys).where(_over(found, column, until)).limit(limit)
    # Asked for with RETURNING: what a driver counts by itself differs from one to the other.
    gone = db.session.execute(delete(found).where(key.in_(over)).returning(*keys))
    return len(gone.all())


def _over(table: Table, column: str, until: datetime) -> ColumnElement[bool]:
    moment = table.c[column]
    if isinstance(moment.type, Date):
        return moment <= until.astimezone(BEIJING).date()
    return moment <= until
