"""Data key rotation (换密钥) while the service runs.

A row is read as ciphertext, encrypted again outside any transaction, and written back only if it is
unchanged. A concurrent change wins; it was written with the new key anyway. No progress is stored,
because every value names its key, so an interrupted rotation continues where it stopped. Each table
is processed from its last row to its first. So the first rows keep the old key until the end, and
the check at start only has to read those to notice that a key was removed too early.
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
    EncryptedRow,
    EncryptedTable,
)
from flexapp.web.clock import utcnow
from flexapp.web.unit_of_work import read_transaction, write_transaction

log = logging.getLogger(__name__)

BOUND = "bound_values"

MAX_PASSES = 5
"""Maximum passes; more are only needed while another process writes with an old key."""

BATCH_SIZE = 1000
"""Rows per query when `audit verify` reads all values."""

ROWS_AT_START = 20
"""Rows that the check at start reads at either end of each table."""

UNREADABLE = (InvalidTag, KeyError, ValueError)
"""Errors of decryption: the value was changed, its key is missing, or its format is invalid."""


class KeysDoNotFit(RuntimeError):
    """The configured keys do not match those that the rows were encrypted with."""


@dataclass(frozen=True, slots=True)
class RotationStatus:
    """Status report: the keys of the stored values compared with the configured keys."""

    writes: str
    """Label of new values: the key id, then ".sm" for SM4-GCM, then ".row" if bound to the row."""
    key_ids: tuple[str, ...]
    """Ids of the configured keys; the first one encrypts."""
    counts: Mapping[str, Mapping[str, int]]
    """Number of values by label, then by "table.column"."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Ids of keys that values need but that are not configured."""
        needed = {key_of(label) for label in self.counts} - {*self.key_ids, UNNAMED}
        return tuple(sorted(needed))

    @property
    def left(self) -> Mapping[str, Mapping[str, int]]:
        """The counts of values under labels other than `writes`."""
        return {label: found for label, found in self.counts.items() if label != self.writes}

    @property
    def free(self) -> tuple[str, ...]:
        """Ids of configured keys that no value needs."""
        needed = {key_of(label) for label in self.counts}
        return tuple(key for key in self.key_ids[1:] if key not in needed)


@dataclass(frozen=True, slots=True)
class Step:
    """Result of one batch of rows."""

    table: str
    moved: int
    """Rows written with the new key."""
    changed: int
    """Rows changed or deleted concurrently, and therefore not written."""
    unreadable: tuple[str, ...]
    """Values that cannot be decrypted and are left unchanged, such as "account 7: phone"."""


def key_of(label: str) -> str:
    """Return the key id in a label; `UNNAMED` if it is not a label."""
    named = LABEL.fullmatch(label)
    return named["key"] if named is not None else UNNAMED


def rotation_status() -> RotationStatus:
    """Count all encrypted values by label; scans all tables with encrypted columns."""
    found: dict[str, Counter[str]] = {}
    for table in repository.encrypted_tables():
        for column, tally in repository.counts(table).items():
            for label, number in tally.items():
                found.setdefault(label, Counter())[f"{table.name}.{column}"] += number
    return RotationStatus(vault().label, vault().key_ids, found)


def waiting() -> Mapping[str, int]:
    """Return the number of rows to encrypt again, by table."""
    tables = repository.encrypted_tables()
    return {table.name: repository.waiting(table, vault().label) for table in tables}


def rotate(*, batch: int) -> Iterator[Step]:
    """Encrypt all values with the first key, `batch` rows per transaction; yields after each.

    Repeats the pass for concurrent changes until nothing is left, at most `MAX_PASSES` times.
    """
    for _ in range(MAX_PASSES):
        idle = True
        for table in repository.encrypted_tables():
            for step in _one_table(table, batch):
                idle = idle and step.moved == step.changed == 0
                yield step
        if idle:
            return


