"""Queries and statements for assessments, their reserved months, serial counters and proxy
cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from flexapp.assessment.models import AssessedMonth, Assessment, ProxyCase, SerialCounter
from flexapp.audit import service as audit
from flexapp.db.session import (
    ByEngine,
    db,
    execute,
    next_numbers,
    table_of,
)

TABLE = table_of(Assessment)
NAMES = tuple(TABLE.c.keys())
_month, _counter = table_of(AssessedMonth), table_of(SerialCounter)

# Statements built once, on tables instead of mapped classes, because every page of 核定 runs them.
_OF_PERSON = (
    select(TABLE)
    .where(TABLE.c.person_id == bindparam("person_id"))
    .order_by(TABLE.c.id.desc())
    .limit(bindparam("most"))
)
_HELD = (
    select(_month.c.month, TABLE.c.serial, TABLE.c.state, TABLE.c.made_by, TABLE.c.disputed_at)
    .join_from(_month, TABLE, TABLE.c.id == _month.c.assessment_id)
    .where(
        _month.c.person_id == bindparam("person_id"),
        _month.c.month.between(bindparam("first"), bindparam("last")),
    )
    .order_by(_month.c.month)
)
_ADD = TABLE.insert().returning(TABLE.c.id)
_ADD_MONTHS = ByEngine(
    _month,
    lambda insert: insert.on_conflict_do_nothing().execution_options(preserve_rowcount=True),
)
_TAKE_NUMBERS = ByEngine(
    _counter,
    lambda insert: insert.on_conflict_do_update(
        index_elements=[_counter.c.division, _counter.c.day],
        set_={"last": _counter.c.last + insert.excluded.last},
    ).returning(_counter.c.last),
)


def by_serial(serial: str) -> Mapping[str, object] | None:
    """Return the assessment with this serial, or None."""
    row = db.session.execute(select(TABLE).where(Assessment.serial == serial)).mappings().first()
    return None if row is None else {**row}


def of_person(
    person_id: int, *, before: int | None, limit: int, made_by: int | None = None
) -> Sequence[Mapping[str, object]]:
    """Return a person's assessments, newest first.

    `before`: only ids below it, for paging. `made_by`: only those this account created.
    """
    query, values = _OF_PERSON, {"person_id": person_id, "most": limit}
    if made_by is not None:
        query = query.where(TABLE.c.made_by == made_by)
    if before is not None:
        query = query.where(TABLE.c.id < before)
    return [dict(zip(NAMES, row, strict=True)) for row in execute(query, values)]


def of_person_or_by_account(
    account_id: int, person_id: int | None, states: Sequence[str]
) -> Sequence[Mapping[str, object]]:
    """Return what is of a person or created by an account, in these states, newest first."""
    mine = TABLE.c.made_by == account_id
    if person_id is not None:
        mine = or_(mine, TABLE.c.person_id == person_id)
    query = select(TABLE).where(mine, TABLE.c.state.in_(states)).order_by(TABLE.c.id.desc())
    return [{**row} for row in db.session.execute(query).mappings()]


def by_account(account_id: int, person_id: int | None) -> Sequence[Mapping[str, object]]:
    """Return what an account created for people other than this one, newest first."""
    query = select(TABLE).where(TABLE.c.made_by == account_id)
    if person_id is not None:
        query = query.where(TABLE.c.person_id != person_id)
    found = db.session.execute(query.order_by(TABLE.c.id.desc())).mappings()
    return [{**row} for row in found]


def forget_cases(account_id: int) -> None:
    """Delete the proxy cases that an account opened."""
    db.session.execute(delete(ProxyCase).where(ProxyCase.account_id == account_id))


def reserved_months(
    person_id: int, first: str, last: str
) -> Sequence[tuple[str, str, str, int | None, datetime | None]]:
    """Return the reserved months of a person between two months "YYYY-MM", both included.

    Each is (month, serial, state, account that created it, when it was disputed).
    """
    rows = execute(_HELD, {"person_id": person_id, "first": first, "last": last})
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


def add(row: Mapping[str, object], months: Sequence[str]) -> bool:
    """Insert an assessment with its months. Return False, with nothing inserted, on a taken month.

    On PostgreSQL another transaction may commit between the caller's check and this insert, so the
    primary key of the months decides. ON CONFLICT DO NOTHING is used instead of an error because it
    keeps the caller's transaction usable.
    """
    assessment_id = execute(_ADD, row).scalar_one()
    if not months:
        audit.vouch(TABLE, {**row, "id": assessment_id})
        return True
    wanted = [
        {"person_id": row["person_id"], "month": month, "assessment_id": assessment_id}
        for month in months
    ]
    if execute(_ADD_MONTHS(), wanted).rowcount == len(wanted):
        audit.vouch(TABLE, {**row, "id": assessment_id})
        return True
    free_months(assessment_id)
    db.session.execute(delete(TABLE).where(TABLE.c.id == assessment_id))
    return False


def add_all(rows: Sequence[dict[str, object]], months: Sequence[Sequence[str]]) -> None:
    """Insert many assessments, each with the months that it reserves, which must all be free."""
    numbers = next_numbers(TABLE, len(rows))
    held = []
    for number, row, these in zip(numbers, rows, months, strict=True):
        row["id"], person = number, row["person_id"]
        held += [{"person_id": person, "month": m, "assessment_id": number} for m in these]
    db.session.execute(TABLE.insert(), rows)
    for row in rows:
        audit.vouch(TABLE, row)
    if held:
        db.session.execute(_month.insert(), held)


def free_months(assessment_id: int) -> None:
    """Free the months of a revoked assessment."""
    db.session.execute(delete(AssessedMonth).where(AssessedMonth.assessment_id == assessment_id))


def set_state(
    assessment_id: int, *, old: str, new: str, at: datetime, claimed: bool, undisputed: bool = False
) -> Mapping[str, object] | None:
    """Update the state of an assessment if nothing else has moved or claimed it meanwhile.

    `undisputed`: also only if no case is open about it. Return the updated row, or None if it was
    not updated.
    """
    statement = (
        update(TABLE)
        .where(TABLE.c.id == assessment_id, TABLE.c.state == old, TABLE.c.claimed.is_(claimed))
        .values(state=new, state_at=at, claimed=False, held_up="")
        .returning(TABLE)
    )
    if undisputed:
        statement = statement.where(TABLE.c.disputed_at.is_(None))
    row = db.session.execute(statement).mappings().first()
    if row is None:
        return None
    found = {**row}
    audit.vouch(TABLE, found)
    return found


def in_states(states: Sequence[str], *, after: int, limit: int) -> Sequence[Mapping[str, object]]:
    """Return assessments in one of these states with an id above `after`, oldest first."""
    query = (
        select(TABLE)
        .where(Assessment.state.in_(states), Assessment.id > after)
        .order_by(Assessment.id)
        .limit(limit)
    )
    return [{**row} for row in db.session.execute(query).mappings()]


def claim(serial: str) -> bool:
    """Mark a queued assessment as claimed for delivery.

    Return False if it is no longer queued, or if an open case holds it back and it was never
    claimed.
    """
    taken = db.session.execute(
        update(Assessment)
        .where(
            Assessment.serial == serial,
            Assessment.state == "queued",
            or_(Assessment.claimed, Assessment.disputed_at.is_(None)),
        )
        .values(claimed=True)
        .returning(Assessment.id)
    ).first()
    return taken is not None


def held_back(serial: ColumnElement[str]) -> ColumnElement[bool]:
    """Build a condition: the assessment is queued, was never sent, and an open case holds it back.

    Other slices use it in queries of their own tables.
    """
    return exists().where(
        TABLE.c.serial == serial,
        TABLE.c.state == "queued",
        TABLE.c.claimed.is_(False),
        TABLE.c.disputed_at.is_not(None),
    )


def by_id(assessment_id: int) -> Mapping[str, object]:
    """Return an assessment that exists."""
    return {**db.session.execute(select(TABLE).where(TABLE.c.id == assessment_id)).mappings().one()}


def set_disputed(assessment_id: int, at: datetime | None) -> Mapping[str, object]:
    """Set when the open case about an assessment was opened; None if no case is open.

    Return the updated row, because a worker may have claimed the assessment meanwhile.
    """
    statement = update(TABLE).where(TABLE.c.id == assessment_id).values(disputed_at=at)
    row = {**db.session.execute(statement.returning(TABLE)).mappings().one()}
    audit.vouch(TABLE, row)
    return row


def hold_up(serial: str, why: str) -> None:
    """Set why a queued assessment is not being sent; "" if nothing keeps it."""
    db.session.execute(
        update(Assessment)
        .where(Assessment.serial == serial, Assessment.state == "queued")
        .values(held_up=why)
    )


def hold_up_all(*, old: str, new: str) -> None:
    """Change the reason `old` to `new` for every queued assessment."""
    db.session.execute(
        update(Assessment)
        .where(Assessment.state == "queued", Assessment.held_up == old)
        .values(held_up=new)
    )


def release(serial: str) -> None:
    """Undo `claim`."""
    db.session.execute(
        update(Assessment)
        .where(Assessment.serial == serial, Assessment.state == "queued")
        .values(claimed=False)
    )


def raise_number(division: str, day: date, least: int) -> None:
    """Ensure that the next serial number of a division on a day is above `least`."""
    next_number(division, day)
    db.session.execute(
        update(SerialCounter)
        .where(
            SerialCounter.division == division,
            SerialCounter.day == day,
            SerialCounter.last < least,
        )
        .values(last=least)
    )


def next_number(division: str, day: date) -> int:
    """Take the next serial number of a division on a day."""
    return take_numbers(division, day, 1)


def take_numbers(division: str, day: date, count: int) -> int:
    """Take the next `count` serial numbers of a division on a day, and return the last one.

    Each division has a row of its own, so that divisions do not wait for each other's lock.
    """
    row = {"division": division, "day": day, "last": count}
    return int(execute(_TAKE_NUMBERS(), row).scalar_one())


def proxy_case(token: str, account_id: int) -> ProxyCase | None:
    """Return the case with this token if it belongs to this account."""
    row = db.session.get(ProxyCase, token)
    return row if row is not None and row.account_id == account_id else None


def proxy_case_for(account_id: int, person_id: int) -> ProxyCase | None:
    """Return this account's case for this person, or None."""
    return db.session.execute(
        select(ProxyCase).where(
            ProxyCase.account_id == account_id, ProxyCase.person_id == person_id
        )
    ).scalar_one_or_none()


