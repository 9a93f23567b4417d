"""Queries for ratings. The account of a rating is read for that account only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, TextClause, func, select, update

from flexapp.db.session import (
    day_of,
    db,
    table_of,
    upsert,
)
from flexapp.encryption import BoundText, bound
from flexapp.rating.models import OPEN, Rating
from flexapp.rules.personal_numbers import hide

_rating = table_of(Rating)


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    """A rating without its account: the columns that every permitted reader may see."""

    id: int
    case_seq: int
    business: str
    channel: str
    division: str
    level: int
    sentence: str | None
    created_at: datetime
    handled_at: datetime | None
    answer: str | None


_COLUMNS = [_rating.c[name] for name in Row.__slots__]


def _row(columns: Sequence[Any]) -> Row:
    """Build a row; numbers are hidden in comments stored before numbers were hidden on entry."""
    row = Row(*columns)
    return row if row.sentence is None else replace(row, sentence=hide(row.sentence))


def add(row: Mapping[str, object]) -> bool:
    """Add a rating; False if the case has one already."""
    statement = (
        upsert(Rating).values(bound(_rating, row)).on_conflict_do_nothing().returning(_rating.c.id)
    )
    return db.session.execute(statement).first() is not None


def of_case(case_seq: int) -> tuple[Row, int | None] | None:
    """Return (rating, account id) of a case.

    The id is None after the account was closed; the result is None without a rating.
    """
    query = select(*_COLUMNS, _rating.c.account_id).where(_rating.c.case_seq == case_seq)
    row = db.session.execute(query).first()
    return None if row is None else (_row(row[:-1]), row[-1])


def of_account(account_id: int, before: int | None, limit: int) -> Sequence[Row]:
    """Return the ratings of an account, newest first."""
    query = select(*_COLUMNS).where(_rating.c.account_id == account_id)
    if before is not None:
        query = query.where(_rating.c.id < before)
    return [
        _row(row) for row in db.session.execute(query.order_by(_rating.c.id.desc()).limit(limit))
    ]


def forget_account(account_id: int) -> None:
    """Detach the ratings of an account from it."""
    db.session.execute(
        update(_rating).where(_rating.c.account_id == account_id).values(account_id=None)
    )


def one(number: int) -> Row | None:
    """Return the rating with this id; None if unknown."""
    row = db.session.execute(select(*_COLUMNS).where(_rating.c.id == number)).first()
    return None if row is None else _row(row)


def counts(
    since: datetime, until: datetime, area: str, channel: str
) -> Sequence[tuple[str, str, str, str, int, int]]:
    """Return (month, business, channel, division, level, count) for `since` <= time < `until`."""
    month = func.substr(day_of(_rating.c.created_at), 1, 7)
    groups = (month, *(_rating.c[n] for n in ("business", "channel", "division", "level")))
    query = (
        select(*groups, func.count())
        .where(*_between(since, until), *_cut(area, channel))
        .group_by(*groups)
    )
    return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in db.session.execute(query)]


def open_bad(area: str, channel: str, limit: int) -> tuple[Sequence[Row], int]:
    """Return bad ratings not handled yet, longest waiting first, and their total number."""
    wanted: tuple[ColumnElement[bool] | TextClause, ...] = (OPEN, *_cut(area, channel))
    found = select(*_COLUMNS).where(*wanted).order_by(_rating.c.id).limit(limit)
    number = db.session.execute(select(func.count()).select_from(_rating).where(*wanted))
    return [_row(row) for row in db.session.execute(found)], int(number.scalar_one())


def newest(
    since: datetime, until: datetime, area: str, channel: str, before: int | None, limit: int
) -> Sequence[Row]:
    """Return ratings with a comment for `since` <= time < `until`, newest first."""
    query = select(*_COLUMNS).where(
        *_between(since, until), *_cut(area, channel), _rating.c.sentence.is_not(None)
    )
    if before is not None:
        query = query.where(_rating.c.id < before)
    return [
        _row(row) for row in db.session.execute(query.order_by(_rating.c.id.desc()).limit(limit))
    ]


def handle(number: int, *, case_seq: int, staff_id: int, answer: str, at: datetime) -> bool:
    """Store the answer to a rating; False if it is handled already."""
    done = db.session.execute(
        update(_rating)
        .where(_rating.c.id == number, _rating.c.handled_at.is_(None))
        .values(handled_at=at, handled_by=staff_id, answer=BoundText(answer, case_seq))
        .returning(_rating.c.id)
    ).first()
    return done is not None


def _between(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return _rating.c.created_at >= since, _rating.c.created_at < until


def _cut(area: str, channel: str) -> tuple[ColumnElement[bool], ...]:
    """Return conditions for the division and the channel; an empty value does not filter."""
    wanted = (("division", area), ("channel", channel))
    return tuple(_rating.c[name] == value for name, value in wanted if value)
