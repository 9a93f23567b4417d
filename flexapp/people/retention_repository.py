"""Database access for expired rows of any table."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Date, Table, delete, func, select, tuple_

from flexapp.db.session import db
from flexapp.web.clock import BEIJING


def number_over(table: str, column: str, until: datetime) -> int:
    """Count the rows whose `column` is at or before `until`."""
    found = db.metadata.tables[table]
    query = select(func.count()).select_from(found).where(_over(found, column, until))
    return int(db.session.execute(query).scalar_one())


def remove_over(table: str, column: str, until: datetime, limit: int) -> int:
    """Delete at most `limit` rows whose `column` is at or before `until`; return the number."""
    found = db.metadata.tables[table]
    keys = tuple(found.primary_key.columns)
    key = keys[0] if len(keys) == 1 else tuple_(*keys)
    over = select(*keys).where(_over(found, column, until)).limit(limit)
    # Counted with RETURNING, because drivers differ in the row count they report.
    gone = db.session.execute(delete(found).where(key.in_(over)).returning(*keys))
    return len(gone.all())


def _over(table: Table, column: str, until: datetime) -> ColumnElement[bool]:
    moment = table.c[column]
    if isinstance(moment.type, Date):
        return moment <= until.astimezone(BEIJING).date()
    return moment <= until
