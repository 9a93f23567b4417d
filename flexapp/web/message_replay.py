"""Replay protection: each signed message is accepted once, whoever sends it again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import (
    ByEngine,
    Model,
    UTCDateTime,
    db,
    table_of,
)
from flexapp.signing import VerifiedMessage
from flexapp.web.clock import utcnow


class SeenMessage(Model):
    """The id of an accepted message, stored until the message expires."""

    __tablename__ = "seen_message"

    issuer: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


_TABLE = table_of(SeenMessage)
_ADD = ByEngine(
    _TABLE,
    lambda insert: insert.on_conflict_do_nothing().execution_options(preserve_rowcount=True),
)
_FORGET = _TABLE.delete().where(_TABLE.c.until < bindparam("now"))


def is_first(message: VerifiedMessage) -> bool:
    """Record a message in the caller's transaction; False if it was accepted before.

    The primary key decides between two concurrent copies. Expired records are deleted first.
    """
    connection = db.session.connection()
    connection.execute(_FORGET, {"now": utcnow()})
    added = connection.execute(
        _ADD(),
        {"issuer": message.issuer, "id": message.id, "until": message.until},
    )
    return added.rowcount == 1
