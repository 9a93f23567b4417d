"""Database access for publications, declaration years, the pilot and announcements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    Integer,
    and_,
    bindparam,
    cast,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from flexapp.agency.models import Announcement, DeclarationYear, PilotPlace, Publication
from flexapp.audit import service as audit
from flexapp.db.session import (
    db,
    execute,
    table_of,
    upsert,
)

_publication, _year = table_of(Publication), table_of(DeclarationYear)


@dataclass(frozen=True, slots=True)
class Row:
    """A publication as stored."""

    id: int
    title: str
    rows: str
    document: str
    number: str
    document_date: date
    effective_from: date
    in_force_from: date | None
    status: str
    proposed_by: int
    proposed_by_label: str
    proposed_at: datetime
    decided_by: int | None
    decided_by_label: str
    decided_at: datetime | None


_COLUMNS = [_publication.c[name] for name in Row.__slots__]
_IN_FORCE = (
    _publication.c.status == "confirmed",
    _publication.c.in_force_from <= bindparam("today"),
)
# Built once and on tables instead of ORM classes for speed: every page of 核定 runs it.
# One query returns both results; the row with year 0 has the number of publications in force.
_STANDING = select(_year.c.year, cast(_year.c.open, Integer)).union_all(
    select(literal(0), func.count(_publication.c.id)).where(*_IN_FORCE)
)
_ROWS_IN_FORCE = (
    select(_publication.c.rows)
    .where(*_IN_FORCE)
    .order_by(_publication.c.in_force_from, _publication.c.decided_at, _publication.c.id)
)


def standing(today: date) -> tuple[dict[int, bool], int]:
    """Return the years opened (True) or closed (False), and the number of publications in force."""
    rows = execute(_STANDING, {"today": today})
    found: dict[int, int] = {row[0]: row[1] for row in rows}
    number = found.pop(0)
    return {year: bool(is_open) for year, is_open in found.items()}, number


def rows_in_force(today: date) -> Sequence[str]:
    """Return the JSON rows of each publication in force, in the order of taking effect."""
    return list(db.session.execute(_ROWS_IN_FORCE, {"today": today}).scalars())


def rows_to_come(today: date) -> Sequence[tuple[date, str]]:
    """Return the first day and the JSON rows of each confirmed publication not yet in force."""
    query = (
        select(_publication.c.in_force_from, _publication.c.rows)
        .where(_publication.c.status == "confirmed", _publication.c.in_force_from > today)
        .order_by(_publication.c.in_force_from, _publication.c.decided_at, _publication.c.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(query)]


def confirmed_count() -> int:
    """Count all confirmed publications, in force or not."""
    query = select(func.count(Publication.id)).where(Publication.status == "confirmed")
    return int(db.session.execute(query).scalar_one())


def add(row: Mapping[str, object]) -> int:
    """Insert a publication and return its id."""
    number = int(
        db.session.execute(insert(Publication).returning(Publication.id), row).scalar_one()
    )
    audit.vouch_for_stored(_publication, number)
    return number


def by_id(publication_id: int) -> Row | None:
    """Return the publication with this id, or None."""
    query = select(*_COLUMNS).where(_publication.c.id == publication_id)
    row = db.session.execute(query).first()
    return None if row is None else Row(*row)


def newest(limit: int) -> Sequence[Row]:
    """Return at most `limit` publications, newest first."""
    query = select(*_COLUMNS).order_by(_publication.c.id.desc()).limit(limit)
    return [Row(*row) for row in db.session.execute(query)]


def decide(publication_id: int, **values: object) -> bool:
    """Update a proposal with a decision; False if it is already decided."""
    decided = db.session.execute(
        update(Publication)
        .where(Publication.id == publication_id, Publication.status == "proposed")
        .values(**values)
        .returning(Publication.id)
    ).first()
    if decided is not None:
        audit.vouch_for_stored(_publication, publication_id)
    return decided is not None


def set_year(year: int, *, is_open: bool) -> None:
    """Open or close a year."""
    db.session.execute(
        upsert(DeclarationYear)
        .values(year=year, open=is_open)
        .on_conflict_do_update(index_elements=["year"], set_={"open": is_open})
    )
    audit.vouch(_year, {"year": year, "open": is_open})


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """The stored setting of an area or a channel."""

    kind: str
    code: str
    open_from: date | None
    closed_since: date | None


_place = table_of(PilotPlace)
_PLACE = [_place.c[name] for name in PlaceRow.__slots__]
# Built once, on the table instead of the ORM class for speed: every form of 核定 and 登记 runs it.
_PLACES_OF = select(*_PLACE).where(
    or_(
        and_(_place.c.kind == "area", _place.c.code == bindparam("area")),
        and_(_place.c.kind == "channel", _place.c.code == bindparam("channel")),
    )
)


def pilot_places_of(area: str, channel: str) -> dict[str, PlaceRow]:
    """Return the settings of an area and of a channel, by kind; a missing key has no setting."""
    found = execute(_PLACES_OF, {"area": area, "channel": channel})
    return {row[0]: PlaceRow(*row) for row in found}


def pilot_places() -> dict[tuple[str, str], PlaceRow]:
    """Return all settings, by kind and code."""
    return {(row[0], row[1]): PlaceRow(*row) for row in db.session.execute(select(*_PLACE))}


def set_pilot_place(row: PlaceRow) -> None:
    """Insert or replace the setting of an area or a channel."""
    dates = {"open_from": row.open_from, "closed_since": row.closed_since}
    db.session.execute(
        upsert(PilotPlace)
        .values(kind=row.kind, code=row.code, **dates)
        .on_conflict_do_update(index_elements=["kind", "code"], set_=dates)
    )
    audit.vouch(_place, {"kind": row.kind, "code": row.code, **dates})


@dataclass(frozen=True, slots=True)
class AnnouncementRow:
    """An announcement as stored."""

    id: int
    text: str
    shown_from: date
    shown_to: date
    posted_by_label: str
    posted_at: datetime
    taken_down_at: datetime | None


_said = table_of(Announcement)
_ANNOUNCEMENT = [_said.c[name] for name in AnnouncementRow.__slots__]
# Built once for speed: every request to 首页 runs it.
_ANNOUNCED = (
    select(_said.c.text)
    .where(
        _said.c.shown_to >= bindparam("today"),
        _said.c.shown_from <= bindparam("today"),
        _said.c.taken_down_at.is_(None),
    )
    .order_by(_said.c.id.desc())
    .limit(bindparam("most"))
)


def announced(today: date, most: int) -> Sequence[str]:
    """Return at most `most` texts that are shown on a day, newest first."""
    return [row[0] for row in execute(_ANNOUNCED, {"today": today, "most": most})]


def announcements(most: int) -> Sequence[AnnouncementRow]:
    """Return at most `most` announcements, newest first."""
    query = select(*_ANNOUNCEMENT).order_by(_said.c.id.desc()).limit(most)
    return [AnnouncementRow(*row) for row in db.session.execute(query)]


def add_announcement(row: Mapping[str, object]) -> int:
    """Insert an announcement and return its id."""
    number = int(db.session.execute(insert(_said).returning(_said.c.id), row).scalar_one())
    audit.vouch_for_stored(_said, number)
    return number


def take_down(number: int, today: date, at: datetime) -> bool:
    """Take down an announcement; False if it is over or already taken down."""
    done = db.session.execute(
        update(_said)
        .where(_said.c.id == number, _said.c.shown_to >= today, _said.c.taken_down_at.is_(None))
        .values(taken_down_at=at)
        .returning(_said.c.id)
    ).first()
    if done is not None:
        audit.vouch_for_stored(_said, number)
    return done is not None
