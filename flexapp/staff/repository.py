"""Database access for staff accounts and their sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, bindparam, delete, insert, inspect, select, type_coerce, update

from flexapp.audit import service as audit
from flexapp.db.reference import REVISION, note_revision
from flexapp.db.session import (
    db,
    execute,
    next_numbers,
    table_of,
)
from flexapp.encryption import BoundText, bound
from flexapp.staff.models import (
    Staff,
    StaffDivision,
    StaffSession,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A staff account as stored."""

    id: int
    user_name: str
    name: str
    role: str
    password_hash: str
    must_change: bool
    secret: str | None
    last_step: int
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as stored."""

    token_digest: str
    staff_id: int
    passed: str
    started_at: datetime
    seen_at: datetime
    new_secret: str | None


_staff, _session = table_of(Staff), table_of(StaffSession)
_places = table_of(StaffDivision)
_STAFF = [getattr(Staff, name) for name in Row.__slots__]
_SESSION = [getattr(StaffSession, name) for name in SessionRow.__slots__]


def by_user_name(user_name: str) -> Row | None:
    """Return the account with this user name, or None."""
    row = db.session.execute(select(*_STAFF).where(Staff.user_name == user_name)).first()
    return None if row is None else Row(*row)


def password_of(user_name: str) -> str:
    """Return the password hash of a user name; "" if there is no such account."""
    query = select(Staff.password_hash).where(Staff.user_name == user_name)
    return db.session.execute(query).scalar() or ""


def by_id(staff_id: int) -> Row | None:
    """Return the account with this id, or None."""
    row = db.session.execute(select(*_STAFF).where(Staff.id == staff_id)).first()
    return None if row is None else Row(*row)


def table_exists() -> bool:
    """Whether the staff table exists; older schemas do not have it."""
    return inspect(db.session.connection()).has_table(_staff.name)


def stored_secret(user_name: str) -> tuple[int, str] | None:
    """Return the id and the encrypted TOTP secret of a user name, or None.

    Reads only columns that every version of the table has, so that it works before an upgrade of
    the schema.
    """
    query = select(_staff.c.id, type_coerce(_staff.c.secret, Text)).where(
        _staff.c.user_name == user_name, _staff.c.secret.is_not(None)
    )
    row = db.session.execute(query).first()
    return None if row is None else (row[0], row[1])


def anybody() -> bool:
    """Whether any staff account exists; reads no encrypted column."""
    return db.session.execute(select(Staff.id).limit(1)).first() is not None


def everybody() -> Sequence[Row]:
    """Return all accounts, ordered by user name."""
    return [Row(*row) for row in db.session.execute(select(*_STAFF).order_by(Staff.user_name))]


def divisions_of(staff_id: int) -> Sequence[str]:
    """Return the sorted codes of the divisions that a clerk works for."""
    query = select(StaffDivision.division).where(StaffDivision.staff_id == staff_id)
    return sorted(db.session.execute(query).scalars())


def add(row: Mapping[str, object], divisions: Sequence[str]) -> int:
    """Insert an account with its divisions and return its id."""
    (staff_id,) = next_numbers(_staff, 1)
    db.session.execute(insert(_staff), bound(_staff, {**row, "id": staff_id}))
    audit.vouch(_staff, {**row, "id": staff_id})
    places = [{"staff_id": staff_id, "division": division} for division in divisions]
    if places:
        db.session.execute(insert(_places), places)
    for place in places:
        audit.vouch(_places, place)
    return staff_id


def change(staff_id: int, **values: object) -> None:
    """Update columns of an account.

    A change of role, password or state is included in the next audit event.
    """
    for name in ("name", "secret"):
        if isinstance(value := values.get(name), str):
            values[name] = BoundText(value, staff_id)
    db.session.execute(update(Staff).where(Staff.id == staff_id).values(**values))
    if values.keys() & {"role", "password_hash", "must_change", "disabled_at"}:
        audit.vouch_for_stored(_staff, staff_id)


def take_step(staff_id: int, step: int) -> bool:
    """Record the time step of a code; False if this step or a later one was already used."""
    taken = db.session.execute(
        update(Staff)
        .where(Staff.id == staff_id, Staff.last_step < step)
        .values(last_step=step)
        .returning(Staff.id)
    ).first()
    return taken is not None


def session(token_digest: str) -> SessionRow | None:
    """Return the session with this token digest, or None."""
    query = select(*_SESSION).where(StaffSession.token_digest == token_digest)
    row = db.session.execute(query).first()
    return None if row is None else SessionRow(*row)


# Built once, because every page of staff runs it. One row for each division of the account.
_WITH_ACCOUNT = (
    select(
        *(_session.c[name] for name in SessionRow.__slots__),
        *(_staff.c[name] for name in Row.__slots__),
        _places.c.division,
        REVISION,
    )
    .join_from(_session, _staff, _staff.c.id == _session.c.staff_id)
    .outerjoin(_places, _places.c.staff_id == _staff.c.id)
    .where(_session.c.token_digest == bindparam("token_digest"))
    .order_by(_places.c.division)
)
_ROW_STARTS = len(SessionRow.__slots__)


def session_with_account(token_digest: str) -> tuple[SessionRow, Row, tuple[str, ...]] | None:
    """Return the session with this token digest, its account and the account's divisions."""
    rows = execute(_WITH_ACCOUNT, {"token_digest": token_digest}).all()
    if not rows:
        return None
    note_revision(rows[0][-1])
    return (
        SessionRow(*rows[0][:_ROW_STARTS]),
        Row(*rows[0][_ROW_STARTS:-2]),
        tuple(row[-2] for row in rows if row[-2] is not None),
    )


def add_session(row: Mapping[str, object]) -> None:
    """Insert a session."""
    db.session.execute(insert(_session), [bound(_session, row)])


def change_session(token_digest: str, **values: object) -> None:
    """Update columns of a session."""
    if isinstance(secret := values.get("new_secret"), str):
        values["new_secret"] = BoundText(secret, token_digest)
    db.session.execute(
        update(StaffSession).where(StaffSession.token_digest == token_digest).values(**values)
    )


def complete_session(token_digest: str, *, new_digest: str, at: datetime) -> None:
    """Mark a session as complete after the second factor, and replace its token."""
    db.session.execute(
        update(StaffSession)
        .where(StaffSession.token_digest == token_digest)
        .values(token_digest=new_digest, passed="code", started_at=at, seen_at=at, new_secret=None)
    )


def end_session(token_digest: str) -> None:
    """Delete a session."""
    db.session.execute(delete(StaffSession).where(StaffSession.token_digest == token_digest))


def end_sessions_of(staff_id: int) -> None:
    """Delete all sessions of an account."""
    db.session.execute(delete(StaffSession).where(StaffSession.staff_id == staff_id))


def end_sessions_before(started: datetime) -> None:
    """Delete the sessions that started before a moment; the caller passes the maximum age."""
    db.session.execute(delete(StaffSession).where(StaffSession.started_at < started))
