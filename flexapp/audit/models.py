"""Tables of the audit log: events, free text of events, and the sealed end of the chain."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import Model, UTCDateTime
from flexapp.encryption import EncryptedText


class AuditEvent(Model):
    """One audit event. Never changed or deleted.

    `data` is canonical JSON without personal data or free text. `previous` is the digest of the
    previous event, so a changed, removed or reordered event breaks the chain. Database triggers
    refuse updates and deletes (migration 0008).
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_person", "person_id", "seq"),
        Index("ix_audit_event_subject", "subject", "seq"),
        # For counting the events of a period (`repository.happened`).
        Index("ix_audit_event_action", "action", "at"),
        # A partial index: staff cause few of the events, so the others add nothing to it.
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
    """Reference to the event's free text (`AuditWords.ref`): a keyed digest of the text."""
    rows: Mapped[str | None] = mapped_column(Text)
    """JSON: the rows that the event vouches for (`vouching.py`), each with a keyed digest."""
    previous: Mapped[str]
    digest: Mapped[str]


class AuditWords(Model):
    """Free text that a person entered for one event, such as the reason for a revocation.

    It is in a table of its own because events never change, while an encrypted value changes when
    the key is rotated. The event contains a keyed digest of the text, so a changed text is
    detected.
    """

    __tablename__ = "audit_words"

    ref: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[str] = mapped_column(EncryptedText("audit_words.content"))
    """JSON object: the free-text entries of `Event.data`."""


class AuditAnchor(Model):
    """The last event of the chain, sealed with a key that is not in the database. A single row.

    The chain alone does not reveal that its end was cut off, or that all of it was recomputed.
    """

    __tablename__ = "audit_anchor"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    digest: Mapped[str]
    seal: Mapped[str]
