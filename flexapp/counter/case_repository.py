"""Queries and statements for clerks' cases."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from flexapp.counter.case_models import CounterCase
from flexapp.db.session import db, upsert


def case(token: str, staff_id: int) -> tuple[int, datetime] | None:
    """Return (person id, when opened) of a case of this clerk, or None."""
    row = db.session.execute(
        select(CounterCase.person_id, CounterCase.opened_at).where(
            CounterCase.token == token, CounterCase.staff_id == staff_id
        )
    ).first()
    return None if row is None else (row[0], row[1])


def open_case(*, token: str, staff_id: int, person_id: int, at: datetime) -> None:
    """Insert a case. It replaces the clerk's earlier case for the same person, token included."""
    row = {"token": token, "staff_id": staff_id, "person_id": person_id, "opened_at": at}
    db.session.execute(
        upsert(CounterCase)
        .values(row)
        .on_conflict_do_update(
            index_elements=["staff_id", "person_id"], set_={"token": token, "opened_at": at}
        )
    )
