"""Rows of what was typed and not submitted."""

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
"""At most so many that are over are deleted beside the keeping of another."""

_drafts, _accounts = table_of(Draft), table_of(Account)
# Built once and on the table, not the class: the one runs with every form, the other with every
# form that is submitted.
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
    """A draft as stored, its content readable."""

    content: str
    saved_at: datetime


def find(account_id: int, form: str, since: datetime) -> Row | None:
    """An account's draft of a form, if it was saved after `since`."""
    key = {"account_id": account_id, "form": form, "since": since}
    row = execute(_FIND, key).first()
    return None if row is None else Row(*row)


def save(account_id: int, form: str, content: str, at: datetime) -> None:
    """Keep this as the account's one draft of the form."""
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
    """Delete the draft of a form in the account of a person."""
    accounts = select(_accounts.c.id).where(_accounts.c.person_id == person_id)
    db.session.execute(
        delete(_drafts).where(_drafts.c.account_id.in_(accounts), _drafts.c.form == form)
    )


def of_account(account_id: int, since: datetime) -> Sequence[tuple[str, Row]]:
    """All drafts of an account that were saved after `since`, by form, newest first."""
    query = (
        select(_drafts.c.form, _drafts.c.content, _drafts.c.saved_at)
        .where(_drafts.c.account_id == account_id, _drafts.c.saved_at > since)
        .order_by(_drafts.c.saved_at.desc(), _drafts.c.form)
    )
    return [(row[0], Row(*row[1:])) for row in db.session.execute(query)]


def remove_all(account_id: int) -> None:
    """Delete everything that an account has typed and not submitted."""
    db.session.execute(delete(_drafts).where(_drafts.c.account_id == account_id))


def keep_newest(account_id: int, number: int) -> None:
    """Delete all but an account's newest drafts."""
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
    """Delete some that were saved before `until`."""
    key = tuple_(_drafts.c.account_id, _drafts.c.form)
    over = (
        select(_drafts.c.account_id, _drafts.c.form).where(_drafts.c.saved_at <= until).limit(SWEPT)
    )
    db.session.execute(delete(_drafts).where(key.in_(over)))
