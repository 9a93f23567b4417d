"""Records the SQL statements that the application sends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import event

from flexapp.db.session import db


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Yield the list of statements sent inside the block, repetitions included.

    BEGIN, COMMIT and PostgreSQL's advisory locks are not recorded.
    """
    said: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "pg_advisory_xact_lock" not in statement:
            said.append(" ".join(statement.split()))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)
