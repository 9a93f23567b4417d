"""Vouching once for rows that were there before events vouched for rows (`flask audit vouch`).

What somebody changed before that is not found: from here on it is.
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
"""Rows to an event."""


class UnreadableEvent(ValueError):
    """What the event of this number vouches for cannot be made out."""


def vouch_for_existing(*, by: str, at: datetime) -> Iterator[tuple[str, int]] | None:
    """(table, rows) after each event; None where every row must be vouched for already.

    `UnreadableEvent` where somebody changed what an event vouches for: its rows would be vouched
    for as they are now.
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
                # The end of the chain first: whoever changes one of these rows vouches for it
                # before us, and we read what they wrote, or after us.
                repository.hold_end()
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
