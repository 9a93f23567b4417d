"""Rows of persons, accounts, sign-ins and codes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Table, and_, bindparam, func, insert, inspect, or_, select, update

from flexapp.audit import service as audit
from flexapp.db.session import (
    advisory_lock,
    db,
    execute,
    next_numbers,
    table_of,
    upsert,
)
from flexapp.encryption import BoundText, bound
from flexapp.people.models import Account, DailyUse, Person, SignIn, SmsCode

BY_PHONE = "phone"
"""The channel of sessions that began with a mobile number and a code."""

_sign_in, _account, _person = table_of(SignIn), table_of(Account), table_of(Person)
# Built once and on the tables, not the classes: this runs on every signed-in page.
_VISITOR = (
    select(
        _sign_in.c.id.label("sign_in_id"),
        _sign_in.c.started_at,
        _sign_in.c.seen_at,
        _sign_in.c.channel,
        _account.c.id.label("account_id"),
        _account.c.phone,
        _account.c.elder,
        _person.c.id.label("person_id"),
        _person.c.identity,
        _person.c.name,
        _person.c.proxy_allowed,
        _person.c.original_age,
        _person.c.approved_month,
    )
    .join_from(_sign_in, _account, _account.c.id == _sign_in.c.account_id)
    .outerjoin(
        _person,
        and_(
            _person.c.id == _account.c.person_id,
            # What a channel vouched for counts in the sessions that channels begin. Who signed in
            # with the number alone may be anybody whose number a vendor mistook for the person's.
            or_(_account.c.vouched_by.is_(None), _sign_in.c.channel != BY_PHONE),
        ),
    )
    .where(_sign_in.c.ended_at.is_(None), _sign_in.c.token_digest == bindparam("token_digest"))
)
_VISITOR_NAMES = tuple(_VISITOR.selected_columns.keys())


def visitor(token_digest: str) -> Mapping[str, object] | None:
    """The sign-in of that token with its account and person: one query, on every signed-in page."""
    row = execute(_VISITOR, {"token_digest": token_digest}).first()
    return None if row is None else dict(zip(_VISITOR_NAMES, row, strict=True))


def touch(sign_in_id: int, at: datetime) -> None:
    """Note that the person is still there."""
    db.session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(seen_at=at))


def start_sign_in(account_id: int, token_digest: str, channel: str, at: datetime) -> None:
    """A new server-side session."""
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
    """A code about to be sent."""
    db.session.execute(insert(SmsCode), [bound(table_of(SmsCode), row)])


def spend_code(code_id: str, at: datetime) -> None:
    """Make a code unusable: it was used, or could not be sent."""
    db.session.execute(update(SmsCode).where(SmsCode.id == code_id).values(used_at=at))


def code(code_id: str) -> SmsCode | None:
    """A code by its identifier."""
    return db.session.get(SmsCode, code_id)


def earlier_codes(row: SmsCode, since: datetime) -> Sequence[tuple[str, str]]:
    """Identifier and digest of the codes that its number was sent before that one."""
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
    """Count a try before it is judged; False once the tries are used up."""
    counted = db.session.execute(
        update(SmsCode)
        .where(SmsCode.id == code_id, SmsCode.tries < limit, SmsCode.used_at.is_(None))
        .values(tries=SmsCode.tries + 1)
        .returning(SmsCode.tries)
    ).first()
    return counted is not None


def account_by_phone(phone_index: str) -> Account | None:
    """The account of a mobile number."""
    return db.session.execute(
        select(Account).where(Account.phone_index == phone_index)
    ).scalar_one_or_none()


def account(account_id: int) -> Account:
    """An account that exists."""
    return db.session.get_one(Account, account_id)


def set_elder(account_id: int, *, elder: bool, over_another: bool = True) -> None:
    """Which look an account chose; not `over_another` choice unless told so."""
    statement = update(Account).where(Account.id == account_id).values(elder=elder)
    if not over_another:
        statement = statement.where(Account.elder.is_(None))
    db.session.execute(statement)


def sign_ins(account_id: int) -> Sequence[tuple[str, datetime, datetime]]:
    """(channel, since, last seen) of an account's sign-ins, newest first."""
    query = (
        select(SignIn.channel, SignIn.started_at, SignIn.seen_at)
        .where(SignIn.account_id == account_id)
        .order_by(SignIn.id.desc())
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(query)]


