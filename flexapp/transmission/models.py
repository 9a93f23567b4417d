"""Tables of what waits to be sent, of what the tax bureau told us, and of how we stand with it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import Model, UTCDateTime
from flexapp.encryption import EncryptedText


class OutboxMessage(Model):
    """Something to tell the tax bureau, written with the change it tells of.

    `kind` is "submit" or "ask"; `status` is waiting, claimed, done, dropped or parked. Sending it
    twice is harmless: the tax bureau knows a submission by its serial and a request by its id.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (Index("ix_outbox_message_due", "status", "due_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    serial: Mapped[str] = mapped_column(index=True)
    request_id: Mapped[str] = mapped_column(default="")
    """Of the request that wanted it: it goes along to the tax bureau and into the log."""
    kind: Mapped[str]
    reason: Mapped[str] = mapped_column(EncryptedText("outbox_message.reason"))
    """Why the tax bureau is asked to revoke, as the person typed it."""
    content: Mapped[str | None] = mapped_column(EncryptedText("outbox_message.content"))
    """Of a submission: what is sent, to the letter, whatever becomes of the person's data."""
    digest: Mapped[str] = mapped_column(default="")
    """SHA-256 of `content`, by which both books are compared."""
    status: Mapped[str]
    attempt: Mapped[int] = mapped_column(default=0)
    maybe_sent: Mapped[bool] = mapped_column(default=False)
    """Whether an attempt may have arrived: its answer was lost, or its worker died."""
    failures: Mapped[int] = mapped_column(default=0)
    """How often the tax bureau answered that it cannot, or we could not even ask."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_fault: Mapped[str] = mapped_column(Text, default="")
    proof: Mapped[str] = mapped_column(EncryptedText("outbox_message.proof"), default="")
    """The tax bureau's signed answer that settled it (`protocol.Proof`)."""


class TaxEvent(Model):
    """One thing the tax bureau told us that it did; `outcome` is what it did here."""

    __tablename__ = "tax_event"
    __table_args__ = (Index("ix_tax_event_serial", "serial", "cursor"),)

    event_id: Mapped[str] = mapped_column(primary_key=True)
    cursor: Mapped[int]
    serial: Mapped[str]
    event: Mapped[str]
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    outcome: Mapped[str]
    digest: Mapped[str] = mapped_column(default="")
    """SHA-256 of the event as it was told: told again, it must be the same."""
    proof: Mapped[str] = mapped_column(EncryptedText("tax_event.proof"), default="")
    """The signed message that told it."""


class TaxLink(Model):
    """How we stand with the tax bureau: one row, `id` 1."""

    __tablename__ = "tax_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    cursor: Mapped[int] = mapped_column(default=0)
    """How far its changes have been compared with our book."""
    compared_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    """Calls without an answer since the last one with."""
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When it last took or refused a message."""
    down_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    probe_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """While it is down: when the next one call asks whether it is back."""
    sender_seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When a sender was last at work, whether or not it had anything to send."""
    paused_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Since when an officer holds everything back; who, and why."""
    paused_by: Mapped[str] = mapped_column(default="")
    pause_reason: Mapped[str] = mapped_column(default="")


class TaxFinding(Model):
    """A difference between the books that only a person can settle; gone once they agree."""

    __tablename__ = "tax_finding"

    serial: Mapped[str] = mapped_column(primary_key=True)
    difference: Mapped[str] = mapped_column(Text)
    found_at: Mapped[datetime] = mapped_column(UTCDateTime)