def add_proxy_case(row: ProxyCase) -> None:
    """Insert a proxy case."""
    db.session.add(row)
    db.session.flush()


def count_under(unit_id: int, states: Sequence[str]) -> int:
    """Count the assessments in these states under a unit."""
    query = select(func.count()).where(Assessment.unit_id == unit_id, Assessment.state.in_(states))
    return int(db.session.execute(query).scalar_one())


def under(
    unit_id: int, states: Sequence[str], *, after: int, limit: int
) -> Sequence[tuple[int, str, int, str]]:
    """Return (id, serial, person id, kind) of assessments in these states under a unit.

    Only ids above `after`, oldest first, at most `limit`.
    """
    query = (
        select(Assessment.id, Assessment.serial, Assessment.person_id, Assessment.kind)
        .where(Assessment.unit_id == unit_id, Assessment.state.in_(states), Assessment.id > after)
        .order_by(Assessment.id)
        .limit(limit)
    )
    return [(row[0], row[1], row[2], row[3]) for row in db.session.execute(query)]


def move_to_unit(assessment_ids: Sequence[int], unit_id: int) -> None:
    """Assign assessments to another unit."""
    statement = update(TABLE).where(TABLE.c.id.in_(assessment_ids)).values(unit_id=unit_id)
    for row in db.session.execute(statement.returning(TABLE)).mappings():
        audit.vouch(TABLE, {**row})