def end_sign_ins(account_id: int, at: datetime) -> None:
    """End every session of an account."""
    db.session.execute(
        update(SignIn)
        .where(SignIn.account_id == account_id, SignIn.ended_at.is_(None))
        .values(ended_at=at)
    )


def blank_codes(phone_index: str, at: datetime) -> None:
    """Make the codes of a number unusable and forget the number: only that there were codes is
    left, which the daily limit counts."""
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
    """Whether an account asked about anybody on a day."""
    query = select(DailyUse.subject).where(
        DailyUse.account_id == account_id, DailyUse.kind == kind, DailyUse.day == day
    )
    return db.session.execute(query).first() is not None


def account_of_person(person_id: int) -> Account | None:
    """The account that was real-name checked for a person."""
    return db.session.execute(
        select(Account).where(Account.person_id == person_id)
    ).scalar_one_or_none()


def person(person_id: int) -> Person | None:
    """A person by number."""
    return db.session.get(Person, person_id)


def people(person_ids: Collection[int]) -> Sequence[Person]:
    """The persons of these numbers."""
    query = select(Person).where(Person.id.in_(list(person_ids)))
    return db.session.execute(query).scalars().all()


def tables_exist() -> bool:
    """Whether the table of persons is there: a database that is not migrated has none."""
    return inspect(db.session.connection()).has_table(Person.__tablename__)


def anybody() -> bool:
    """Whether there is any person."""
    return db.session.execute(select(Person.id).limit(1)).first() is not None


def is_stored(identity_index: str) -> bool:
    """Whether there is a person of this blind index; reads nothing encrypted."""
    query = select(Person.id).where(Person.identity_index == identity_index)
    return db.session.execute(query).first() is not None


def person_anew(person_id: int) -> Person:
    """A person who exists, as the database has them now."""
    return db.session.get_one(Person, person_id, populate_existing=True)


def flush() -> None:
    """Write what was changed, so that what follows cannot meet it."""
    db.session.flush()


def newest_person() -> Person | None:
    """The one added last; None where there is nobody yet."""
    return db.session.execute(
        select(Person).order_by(Person.id.desc()).limit(1)
    ).scalar_one_or_none()


def person_by_identity(identity_index: str) -> Person | None:
    """A person by the blind index of the ID number."""
    return db.session.execute(
        select(Person).where(Person.identity_index == identity_index)
    ).scalar_one_or_none()


def add(row: Person | Account) -> None:
    """Add a row and learn its number."""
    db.session.add(row)
    db.session.flush()
    changed(row)


def changed(row: Person | Account) -> None:
    """Have the next event vouch for a row that was changed."""
    audit.vouch(_person if isinstance(row, Person) else _account, row)


def add_people(rows: Sequence[dict[str, object]]) -> Sequence[int]:
    """Add many persons; their numbers, in the same order."""
    return _add_all(_person, rows)


def add_accounts(rows: Sequence[dict[str, object]]) -> Sequence[int]:
    """Add many accounts; their numbers, in the same order."""
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
    """(person, account) of those of these blind indexes that are known."""
    query = (
        select(_person.c.identity_index, _person.c.id, _account.c.id)
        .outerjoin_from(_person, _account, _account.c.person_id == _person.c.id)
        .where(_person.c.identity_index.in_(indexes))
    )
    return {row[0]: (row[1], row[2]) for row in db.session.execute(query)}


def note_daily_use(account_id: int, kind: str, day: date, subject: str, limit: int) -> bool:
    """Note that an account asked about a subject today; False once that would be one too many."""
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
