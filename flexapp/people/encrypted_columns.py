"""Encrypted columns of every table as they are stored, found from the models.

Here values go in and out as ciphertext: the columns are named anew as plain text, so that nothing
opens or seals them on the way.
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

from flexapp.db.session import db
from flexapp.encryption import LABEL, LONGEST_LABEL, encrypted_columns, row_key

UNNAMED = "?"
"""The label of values that have none: nothing of ours wrote them."""


@dataclass(frozen=True, slots=True)
class SealedTable:
    """A table with encrypted columns."""

    rows: TableClause
    key: tuple[str, ...]
    contexts: Mapping[str, str]
    """What each encrypted column's values are sealed for."""
    bound_to: Mapping[str, tuple[str, ...]]
    """The columns whose values each encrypted column is bound to."""

    @property
    def name(self) -> str:
        """The table's name."""
        return self.rows.name

    def key_columns(self) -> list[ColumnClause[Any]]:
        """The columns of its primary key."""
        return [self.rows.c[name] for name in self.key]


@dataclass(frozen=True, slots=True, repr=False)
class SealedRow:
    """The encrypted values of a row, as stored; empty columns are left out."""

    key: tuple[Any, ...]
    values: Mapping[str, str]
    rows: Mapping[str, str]
    """What each value is bound to."""


def sealed_tables() -> tuple[SealedTable, ...]:
    """Every table that a model gives an encrypted column."""
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
            found.append(SealedTable(stored, names, contexts, bound_to))
    return tuple(found)


def exist() -> bool:
    """Whether the database has these tables: one that is not migrated yet has none."""
    seen = inspect(db.session.connection())
    return all(seen.has_table(each.name) for each in sealed_tables())


def counts(of: SealedTable) -> Mapping[str, Counter[str]]:
    """How many values of each column there are under each label."""
    found = {}
    for name in of.contexts:
        label = _label(of.rows.c[name])
        query = select(label, func.count()).where(of.rows.c[name].is_not(None)).group_by(label)
        found[name] = tally = Counter[str]()
        for text, number in db.session.execute(query):
            tally[text if LABEL.fullmatch(text) else UNNAMED] += number
    return found


def has_unbound(of: SealedTable) -> bool:
    """Whether any value is not bound to its row."""
    unbound = [
        and_(of.rows.c[name].is_not(None), _label(of.rows.c[name]).not_like("%.row"))
        for name in of.contexts
    ]
    return (
        db.session.execute(select(of.rows.c[of.key[0]]).where(or_(*unbound)).limit(1)).first()
        is not None
    )


def waiting(of: SealedTable, label: str) -> int:
    """How many rows have a value that is not under this label."""
    query = select(func.count()).select_from(of.rows).where(_not_under(of, label))
    return db.session.execute(query).scalar_one()


def not_under(
    of: SealedTable, label: str, before: tuple[Any, ...] | None, limit: int
) -> list[SealedRow]:
    """The next rows with a value that is not under this label, the last in the table first."""
    query = _rows(of).where(_not_under(of, label))
    if before is not None:
        query = query.where(tuple_(*of.key_columns()) < before)
    return _read(of, query.order_by(*(key.desc() for key in of.key_columns())).limit(limit))


def every(of: SealedTable, batch: int) -> Iterator[SealedRow]:
    """All rows of a table in the order of their keys, so many read at a time."""
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


def ends(of: SealedTable, limit: int) -> list[SealedRow]:
    """The first rows of a table, and the last."""
    first = _rows(of).order_by(*of.key_columns()).limit(limit)
    last = _rows(of).order_by(*(key.desc() for key in of.key_columns())).limit(limit)
    return _read(of, first) + _read(of, last)


def replace(of: SealedTable, fresh: Sequence[tuple[SealedRow, Mapping[str, str]]]) -> int:
    """Put new values in place of rows' old ones; how many rows still had those.

    One statement for all rows with the same columns: beside a running service every millisecond
    counts in which nobody else can write.
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


def _rows(of: SealedTable) -> Any:
    return select(*of.rows.columns)


def _read(of: SealedTable, query: Any) -> list[SealedRow]:
    return [
        SealedRow(
            tuple(row[name] for name in of.key),
            {name: row[name] for name in of.contexts if row[name] is not None},
            {name: row_key(*(row[each] for each in to)) for name, to in of.bound_to.items()},
        )
        for row in db.session.execute(query).mappings()
    ]


def _not_under(of: SealedTable, label: str) -> ColumnElement[bool]:
    start = f"{label}:"
    return or_(
        *(
            and_(of.rows.c[name].is_not(None), func.substr(of.rows.c[name], 1, len(start)) != start)
            for name in of.contexts
        )
    )


def _label(of: ColumnElement[str]) -> ColumnElement[str]:
    """What stands before the colon, as long as it can be a label: the rest is not to be shown."""
    postgresql = db.session.get_bind().dialect.name == "postgresql"
    at = func.strpos(of, ":") if postgresql else func.instr(of, ":")
    return case((at.between(2, LONGEST_LABEL + 1), func.substr(of, 1, at - 1)), else_=UNNAMED)
