"""From one data key to the next (换密钥), while the service runs.

A row is read as it is stored, sealed anew outside any transaction, and put back only if it is
still what was read: what somebody changed meanwhile stays, and was written with the new key anyway.
How far it has come is kept nowhere, for every value says itself what it is sealed with: killed
anywhere, it goes on where it stopped. Each table is gone through from its last row to its first, so
that the first rows have the old key until the very end: a start need look at no more than those to
notice that a key was taken out too early.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidTag

from flexapp.audit import service as audit
from flexapp.audit.service import SYSTEM, Actor, ActorKind
from flexapp.db.session import advisory_lock
from flexapp.encryption import ALL_BOUND, LABEL, Vault, is_bound, vault
from flexapp.people import encrypted_columns as repository
from flexapp.people.encrypted_columns import (
    UNNAMED,
    SealedRow,
    SealedTable,
)
from flexapp.web.clock import utcnow
from flexapp.web.unit_of_work import read_transaction, write_transaction

log = logging.getLogger(__name__)

BOUND = "bound_values"

MOST_PASSES = 5
"""More are needed only where somebody goes on writing with an old key."""

READ_AT_ONCE = 1000
"""Rows that `audit verify` reads with one statement."""

ROWS_AT_START = 20
"""Rows that a start looks at, at either end of each table."""

UNREADABLE = (InvalidTag, KeyError, ValueError)
"""What opening a value can end in: it was changed, its key is missing, it is no sealed value."""


class KeysDoNotFit(RuntimeError):
    """The configured keys are not those that rows were sealed with."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the stored values are sealed with."""

    writes: str
    """The label that new values get: a key's id, ".sm" for SM4-GCM, ".row": bound to the row."""
    key_ids: tuple[str, ...]
    """The configured keys, the writing one first."""
    counts: Mapping[str, Mapping[str, int]]
    """By label, how many values of each "table.column"."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Keys that values need and that are not configured."""
        needed = {key_of(label) for label in self.counts} - {*self.key_ids, UNNAMED}
        return tuple(sorted(needed))

    @property
    def left(self) -> Mapping[str, Mapping[str, int]]:
        """What is not under the writing label."""
        return {label: found for label, found in self.counts.items() if label != self.writes}

    @property
    def free(self) -> tuple[str, ...]:
        """Configured keys that no value needs any more."""
        needed = {key_of(label) for label in self.counts}
        return tuple(key for key in self.key_ids[1:] if key not in needed)


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one batch of rows."""

    table: str
    moved: int
    """Rows that are under the new key now."""
    changed: int
    """Rows that somebody changed or removed meanwhile: left as they are."""
    unreadable: tuple[str, ...]
    """Values that could not be opened and are left as they are, such as "account 7: phone"."""


def key_of(label: str) -> str:
    """The key's id in a label."""
    named = LABEL.fullmatch(label)
    return named["key"] if named is not None else UNNAMED


def standing() -> Standing:
    """Count every value by what it is sealed with; reads all of these tables."""
    found: dict[str, Counter[str]] = {}
    for table in repository.sealed_tables():
        for column, tally in repository.counts(table).items():
            for label, number in tally.items():
                found.setdefault(label, Counter())[f"{table.name}.{column}"] += number
    return Standing(vault().label, vault().key_ids, found)


def waiting() -> Mapping[str, int]:
    """How many rows of each table are to be sealed anew."""
    tables = repository.sealed_tables()
    return {table.name: repository.waiting(table, vault().label) for table in tables}


def rotate(*, batch: int) -> Iterator[Step]:
    """Seal everything anew with the writing key, `batch` rows to a transaction; yields after each.

    Goes over it all again for what was changed meanwhile, until a pass finds nothing to do.
    """
    for _ in range(MOST_PASSES):
        idle = True
        for table in repository.sealed_tables():
            for step in _one_table(table, batch):
                idle = idle and step.moved == step.changed == 0
                yield step
        if idle:
            return


def note(*, rows: int, by: str, at: datetime) -> None:
    """Leave an event in the record before it begins: to which key, and how many rows."""
    audit.record(
        action="data_keys.rotated",
        person_id=None,
        subject="data_keys",
        actor=Actor(ActorKind.SYSTEM, None, by, "system"),
        at=at,
        data={"key": vault().label.removesuffix(".row"), "rows": str(rows)},
    )


