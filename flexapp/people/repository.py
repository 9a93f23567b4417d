"""Database access for persons, accounts, sign-ins and codes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Table, bindparam, func, insert, inspect, select, update

from flexapp.audit import service as audit
from flexapp.db.session import (
    advisory_lock,
    db,
    next_numbers,
    table_of,
    upsert,
)
from flexapp.encryption import BoundText, bound
from flexapp.people.models import Account, DailyUse, Person, SignIn, SmsCode

_account, _person = table_of(Account), table_of(Person)


def touch(sign_in_id: int, at: datetime) -> None:
    """Set the time of the last activity of a session."""
    db.session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(seen_at=at))


def start_sign_in(account_id: int, token_digest: str, channel: str, at: datetime) -> None:
    """Insert a server-side session."""
    row = {
        "account_id": account_id,
        "token_digest": token_digest,
        "channel": channel,
        "started_at": at,
        "seen_at": at,
    }
    db.session.execute(insert(SignIn), [row])


def end_sign_in(token_digest: str, at: datetime) -> None:
    """End a server-side session."""
    db.session.execute(
        update(SignIn)
        .where(SignIn.token_digest == token_digest, SignIn.ended_at.is_(None))
        .values(ended_at=at)
    )


def add_code(row: Mapping[str, object]) -> None:
    """Insert a code before it is sent."""
    db.session.execute(insert(SmsCode), [bound(table_of(SmsCode), row)])


def use_code(code_id: str, at: datetime) -> None:
    """Mark a code as used, also if it could not be sent."""
    db.session.execute(update(SmsCode).where(SmsCode.id == code_id).values(used_at=at))


def code(code_id: str) -> SmsCode | None:
    """Return a code by id, or None."""
    return db.session.get(SmsCode, code_id)


def earlier_codes(row: SmsCode, since: datetime) -> Sequence[tuple[str, str]]:
    """Return (id, digest) of the earlier codes of the same phone number sent after `since`."""
    found = db.session.execute(
        select(SmsCode.id, SmsCode.code_digest).where(
            SmsCode.phone_index == row.phone_index,
            SmsCode.id != row.id,
            SmsCode.sent_at <= row.sent_at,
            SmsCode.sent_at > since,
        )
    )
    return [(code_id, digest) for code_id, digest in found]


def count_try(code_id: str, limit: int) -> bool:
    """Count an attempt before the check; False if the code is used or has no attempts left."""
    counted = db.session.execute(
        update(SmsCode)
        .where(SmsCode.id == code_id, SmsCode.tries < limit, SmsCode.used_at.is_(None))
        .values(tries=SmsCode.tries + 1)
        .returning(SmsCode.tries)
    ).first()
    return counted is not None


def account_by_phone(phone_index: str) -> Account | None:
    """Return the account with this blind index of a mobile number, or None."""
    return db.session.execute(
        select(Account).where(Account.phone_index == phone_index)
    ).scalar_one_or_none()


def account(account_id: int) -> Account:
    """Return an existing account; raises `NoResultFound` if there is none."""
    return db.session.get_one(Account, account_id)


def set_elder(account_id: int, *, elder: bool, over_another: bool = True) -> None:
    """Set whether an account uses 长辈版; without `over_another` only if it has no choice yet."""
    statement = update(Account).where(Account.id == account_id).values(elder=elder)
    if not over_another:
        statement = statement.where(Account.elder.is_(None))
    db.session.execute(statement)


def sign_ins(account_id: int) -> Sequence[tuple[str, datetime, datetime]]:
    """Return (channel, started, last seen) of an account's sign-ins, newest first."""
    query = (
        select(SignIn.channel, SignIn.started_at, SignIn.seen_at)
        .where(SignIn.account_id == account_id)
        .order_by(SignIn.id.desc())
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(query)]


def end_sign_ins(account_id: int, at: datetime) -> None:
    """End all sessions of an account."""
    db.session.execute(
        update(SignIn)
        .where(SignIn.account_id == account_id, SignIn.ended_at.is_(None))
        .values(ended_at=at)
    )


def blank_codes(phone_index: str, at: datetime) -> None:
    """Mark the codes of a phone number as used and erase the number.

    The rows stay, because the daily limit counts them.
    """
    codes = table_of(SmsCode)
    numbers = db.session.execute(select(codes.c.id).where(codes.c.phone_index == phone_index))
    forgotten = [
        {"code_id": number, "no_phone": BoundText("", number)} for number in numbers.scalars()
    ]
    if forgotten:
        statement = (
            update(codes)
            .where(codes.c.id == bindparam("code_id"))
            .values(phone=bindparam("no_phone"), used_at=func.coalesce(codes.c.used_at, at))
        )
        db.session.execute(statement, forgotten)