def note(*, rows: int, by: str, at: datetime) -> None:
    """Record an audit event before the rotation: the new key and the number of rows."""
    audit.record(
        action="data_keys.rotated",
        person_id=None,
        subject="data_keys",
        actor=Actor(ActorKind.SYSTEM, None, by, "system"),
        at=at,
        data={"key": vault().label.removesuffix(".row"), "rows": str(rows)},
    )


def note_all_bound(at: datetime) -> bool:
    """Record an audit event once all values are bound to their rows; return whether they are.

    After the event, unbound values are no longer accepted. The tables are scanned in a read-only
    transaction, which blocks nobody.
    """
    with read_transaction():
        if _all_bound():
            return True
        if any(repository.has_unbound(table) for table in repository.encrypted_tables()):
            return False
    with write_transaction():
        advisory_lock("data keys", BOUND)
        if not _all_bound():
            audit.record(action=ALL_BOUND, person_id=None, subject=BOUND, actor=SYSTEM, at=at)
    return True


def _all_bound() -> bool:
    return bool(audit.of_subject(subject=BOUND))


def unbound_values() -> Iterator[str]:
    """Yield a finding per table with unbound values after all were bound; for `audit verify`."""
    if _all_bound():
        for table in repository.encrypted_tables():
            if repository.has_unbound(table):
                yield f"{table.name} holds values that are not bound to their rows, though all were"


def unreadable_values() -> Iterator[str]:
    """Yield a finding per value that cannot be decrypted in its row: it was moved or changed.

    For `audit verify`; reads all encrypted values.
    """
    for table in repository.encrypted_tables():
        for row in repository.every(table, BATCH_SIZE):
            for name, stored in row.values.items():
                if not _can_decrypt(vault(), stored, table.contexts[name], row.rows[name]):
                    key = " ".join(map(str, row.key))
                    yield f"{table.name} {key}: {name} does not open in its place"


def check_at_start() -> None:
    """Check the configured keys against some rows of each table; raises `KeysDoNotFit`.

    A first key with a known id but other bytes would be worse than a missing key, because values of
    two keys would share one id. One value that can be decrypted is enough to accept the key,
    because single values may have been changed. Warns if values are not bound to their rows.
    """
    if not repository.exist():
        return
    missing: set[str] = set()
    opened = {True: 0, False: 0}
    for table in repository.encrypted_tables():
        for row in repository.ends(table, ROWS_AT_START):
            for column, stored in row.values.items():
                label = stored.partition(":")[0]
                if key_of(label) not in {*vault().key_ids, UNNAMED}:
                    missing.add(key_of(label))
                elif label == vault().label:
                    place = table.contexts[column], row.rows[column]
                    opened[_can_decrypt(vault(), stored, *place)] += 1
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
    """Return the message on keys that rows need but that are not configured."""
    return (
        f"rows of the database need the {'key' if len(keys) == 1 else 'keys'} {', '.join(keys)},"
        " which FLEXAPP_DATA_KEYS does not hold; put it back behind the first one until"
        " `flask keys rotate` says that it may go."
    )


def _one_table(table: EncryptedTable, batch: int) -> Iterator[Step]:
    before = None
    while True:
        with read_transaction():
            rows = repository.not_under(table, vault().label, before, batch)
            all_bound = _all_bound()
        if not rows:
            return
        before = rows[-1].key
        fresh = [(row, _encrypted_again(table, row, all_bound)) for row in rows]
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


def _old(row: EncryptedRow) -> list[str]:
    """Return the columns with a value under another label than new values get."""
    start = f"{vault().label}:"
    return [name for name, stored in row.values.items() if not stored.startswith(start)]


def _encrypted_again(
    table: EncryptedTable, row: EncryptedRow, all_bound: bool
) -> Mapping[str, str]:
    """Encrypt the old values of a row with the first key; values that fail are left out.

    `all_bound`: an event records that all values were bound to their rows. An unbound value was
    then inserted later, may come from another row, and must not be bound to this one.
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


def _can_decrypt(with_keys: Vault, stored: str, context: str, row: str) -> bool:
    try:
        with_keys.decrypt(stored, context, row)
    except UNREADABLE:
        return False
    return True