def note_all_bound(at: datetime) -> bool:
    """Leave an event once every value is bound to its row: from then on none that is not is read.
    Whether they are.

    The tables are scanned in a transaction that only reads: nobody waits for it.
    """
    with read_transaction():
        if _all_bound():
            return True
        if any(repository.has_unbound(table) for table in repository.sealed_tables()):
            return False
    with write_transaction():
        advisory_lock("data keys", BOUND)
        if not _all_bound():
            audit.record(action=ALL_BOUND, person_id=None, subject=BOUND, actor=SYSTEM, at=at)
    return True


def _all_bound() -> bool:
    return bool(audit.of_subject(subject=BOUND))


def unbound_values() -> Iterator[str]:
    """Tables with values that are not bound to their rows though all were: for `audit verify`."""
    if _all_bound():
        for table in repository.sealed_tables():
            if repository.has_unbound(table):
                yield f"{table.name} holds values that are not bound to their rows, though all were"


def unreadable_values() -> Iterator[str]:
    """Encrypted values that do not open where they stand: moved there, or changed; for `audit
    verify`, which so reads every one of them."""
    for table in repository.sealed_tables():
        for row in repository.every(table, READ_AT_ONCE):
            for name, stored in row.values.items():
                if not _opens(vault(), stored, table.contexts[name], row.rows[name]):
                    key = " ".join(map(str, row.key))
                    yield f"{table.name} {key}: {name} does not open in its place"


def check_at_start() -> None:
    """`KeysDoNotFit` where the keys cannot be right, found from some rows of each table.

    A writing key whose id is known and whose bytes are others would be worse than a missing one:
    under one id there would be values of two keys. One value that opens is enough, for a single
    one may have been changed.
    """
    if not repository.exist():
        return
    missing: set[str] = set()
    opened = {True: 0, False: 0}
    for table in repository.sealed_tables():
        for row in repository.ends(table, ROWS_AT_START):
            for column, stored in row.values.items():
                label = stored.partition(":")[0]
                if key_of(label) not in {*vault().key_ids, UNNAMED}:
                    missing.add(key_of(label))
                elif label == vault().label:
                    place = table.contexts[column], row.rows[column]
                    opened[_opens(vault(), stored, *place)] += 1
    if missing:
        raise KeysDoNotFit(missing_keys(sorted(missing)))
    if opened[False] and not opened[True]:
        raise KeysDoNotFit(
            f"the key {vault().key_ids[0]} in FLEXAPP_DATA_KEYS is another one than the key of"
            " that name that the rows of the database were sealed with; a new key needs a new id."
        )
    if not note_all_bound(utcnow()):
        log.warning("encrypted values are not bound to their rows: run `flask keys rotate` once")


def missing_keys(keys: list[str] | tuple[str, ...]) -> str:
    """What to do about keys that rows need."""
    return (
        f"rows of the database need the {'key' if len(keys) == 1 else 'keys'} {', '.join(keys)},"
        " which FLEXAPP_DATA_KEYS does not hold; put it back behind the first one until"
        " `flask keys rotate` says that it may go."
    )


def _one_table(table: SealedTable, batch: int) -> Iterator[Step]:
    before = None
    while True:
        with read_transaction():
            rows = repository.not_under(table, vault().label, before, batch)
            all_bound = _all_bound()
        if not rows:
            return
        before = rows[-1].key
        fresh = [(row, _sealed_anew(table, row, all_bound)) for row in rows]
        with write_transaction():
            moved = repository.replace(table, [each for each in fresh if each[1]])
        yield Step(
            table.name,
            moved,
            sum(1 for _, new in fresh if new) - moved,
            tuple(
                f"{table.name} {' '.join(map(str, row.key))}: {name}"
                for row, new in fresh
                for name in _old(row)
                if name not in new
            ),
        )


def _old(row: SealedRow) -> list[str]:
    """The columns whose value is not under the writing label."""
    start = f"{vault().label}:"
    return [name for name, stored in row.values.items() if not stored.startswith(start)]


def _sealed_anew(table: SealedTable, row: SealedRow, all_bound: bool) -> Mapping[str, str]:
    """What can be opened of a row's old values, under the writing label.

    `all_bound`: every value was bound to its row once. One that is not was put there since, may be
    another row's, and must not be bound to this one.
    """
    fresh = {}
    for name in _old(row):
        if all_bound and not is_bound(row.values[name].partition(":")[0]):
            continue
        place = table.contexts[name], row.rows[name]
        try:
            fresh[name] = vault().encrypt(vault().decrypt(row.values[name], *place), *place)
        except UNREADABLE:
            continue
    return fresh


def _opens(with_keys: Vault, stored: str, context: str, row: str) -> bool:
    try:
        with_keys.decrypt(stored, context, row)
    except UNREADABLE:
        return False
    return True
