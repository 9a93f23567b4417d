"""`python -m tools.bench.multiply FILE TIMES`: multiplies the generated rows of a SQLite file.

For `make bench ARGS="--only rows --large sqlite:///FILE"` at sizes for which `flask demo generate`
takes hours. Page cost depends on the number of rows and the depth of the indexes, which are real.
The copies are no valid people: their events are in no chain (`flask audit verify` reports them),
their encrypted values cannot be decrypted in another row, and no ID number finds them. Use such a
file for benchmarks only.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import time
from collections.abc import Mapping
from contextlib import closing

OF_ALL = "(SELECT value FROM multiplied WHERE name = '{}') * :copy"
"""SQL: the offset that is added to the ids of a table in a copy."""


def moved(column: str, table: str) -> str:
    """Return SQL for a column with ids of the table, shifted by the copy's offset."""
    return f"{column} + {OF_ALL.format(table)}"


TOLD_APART = ":copy || '-' || {}"
CHANGED: Mapping[str, Mapping[str, str]] = {
    "person": {
        "id": moved("id", "person"),
        "identity_index": TOLD_APART.format("identity_index"),
    },
    "account": {
        "id": moved("id", "account"),
        "phone_index": TOLD_APART.format("phone_index"),
        "person_id": moved("person_id", "person"),
    },
    "registration": {
        "id": moved("id", "registration"),
        "person_id": moved("person_id", "person"),
    },
    "assessment": {
        "id": moved("id", "assessment"),
        "serial": "char(96 + :copy) || substr(serial, 2)",
        "person_id": moved("person_id", "person"),
        "made_by": moved("made_by", "account"),
    },
    "assessed_month": {
        "person_id": moved("person_id", "person"),
        "assessment_id": moved("assessment_id", "assessment"),
    },
    "audit_event": {
        "seq": moved("seq", "audit_event"),
        "person_id": moved("person_id", "person"),
        "actor_id": moved("actor_id", "account"),
        "subject": "char(96 + :copy) || substr(subject, 2)",
    },
}
"""SQL for the columns that differ in a copy; all others are copied unchanged."""

FASTER = (
    "PRAGMA journal_mode=OFF",
    "PRAGMA synchronous=OFF",
    "PRAGMA foreign_keys=OFF",
    "PRAGMA cache_size=-6000000",
    "PRAGMA temp_store=MEMORY",
)


def main(arguments: list[str]) -> int:
    """Copy the rows and print the progress."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.multiply", description=__doc__)
    parser.add_argument("file")
    parser.add_argument("times", type=int, choices=range(2, 27))
    asked = parser.parse_args(arguments)
    began = time.monotonic()
    with closing(sqlite3.connect(asked.file, isolation_level=None)) as file:
        for pragma in FASTER:
            file.execute(pragma)
        _measure(file)
        # Table by table, so that the indexes in use fit into memory.
        for table in CHANGED:
            for copy in range(1, asked.times):
                _copy(file, table, copy)
            (rows,) = file.execute(f"SELECT count(*) FROM {table}").fetchone()
            print(f"{table}: {rows} rows, {time.monotonic() - began:.0f} s", flush=True)
        file.execute("DROP TABLE multiplied")
    return 0


def _measure(file: sqlite3.Connection) -> None:
    """Store the id offset of each table, which is also the limit of the rows to copy."""
    file.execute("CREATE TABLE multiplied (name TEXT PRIMARY KEY, value INTEGER)")
    for table, changed in CHANGED.items():
        if (key := next(iter(changed))) in ("id", "seq"):
            file.execute(
                f"INSERT INTO multiplied SELECT '{table}', coalesce(max({key}), 0) FROM {table}"
            )


def _copy(file: sqlite3.Connection, table: str, copy: int) -> None:
    names = [str(row[1]) for row in file.execute(f"PRAGMA table_info({table})")]
    values = [CHANGED[table].get(name, name) for name in names]
    key, of = ("person_id", "person") if table == "assessed_month" else (names[0], table)
    if table == "audit_event":
        # Triggers forbid changing events, but the copies are only inserted.
        key = "seq"
    file.execute(
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {table}"
        f" WHERE {key} <= (SELECT value FROM multiplied WHERE name = '{of}')",
        {"copy": copy},
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
