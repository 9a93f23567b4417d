"""Reference data: rows that few people change and every page reads, kept in the process.

A single row holds a random token, the revision. Triggers (migration 0025) replace it in every
transaction that changes one of `TABLES`, whoever sends the statement. A process keeps what it has
read together with the revision, and reads again when the database says another one. The revision
itself is read with the session (`REVISION` is a column of that statement), so a change on another
node is seen by the next request, at no statement of its own.

The token is random and not a counter. A transaction that is rolled back, or a database restored to
an earlier state, can therefore never bring a revision back with other data behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from sqlalchemy import CheckConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import Model, execute, table_of, transaction_cache, write_intent
from flexapp.services import AppValue

T = TypeVar("T")

TABLES = frozenset(
    {
        "announcement",
        "channel",
        "channel_switch",
        "channel_webview",
        "declaration_year",
        "pilot_place",
        "publication",
    }
)
"""Names of the tables whose changes replace the revision. Only they may be kept in the process."""


class ReferenceRevision(Model):
    """The revision of the reference data. A single row, changed by triggers only."""

    __tablename__ = "reference_revision"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    token: Mapped[str]


_SELECT = select(table_of(ReferenceRevision).c.token)
REVISION = _SELECT.scalar_subquery().label("reference_revision")
"""Column for the statements that read it with something else; the reader calls `note_revision`."""

_REVISION = "reference revision"

_KEPT: AppValue[dict[str, tuple[str, Hashable, Any]]] = AppValue("reference_data", dict)


def note_revision(token: str | None) -> None:
    """Store the revision that a statement of this transaction has read."""
    transaction_cache()[_REVISION] = token


def forget_revision() -> None:
    """Call after this transaction has changed reference data: the revision is another one now."""
    transaction_cache().pop(_REVISION, None)


def reference(name: str, key: Hashable, load: Callable[[], T]) -> T:
    """Return what `load` reads from `TABLES`; it is called again only for another revision or key.

    The value is shared between requests and threads, so it must not be changed. Of each `name` the
    process keeps one value: `key` is for what changes rarely, such as the business date.
    """
    token = _revision()
    # One tuple, replaced atomically: concurrent threads see either the old or the new one.
    store = _KEPT.get()
    known: tuple[str, Hashable, T] | None = store.get(name)
    if known is not None and known[:2] == (token, key):
        return known[2]
    value = load()
    # In a transaction that may write, each statement sees what was committed before it, so the data
    # may be newer than the revision. Then it is used, but not kept.
    if token is not None and (not write_intent.get() or _read() == token):
        store[name] = (token, key, value)
    return value


def _revision() -> str | None:
    facts = transaction_cache()
    if _REVISION not in facts:
        facts[_REVISION] = _read()
    token: str | None = facts[_REVISION]
    return token


def _read() -> str | None:
    found: str | None = execute(_SELECT).scalar_one_or_none()
    return found
