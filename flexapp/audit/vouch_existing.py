"""Vouch once for rows that are older than vouching itself (`flask audit vouch`).

Changes made to such rows before this are not detected; later ones are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from flexapp.audit import repository, service
from flexapp.audit.row_book import ALL_VOUCHED, VOUCHED, RowBook
from flexapp.audit.service import Actor, ActorKind
from flexapp.audit.vouching import vouched_tables
from flexapp.web.unit_of_work import read_transaction, write_transaction

BATCH = 500
"""Rows that one event vouches for."""


class UnreadableEvent(ValueError):
    """The rows that an event vouches for are unreadable; the argument is the event's number."""


def vouch_for_existing(*, by: str, at: datetime) -> Iterator[tuple[str, int]] | None:
    """Vouch for all rows without an event, in batches; `by` is recorded as the actor.

    Returns an iterator that does the work and yields (table, rows so far) after each event. Returns
    None if every row must be vouched for already.

    Raises `UnreadableEvent` if somebody changed what an event vouches for. Otherwise its rows would
    be vouched for in their current, possibly altered state.
    """
    book = RowBook()
    with read_transaction():
        for event in repository.all_rows():
            if not book.read(event):
                raise UnreadableEvent(event["seq"])
    return None if book.complete else _vouch(book, Actor(ActorKind.SYSTEM, None, by, "system"), at)


def _vouch(book: RowBook, actor: Actor, at: datetime) -> Iterator[tuple[str, int]]:
    done = Counter[str]()
    for table in vouched_tables():
        with read_transaction():
            keys = list(book.unknown(table))
        for some in _batches(keys):
            with write_transaction():
                # Lock the end of the chain first. A concurrent change of one of these rows is then
                # recorded either before this event, and we read the new row, or after it.
                repository.lock_end()
                for key in some:
                    service.vouch_for_stored(table, *key)
                _record(VOUCHED, actor, at, {"table": table.name, "rows": str(len(some))})
            done[table.name] += len(some)
            yield table.name, done[table.name]
    with write_transaction():
        _record(ALL_VOUCHED, actor, at, {name: str(number) for name, number in done.items()})


def _record(action: str, actor: Actor, at: datetime, data: dict[str, str]) -> None:
    service.record(action=action, person_id=None, subject="rows", actor=actor, at=at, data=data)


def _batches(keys: list[tuple[object, ...]]) -> Iterator[list[tuple[object, ...]]]:
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]
