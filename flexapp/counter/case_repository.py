"""Queries and statements for clerks' cases."""

from __future__ import annotations

from datetime import datetime
from functools import reduce

from sqlalchemy import bindparam, select

from flexapp.counter.case_models import CounterCase
from flexapp.db.session import db, execute, table_of, upsert, write_intent
from flexapp.people.service import PERSON, PERSON_ID, hand_on
from flexapp.registration.service import WITH_PERSON

_case = table_of(CounterCase)
_IS_CASE = (_case.c.token == bindparam("token"), _case.c.staff_id == bindparam("staff_id"))
_CASE = select(_case.c.person_id, _case.c.opened_at).where(*_IS_CASE)
_JOINED = (PERSON, WITH_PERSON)
# Built once, because every page about a person at a counter runs it.
_WITH_PERSON = reduce(
    lambda statement, joined: joined.onto(statement),
    _JOINED,
    select(_case.c.person_id, _case.c.opened_at)
    .join(PERSON_ID.table, _case.c.person_id == PERSON_ID)
    .where(*_IS_CASE),
)


def case(token: str, staff_id: int) -> tuple[int, datetime] | None:
    """Return (person id, when opened) of a case of this clerk, or None.

    A page reads the person and the registration in the same statement.
    """
    writes = write_intent.get()
    row = execute(_CASE if writes else _WITH_PERSON, {"token": token, "staff_id": staff_id}).first()
    if row is None:
        return None
    if not writes:
        hand_on(_JOINED, row[0], row[2:])
    return row[0], row[1]


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
