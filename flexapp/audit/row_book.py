"""Compare the rows that events vouch for (`vouching.py`) with the rows in the tables.

The book records, from all events, the last known state of every row. `flask audit verify` uses it
to find differences, `flask audit vouch` to find rows without an event.

The chain and every table are read once. The book keeps eight bytes of each row: 80 MB for ten
million assessments.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping

from sqlalchemy import Integer, Table
from sqlalchemy.exc import DataError

from flexapp.audit import repository
from flexapp.audit.vouching import (
    EVERYTHING,
    GONE,
    key_of,
    row_digest,
    vouched_columns,
    vouched_tables,
)

VOUCHED = "audit.vouched"
"""Action of the events that vouch for rows older than the feature (`flask audit vouch`)."""
ALL_VOUCHED = "audit.vouched_all"
"""Action of the event after which every row must be vouched for."""

MAX_NAMED = 20
"""Maximum number of differing rows that are listed for one table."""

_UNKNOWN, _REMOVED = 0, 1
"""States of a row besides its shortened digest: no event vouches for it; it was removed."""
_PART = 65_536
"""Row numbers in one part of `_Numbered`."""


class _Numbered:
    """States of rows with an integer key: eight bytes each, in parts, because of gaps."""

    def __init__(self) -> None:
        self._parts: dict[int, array[int]] = {}

    def get(self, key: str) -> int:
        part, place = divmod(int(key), _PART)
        found = self._parts.get(part)
        return _UNKNOWN if found is None else found[place]

    def set(self, key: str, value: int) -> None:
        part, place = divmod(int(key), _PART)
        if part not in self._parts:
            self._parts[part] = array("Q", bytes(8 * _PART))
        self._parts[part][place] = value

    def items(self) -> Iterator[tuple[str, int]]:
        for part in sorted(self._parts):
            for place, value in enumerate(self._parts[part]):
                if value != _UNKNOWN:
                    yield str(part * _PART + place), value


class _Named:
    """States of rows with any other primary key."""

    def __init__(self) -> None:
        self._values: dict[str, int] = {}

    def get(self, key: str) -> int:
        return self._values.get(key, _UNKNOWN)

    def set(self, key: str, value: int) -> None:
        self._values[key] = value

    def items(self) -> Iterator[tuple[str, int]]:
        return iter(sorted(self._values.items()))


class RowBook:
    """The state of every vouched row, built from the events, then compared with the tables."""

    def __init__(self) -> None:
        self._said: dict[str, _Numbered | _Named] = {
            table.name: _Numbered() if _is_numbered(table) else _Named()
            for table in vouched_tables()
        }
        self._complete = False

    def read(self, event: Mapping[str, object]) -> bool:
        """Record what the next event vouches for; False if part of it is unreadable.

        That means somebody changed the event. The unreadable part is skipped.
        """
        self._complete = self._complete or event["action"] == ALL_VOUCHED
        if event["rows"] is None:
            return True
        try:
            places = json.loads(str(event["rows"]))
        except (ValueError, RecursionError):
            return False
        if not isinstance(places, dict):
            return False
        unreadable = [place for place, digest in places.items() if not self._take_in(place, digest)]
        return not unreadable

    def _take_in(self, place: str, digest: object) -> bool:
        if place == EVERYTHING:
            self._complete = True
            return True
        name, _, key = place.partition("/")
        if not isinstance(digest, str) or not place.isprintable():
            return False
        try:
            if name in self._said:
                self._said[name].set(key, _REMOVED if digest == GONE else _short(digest))
        except ValueError:  # the key is not a number, or the digest is not hexadecimal
            return False
        return True

    @property
    def complete(self) -> bool:
        """Whether every row must be vouched for."""
        return self._complete

    def unknown(self, table: Table) -> Iterator[tuple[object, ...]]:
        """Primary keys of the rows of a table that no event vouches for."""
        said, names = self._said[table.name], [column.key for column in table.primary_key]
        for row in repository.rows_of(table, names):
            if said.get(key_of(table, row)) == _UNKNOWN:
                yield tuple(row[name] for name in names)

    def faults(self) -> Iterator[str]:
        """A sentence for each difference; beyond `MAX_NAMED` in a table, only their number.

        Consumes the book: it can be called once.
        """
        for table in vouched_tables():
            named = 0
            for named, fault in enumerate(self._readable_faults_of(table), 1):
                if named <= MAX_NAMED:
                    yield fault
            if named > MAX_NAMED:
                yield f"{table.name}: {named - MAX_NAMED} more rows like that"

    def _readable_faults_of(self, table: Table) -> Iterator[str]:
        try:
            yield from self._faults_of(table)
        except (ValueError, TypeError, DataError):  # such as an invalid time
            yield f"{table.name} holds a value that cannot be read; its other rows are not compared"

    def _faults_of(self, table: Table) -> Iterator[str]:
        said, unknown = self._said[table.name], 0
        for row in repository.rows_of(table, vouched_columns(table)):
            key = key_of(table, row)
            expected = said.get(key)
            if expected == _UNKNOWN:
                unknown += 1
                if self._complete:
                    yield f"{table.name} {key} was put there: no event vouches for it"
            elif expected == _REMOVED:
                yield f"{table.name} {key} was removed and is there again"
            else:
                if expected != _short(row_digest(table, row)):
                    yield f"{table.name} {key} is not what its last event says"
                said.set(key, _REMOVED)  # row found; entries that remain at the end are missing
        if unknown and not self._complete:
            yield f"{table.name}: no event vouches for {unknown} rows; run `flask audit vouch` once"
        for key, value in said.items():
            if value != _REMOVED:
                yield f"{table.name} {key} is missing"


def _short(digest: str) -> int:
    """The first eight bytes of a keyed digest as an integer, never `_UNKNOWN` or `_REMOVED`.

    Nobody without the key can compute it.
    """
    return max(int(digest[:16], 16), _REMOVED + 1)


def _is_numbered(table: Table) -> bool:
    keys = list(table.primary_key)
    return len(keys) == 1 and isinstance(keys[0].type, Integer)
