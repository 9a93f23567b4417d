"""Database access for publications, declaration years, the pilot and announcements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    bindparam,
    func,
    insert,
    select,
    update,
)

from flexapp.agency.models import Announcement, DeclarationYear, PilotPlace, Publication
from flexapp.audit import service as audit
from flexapp.db.reference import forget_revision
from flexapp.db.session import (
    db,
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
_ROWS_IN_FORCE = (
    select(_publication.c.rows)
    .where(*_IN_FORCE)
    .order_by(_publication.c.in_force_from, _publication.c.decided_at, _publication.c.id)
)


def years() -> dict[int, bool]:
    """Return the years that were opened (True) or closed (False)."""
    return {row[0]: row[1] for row in db.session.execute(select(_year.c.year, _year.c.open))}


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
    forget_revision()
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
        forget_revision()
    return decided is not None


def set_year(year: int, *, is_open: bool) -> None:
    """Open or close a year."""
    db.session.execute(
        upsert(DeclarationYear)
        .values(year=year, open=is_open)
        .on_conflict_do_update(index_elements=["year"], set_={"open": is_open})
    )
    audit.vouch(_year, {"year": year, "open": is_open})
    forget_revision()


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """The stored setting of an area or a channel."""

    kind: str
    code: str
    open_from: date | None
    closed_since: date | None


_place = table_of(PilotPlace)
_PLACE = [_place.c[name] for name in PlaceRow.__slots__]


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
    forget_revision()


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
    return [row[0] for row in db.session.execute(_ANNOUNCED, {"today": today, "most": most})]


def announcements(most: int) -> Sequence[AnnouncementRow]:
    """Return at most `most` announcements, newest first."""
    query = select(*_ANNOUNCEMENT).order_by(_said.c.id.desc()).limit(most)
    return [AnnouncementRow(*row) for row in db.session.execute(query)]


def add_announcement(row: Mapping[str, object]) -> int:
    """Insert an announcement and return its id."""
    number = int(db.session.execute(insert(_said).returning(_said.c.id), row).scalar_one())
    audit.vouch_for_stored(_said, number)
    forget_revision()
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
        forget_revision()
    return done is not None