_ITS_MONTHS = and_(
    _month.c.assessment_id == TABLE.c.id,
    _month.c.person_id == TABLE.c.person_id,
    _month.c.month.between(TABLE.c.start_month, TABLE.c.end_month),
)


def not_holding_their_months() -> Sequence[str]:
    """Return the serials of assessments whose reserved months do not match their state.

    An active assessment reserves each of its months, a revoked one reserves none.
    """
    wanted = case((TABLE.c.state == "revoked", 0), else_=TABLE.c.months)
    query = (
        select(TABLE.c.serial)
        .outerjoin_from(TABLE, _month, _ITS_MONTHS)
        .group_by(TABLE.c.id, TABLE.c.serial, TABLE.c.state, TABLE.c.months)
        .having(func.count(_month.c.month) != wanted)
        .order_by(TABLE.c.id)
    )
    return list(db.session.execute(query).scalars())


def months_without_assessment() -> Sequence[tuple[int, str]]:
    """Return (person id, month) of reserved months that no assessment of that person covers."""
    query = (
        select(_month.c.person_id, _month.c.month)
        .outerjoin_from(_month, TABLE, _ITS_MONTHS)
        .where(TABLE.c.id.is_(None))
        .order_by(_month.c.person_id, _month.c.month)
    )
    return [(row[0], row[1]) for row in db.session.execute(query)]
