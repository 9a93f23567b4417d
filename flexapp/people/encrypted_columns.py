"""Access to the stored ciphertext of all encrypted columns, found from the models.

The queries use plain `Text` columns, so that SQLAlchemy neither decrypts nor encrypts the values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnClause,
    ColumnElement,
    CursorResult,
    TableClause,
    Text,
    and_,
    bindparam,
    case,
    column,
    func,
    inspect,
    or_,
    select,
    table,
    tuple_,
    update,
)

from flexapp.db.session import db, position_of
from flexapp.encryption import LABEL, MAX_LABEL, encrypted_columns, row_key

UNNAMED = "?"
"""Stands for the label of values without one, which this program did not write."""


@dataclass(frozen=True, slots=True)
class EncryptedTable:
    """A table with encrypted columns."""

    rows: TableClause
    key: tuple[str, ...]
    contexts: Mapping[str, str]
    """Encryption context ("table.column") of each encrypted column."""
    bound_to: Mapping[str, tuple[str, ...]]
    """For each encrypted column, the columns whose values its ciphertext is bound to."""

    @property
    def name(self) -> str:
        """Name of the table."""
        return self.rows.name

    def key_columns(self) -> list[ColumnClause[Any]]:
        """Return the columns of the primary key."""
        return [self.rows.c[name] for name in self.key]


@dataclass(frozen=True, slots=True, repr=False)
class EncryptedRow:
    """The ciphertexts of a row by column; NULL columns are left out."""

    key: tuple[Any, ...]
    values: Mapping[str, str]
    rows: Mapping[str, str]
    """For each column, the row key that its ciphertext is bound to."""


def encrypted_tables() -> tuple[EncryptedTable, ...]:
    """Return all tables with encrypted columns."""
    found = []
    for each in db.metadata.sorted_tables:
        kinds = encrypted_columns(each)
        if kinds:
            keys = list(each.primary_key.columns)
            bound_to = {name: kind.bound_to(each) for name, kind in kinds.items()}
            names = tuple(key.name for key in keys)
            beside = {each.c[n].name: each.c[n] for of in bound_to.values() for n in of}
            named = {**{key.name: key for key in keys}, **beside}
            contexts = {name: kind.context for name, kind in kinds.items()}
            stored = _as_stored(each.name, list(named.values()), contexts)
            found.append(EncryptedTable(stored, names, contexts, bound_to))
    return tuple(found)


def exist() -> bool:
    """Whether the database has these tables; false before the migrations."""
    seen = inspect(db.session.connection())
    return all(seen.has_table(each.name) for each in encrypted_tables())


def counts(of: EncryptedTable) -> Mapping[str, Counter[str]]:
    """Count the values of each column by label."""
    found = {}
    for name in of.contexts:
        label = _label(of.rows.c[name])
        query = select(label, func.count()).where(of.rows.c[name].is_not(None)).group_by(label)
        found[name] = tally = Counter[str]()
        for text, number in db.session.execute(query):
            tally[text if LABEL.fullmatch(text) else UNNAMED] += number
    return found


def has_unbound(of: EncryptedTable) -> bool:
    """Whether the table has a value that is not bound to its row."""
    unbound = [
        and_(of.rows.c[name].is_not(None), _label(of.rows.c[name]).not_like("%.row"))
        for name in of.contexts
    ]
    return (
        db.session.execute(select(of.rows.c[of.key[0]]).where(or_(*unbound)).limit(1)).first()
        is not None
    )


def waiting(of: EncryptedTable, label: str) -> int:
    """Count the rows with a value under another label."""
    query = select(func.count()).select_from(of.rows).where(_not_under(of, label))
    return db.session.execute(query).scalar_one()


def not_under(
    of: EncryptedTable, label: str, before: tuple[Any, ...] | None, limit: int
) -> list[EncryptedRow]:
    """Return at most `limit` rows with a value under another label, in descending key order.

    `before` is the key of the last row of the previous call; None for the first call.
    """
    query = _rows(of).where(_not_under(of, label))
    if before is not None:
        query = query.where(tuple_(*of.key_columns()) < before)
    return _read(of, query.order_by(*(key.desc() for key in of.key_columns())).limit(limit))


def every(of: EncryptedTable, batch: int) -> Iterator[EncryptedRow]:
    """Yield all rows of a table in key order, reading `batch` rows per query."""
    after: tuple[Any, ...] | None = None
    while True:
        query = _rows(of).order_by(*of.key_columns()).limit(batch)
        if after is not None:
            query = query.where(tuple_(*of.key_columns()) > after)
        rows = _read(of, query)
        yield from rows
        if len(rows) < batch:
            return
        after = rows[-1].key


def ends(of: EncryptedTable, limit: int) -> list[EncryptedRow]:
    """Return the first and the last `limit` rows of a table."""
    first = _rows(of).order_by(*of.key_columns()).limit(limit)
    last = _rows(of).order_by(*(key.desc() for key in of.key_columns())).limit(limit)
    return _read(of, first) + _read(of, last)


def replace(of: EncryptedTable, fresh: Sequence[tuple[EncryptedRow, Mapping[str, str]]]) -> int:
    """Replace old values by new ones; return the number of rows that still had the old values.

    Rows with the same columns share one statement, to keep the write lock short while the service
    runs.
    """
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row, values in fresh:
        given = {f"key_{name}": value for name, value in zip(of.key, row.key, strict=True)}
        for name, value in values.items():
            given |= {f"old_{name}": row.values[name], f"new_{name}": value}
        alike.setdefault(tuple(values), []).append(given)
    done = 0
    for names, rows in alike.items():
        same = [of.rows.c[name] == bindparam(f"old_{name}") for name in names]
        here = [key == bindparam(f"key_{key.name}") for key in of.key_columns()]
        new: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
        result = db.session.execute(update(of.rows).where(*here, *same).values(new), rows)
        assert isinstance(result, CursorResult)
        done += result.rowcount
    return done


def _as_stored(name: str, keys: list[Column[Any]], contexts: Mapping[str, str]) -> TableClause:
    named = [column(key.name, key.type) for key in keys]
    return table(name, *named, *(column(each, Text()) for each in contexts))


def _rows(of: EncryptedTable) -> Any:
    return select(*of.rows.columns)


def _read(of: EncryptedTable, query: Any) -> list[EncryptedRow]:
    return [
        EncryptedRow(
            tuple(row[name] for name in of.key),
            {name: row[name] for name in of.contexts if row[name] is not None},
            {name: row_key(*(row[each] for each in to)) for name, to in of.bound_to.items()},
        )
        for row in db.session.execute(query).mappings()
    ]


def _not_under(of: EncryptedTable, label: str) -> ColumnElement[bool]:
    start = f"{label}:"
    return or_(
        *(
            and_(of.rows.c[name].is_not(None), func.substr(of.rows.c[name], 1, len(start)) != start)
            for name in of.contexts
        )
    )


def _label(of: ColumnElement[str]) -> ColumnElement[str]:
    """SQL expression for the text before the colon, if short enough for a label, else `UNNAMED`.

    A longer text may be unencrypted data and must not be shown.
    """
    at = position_of(of, ":")
    return case((at.between(2, MAX_LABEL + 1), func.substr(of, 1, at - 1)), else_=UNNAMED)
