"""The statement that loads the visitor: session, account, person and what slices above join to it.

Every signed-in page runs it, and most pages need more that hangs on the person. A slice above hands
in its table once (`read_with_visitor`), so that this slice does not name it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    or_,
    select,
)

from flexapp.db.reference import REVISION, note_revision
from flexapp.db.session import execute, table_of
from flexapp.people.models import BY_PHONE, Account, Person, SignIn
from flexapp.services import AppValue

PERSON_ID = table_of(Person).c.id
"""The person in a statement, for the joins of other slices."""

PERSON_NAMES = ("identity", "name", "proxy_allowed", "original_age", "approved_month")

_sign_in, _account, _person = table_of(SignIn), table_of(Account), table_of(Person)
_BASE: Select[Any] = (
    select(
        _sign_in.c.id.label("sign_in_id"),
        _sign_in.c.started_at,
        _sign_in.c.seen_at,
        _sign_in.c.channel,
        _account.c.id.label("account_id"),
        _account.c.phone,
        _account.c.elder,
        _person.c.id.label("person_id"),
        *(_person.c[name] for name in PERSON_NAMES),
        REVISION,
    )
    .join_from(_sign_in, _account, _account.c.id == _sign_in.c.account_id)
    .outerjoin(
        _person,
        and_(
            _person.c.id == _account.c.person_id,
            # A person vouched for by a channel is only visible in sessions that a channel started.
            # Somebody who signed in with the number may be a stranger if the vendor was wrong.
            or_(_account.c.vouched_by.is_(None), _sign_in.c.channel != BY_PHONE),
        ),
    )
    .where(_sign_in.c.ended_at.is_(None), _sign_in.c.token_digest == bindparam("token_digest"))
)
_NAMES = tuple(_BASE.selected_columns.keys())


@dataclass(frozen=True, slots=True)
class Joined:
    """What a slice above reads with a person.

    `tables`: outer joins, each with its condition; they must add at most one row. `then` gets the
    person's id and the values of `columns` in that order.
    """

    columns: Sequence[ColumnElement[Any]]
    tables: Sequence[tuple[FromClause, ColumnElement[bool]]]
    then: Callable[[int, Sequence[Any]], None]

    def onto(self, statement: Select[Any]) -> Select[Any]:
        """Return the statement, which selects from `person`, with these tables and columns."""
        for table, condition in self.tables:
            statement = statement.outerjoin(table, condition)
        return statement.add_columns(*self.columns)


def hand_on(joined: Sequence[Joined], person_id: int, values: Sequence[Any]) -> None:
    """Give each slice the values of its columns; `values` are those that `onto` has added."""
    start = 0
    for each in joined:
        end = start + len(each.columns)
        each.then(person_id, values[start:end])
        start = end


class VisitorStatement:
    """The statement with all joins, built when they are added."""

    def __init__(self) -> None:
        self.statement, self._joined = _BASE, list[Joined]()

    def add(self, joined: Joined) -> None:
        """Join another table."""
        self._joined.append(joined)
        self.statement = joined.onto(self.statement)

    def run(self, token_digest: str, *, joined: bool) -> Mapping[str, object] | None:
        """Return the open session of a token with its account and person, or None."""
        statement = self.statement if joined else _BASE
        row = execute(statement, {"token_digest": token_digest}).first()
        if row is None:
            return None
        found = dict(zip(_NAMES, row, strict=False))
        note_revision(found.pop("reference_revision"))
        if joined and found["person_id"] is not None:
            hand_on(self._joined, found["person_id"], row[len(_NAMES) :])
        return found


_STATEMENT: AppValue[VisitorStatement] = AppValue("visitor_statement", VisitorStatement)


def read_with_visitor(app: Flask, joined: Joined) -> None:
    """Join a table of a slice above to the statement that loads the visitor."""
    _STATEMENT.of(app).add(joined)


def visitor(token_digest: str, *, joined: bool) -> Mapping[str, object] | None:
    """Return the open session of a token with its account and person, in one query, or None.

    `joined`: with what the slices above join. A request that writes reads that again in its own
    transaction, so it needs none of it here.
    """
    return _STATEMENT.get().run(token_digest, joined=joined)
