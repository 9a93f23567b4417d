"""Signed messages that were taken: the same one a second time is refused, whoever sends it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import (
    Model,
    UTCDateTime,
    db,
    table_of,
)
from flexapp.signing import VerifiedMessage
from flexapp.web.clock import utcnow


class SeenMessage(Model):
    """The id of a message that was taken, for as long as it could be believed again."""

    __tablename__ = "seen_message"

    issuer: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


_TABLE = table_of(SeenMessage)
_ADD = {
    name: insert(_TABLE).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    for name, insert in (("sqlite", sqlite_insert), ("postgresql", postgresql_insert))
}
_FORGET = _TABLE.delete().where(_TABLE.c.until < bindparam("now"))


def is_first(message: VerifiedMessage) -> bool:
    """Remember a message in the caller's transaction; False where it was taken before.

    Of two that arrive at once the primary key lets one through. What has expired is forgotten.
    """
    connection = db.session.connection()
    connection.execute(_FORGET, {"now": utcnow()})
    added = connection.execute(
        _ADD[connection.dialect.name],
        {"issuer": message.issuer, "id": message.id, "until": message.until},
    )
    return added.rowcount == 1
