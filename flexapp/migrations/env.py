"""Runs the migrations on the application's own engine, one transaction for each."""

from __future__ import annotations

from typing import Literal

from alembic import context
from flask import current_app
from sqlalchemy import Connection
from sqlalchemy.types import TypeDecorator

from flexapp.db.session import db, write_intent


def render_item(kind: str, item: object, _autogen: object) -> str | Literal[False]:
    """Write our column types as the plain ones beneath, so that old migrations never change."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{type(item.impl_instance).__name__}()"
    return False


UPGRADING = 7_610_002
"""PostgreSQL advisory lock: of several nodes that start at once, one upgrades."""


def run(connection: Connection) -> None:
    """Upgrade or downgrade on an open connection."""
    context.configure(
        connection=connection,
        target_metadata=current_app.extensions["migrate"].db.metadata,
        render_item=render_item,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


token = write_intent.set(True)
try:
    with db.engine.connect() as open_connection:
        if open_connection.dialect.name == "postgresql":
            with db.engine.connect() as turn:
                # Held in a transaction of its own, whatever becomes of those of the migrations.
                for limit in ("lock_timeout", "idle_in_transaction_session_timeout"):
                    turn.exec_driver_sql(f"SET LOCAL {limit} = 0")
                turn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADING})")
                run(open_connection)
                open_connection.commit()
        else:
            run(open_connection)
            open_connection.commit()
finally:
    write_intent.reset(token)
