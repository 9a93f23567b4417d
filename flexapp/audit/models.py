"""The table of events, and where the end of their chain is kept beside it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import Model, UTCDateTime
from flexapp.encryption import EncryptedText


class AuditEvent(Model):
    """One thing that was done. Never changed, never removed.

    `data` is canonical JSON without personal data or free text; `previous` is the digest of the
    event before, so that a changed, removed or reordered event breaks the chain. Triggers of the
    database refuse to change or remove one (migration 0008).
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_person", "person_id", "seq"),
        Index("ix_audit_event_subject", "subject", "seq"),
        # Counting what was done in a stretch of time (`happened`).
        Index("ix_audit_event_action", "action", "at"),
        # Of the few events that staff cause; the many of everybody else pay nothing for it.
        Index(
            "ix_audit_event_staff",
            "actor_id",
            "seq",
            sqlite_where=text("actor_kind = 'staff'"),
            postgresql_where=text("actor_kind = 'staff'"),
        ),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    action: Mapped[str]
    person_id: Mapped[int | None]
    subject: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[int | None]
    actor_label: Mapped[str]
    channel: Mapped[str]
    data: Mapped[str] = mapped_column(Text)
    words: Mapped[str | None]
    """The number of what somebody typed about it (`AuditWords`): a keyed digest of it."""
    rows: Mapped[str | None] = mapped_column(Text)
    """JSON of the rows that it vouches for (`vouching.py`), each with a keyed digest."""
    previous: Mapped[str]
    digest: Mapped[str]


class AuditWords(Model):
    """What people typed, in their own words, of one event: why something is to be revoked.

    Beside the event because the event never changes, and an encrypted value does: with the key. The
    event holds a keyed digest of the words, so that other words in their place are found.
    """

    __tablename__ = "audit_words"

    ref: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[str] = mapped_column(EncryptedText("audit_words.content"))
    """JSON of `Event.data` that is free text, by name."""


class AuditAnchor(Model):
    """The last event of the chain, sealed with a key that the database does not hold. One row.

    A chain alone does not show that its end was cut off, nor that somebody reckoned all of it anew.
    """

    __tablename__ = "audit_anchor"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    digest: Mapped[str]
    seal: Mapped[str]
