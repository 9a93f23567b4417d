"""Database access for drafts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, select, tuple_

from flexapp.db.session import (
    db,
    execute,
    table_of,
    upsert,
)
from flexapp.encryption import bound
from flexapp.people.models import Account, Draft

SWEPT = 200
"""Maximum number of expired drafts that one save deletes."""

_drafts, _accounts = table_of(Draft), table_of(Account)
# Built once and on the table instead of the ORM class for speed: the first runs for every form
# shown, the second for every form submitted.
_FIND = select(_drafts.c.content, _drafts.c.saved_at).where(
    _drafts.c.account_id == bindparam("account_id"),
    _drafts.c.form == bindparam("form"),
    _drafts.c.saved_at > bindparam("since"),
)
_REMOVE = delete(_drafts).where(
    _drafts.c.account_id == bindparam("account_id"), _drafts.c.form == bindparam("form")
)


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    """A draft as stored, its content decrypted."""

    content: str
    saved_at: datetime


def find(account_id: int, form: str, since: datetime) -> Row | None:
    """Return an account's draft of a form if it was saved after `since`, else None."""
    key = {"account_id": account_id, "form": form, "since": since}
    row = execute(_FIND, key).first()
    return None if row is None else Row(*row)


def save(account_id: int, form: str, content: str, at: datetime) -> None:
    """Insert or replace the account's draft of a form."""
    row = {"account_id": account_id, "form": form, "content": content, "saved_at": at}
    adding = upsert(Draft).values(bound(_drafts, row))
    db.session.execute(
        adding.on_conflict_do_update(
            index_elements=["account_id", "form"],
            set_={"content": adding.excluded.content, "saved_at": adding.excluded.saved_at},
        )
    )


def remove(account_id: int, form: str) -> None:
    """Delete an account's draft of a form."""
    execute(_REMOVE, {"account_id": account_id, "form": form})


def remove_of_person(person_id: int, form: str) -> None:
    """Delete the draft of a form of the person's account."""
    accounts = select(_accounts.c.id).where(_accounts.c.person_id == person_id)
    db.session.execute(
        delete(_drafts).where(_drafts.c.account_id.in_(accounts), _drafts.c.form == form)
    )


def of_account(account_id: int, since: datetime) -> Sequence[tuple[str, Row]]:
    """Return an account's drafts saved after `since`, each with its form, newest first."""
    query = (
        select(_drafts.c.form, _drafts.c.content, _drafts.c.saved_at)
        .where(_drafts.c.account_id == account_id, _drafts.c.saved_at > since)
        .order_by(_drafts.c.saved_at.desc(), _drafts.c.form)
    )
    return [(row[0], Row(*row[1:])) for row in db.session.execute(query)]


def remove_all(account_id: int) -> None:
    """Delete all drafts of an account."""
    db.session.execute(delete(_drafts).where(_drafts.c.account_id == account_id))


def keep_newest(account_id: int, number: int) -> None:
    """Delete all but the newest `number` drafts of an account."""
    older = (
        select(_drafts.c.form)
        .where(_drafts.c.account_id == account_id)
        .order_by(_drafts.c.saved_at.desc(), _drafts.c.form)
        .offset(number)
    )
    db.session.execute(
        delete(_drafts).where(_drafts.c.account_id == account_id, _drafts.c.form.in_(older))
    )


def sweep(until: datetime) -> None:
    """Delete at most `SWEPT` drafts saved at or before `until`."""
    key = tuple_(_drafts.c.account_id, _drafts.c.form)
    over = (
        select(_drafts.c.account_id, _drafts.c.form).where(_drafts.c.saved_at <= until).limit(SWEPT)
    )
    db.session.execute(delete(_drafts).where(key.in_(over)))