def asked_on(account_id: int, kind: str, day: date) -> bool:
    """Whether an account has a `DailyUse` of this kind on a day."""
    query = select(DailyUse.subject).where(
        DailyUse.account_id == account_id, DailyUse.kind == kind, DailyUse.day == day
    )
    return db.session.execute(query).first() is not None


def account_of_person(person_id: int) -> Account | None:
    """Return the account linked to a person, or None."""
    return db.session.execute(
        select(Account).where(Account.person_id == person_id)
    ).scalar_one_or_none()


def person(person_id: int) -> Person | None:
    """Return a person by id, or None."""
    return db.session.get(Person, person_id)


def people(person_ids: Collection[int]) -> Sequence[Person]:
    """Return the persons with these ids."""
    query = select(Person).where(Person.id.in_(list(person_ids)))
    return db.session.execute(query).scalars().all()


def tables_exist() -> bool:
    """Whether the person table exists; false before the migrations."""
    return inspect(db.session.connection()).has_table(Person.__tablename__)


def anybody() -> bool:
    """Whether any person is stored."""
    return db.session.execute(select(Person.id).limit(1)).first() is not None


def is_stored(identity_index: str) -> bool:
    """Whether a person has this blind index; reads no encrypted column."""
    query = select(Person.id).where(Person.identity_index == identity_index)
    return db.session.execute(query).first() is not None


def reload_person(person_id: int) -> Person:
    """Return an existing person, reloaded from the database."""
    return db.session.get_one(Person, person_id, populate_existing=True)


def flush() -> None:
    """Write pending changes, so that later statements do not violate a unique constraint."""
    db.session.flush()


def newest_person() -> Person | None:
    """Return the person added last; None if there is none."""
    return db.session.execute(
        select(Person).order_by(Person.id.desc()).limit(1)
    ).scalar_one_or_none()


def person_by_identity(identity_index: str) -> Person | None:
    """Return the person with this blind index of the ID number, or None."""
    return db.session.execute(
        select(Person).where(Person.identity_index == identity_index)
    ).scalar_one_or_none()


def add(row: Person | Account) -> None:
    """Insert a row; afterwards its `id` is set."""
    db.session.add(row)
    db.session.flush()
    changed(row)


def changed(row: Person | Account) -> None:
    """Include a changed row in the next audit event."""
    audit.vouch(_person if isinstance(row, Person) else _account, row)


def add_people(rows: Sequence[dict[str, object]]) -> Sequence[int]:
    """Insert many persons; return their ids in the same order."""
    return _add_all(_person, rows)


def add_accounts(rows: Sequence[dict[str, object]]) -> Sequence[int]:
    """Insert many accounts; return their ids in the same order."""
    return _add_all(_account, rows)


def _add_all(table: Table, rows: Sequence[dict[str, object]]) -> Sequence[int]:
    if not rows:
        return ()
    numbers = next_numbers(table, len(rows))
    for row, number in zip(rows, numbers, strict=True):
        row["id"] = number
    db.session.execute(insert(table), [bound(table, row) for row in rows])
    for row in rows:
        audit.vouch(table, row)
    return numbers


def by_identities(indexes: Sequence[str]) -> Mapping[str, tuple[int, int | None]]:
    """Return (person id, account id or None) of the known ones of these blind indexes."""
    query = (
        select(_person.c.identity_index, _person.c.id, _account.c.id)
        .outerjoin_from(_person, _account, _account.c.person_id == _person.c.id)
        .where(_person.c.identity_index.in_(indexes))
    )
    return {row[0]: (row[1], row[2]) for row in db.session.execute(query)}


def note_daily_use(account_id: int, kind: str, day: date, subject: str, limit: int) -> bool:
    """Record that an account queried a subject on a day; False if `limit` would be exceeded."""
    advisory_lock("daily use of account", account_id)
    of_the_day = select(DailyUse.subject).where(
        DailyUse.account_id == account_id, DailyUse.kind == kind, DailyUse.day == day
    )
    known = set(db.session.execute(of_the_day).scalars())
    if subject in known:
        return True
    if len(known) >= limit:
        return False
    row = {"account_id": account_id, "kind": kind, "day": day, "subject": subject}
    db.session.execute(upsert(DailyUse).values(row).on_conflict_do_nothing())
    return True
