"""The table of events."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.extensions import Model, Moment


class AuditEvent(Model):
    """One thing that was done. Never changed, never removed.

    `data` is canonical JSON without personal data; `previous` is the digest of the event before, so
    that a changed, removed or reordered event breaks the chain.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_person", "person_id", "seq"),
        Index("ix_audit_event_subject", "subject", "seq"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    action: Mapped[str]
    person_id: Mapped[int | None]
    subject: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[int | None]
    actor_label: Mapped[str]
    channel: Mapped[str]
    data: Mapped[str] = mapped_column(Text)
    previous: Mapped[str]
    digest: Mapped[str]
