"""Tables of the outbox, of events from the tax bureau, and of the connection to it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import Model, UTCDateTime
from flexapp.encryption import EncryptedText


class OutboxMessage(Model):
    """A message to the tax bureau, written in the transaction of the change that it reports.

    `kind` is "submit" or "ask"; `status` is waiting, claimed, done, dropped or parked. Sending a
    message twice is harmless: the tax bureau identifies a submission by its serial and a revocation
    request by its id.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (Index("ix_outbox_message_due", "status", "due_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    serial: Mapped[str] = mapped_column(index=True)
    request_id: Mapped[str] = mapped_column(default="")
    """Id of the HTTP request that caused it; sent to the tax bureau and logged."""
    kind: Mapped[str]
    reason: Mapped[str] = mapped_column(EncryptedText("outbox_message.reason"))
    """The reason for a revocation request, as typed by the person who asked."""
    content: Mapped[str | None] = mapped_column(EncryptedText("outbox_message.content"))
    """Exact content of a submission, kept unchanged whatever happens to the resident's data."""
    digest: Mapped[str] = mapped_column(default="")
    """SHA-256 of `content`; the reconciliation compares it with the record at the tax bureau."""
    status: Mapped[str]
    attempt: Mapped[int] = mapped_column(default=0)
    maybe_sent: Mapped[bool] = mapped_column(default=False)
    """Whether an attempt may have arrived: its answer was lost, or its worker died."""
    failures: Mapped[int] = mapped_column(default=0)
    """Number of answers from the tax bureau that it cannot do it."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_fault: Mapped[str] = mapped_column(Text, default="")
    proof: Mapped[str] = mapped_column(EncryptedText("outbox_message.proof"), default="")
    """The signed answer of the tax bureau that settled the message (`protocol.Proof`)."""


class TaxEvent(Model):
    """An event reported by the tax bureau; `outcome` is the result of applying it here."""

    __tablename__ = "tax_event"
    __table_args__ = (Index("ix_tax_event_serial", "serial", "cursor"),)

    event_id: Mapped[str] = mapped_column(primary_key=True)
    cursor: Mapped[int]
    serial: Mapped[str]
    event: Mapped[str]
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    outcome: Mapped[str]
    digest: Mapped[str] = mapped_column(default="")
    """SHA-256 of the event as sent; an event that is sent again must have the same."""
    proof: Mapped[str] = mapped_column(EncryptedText("tax_event.proof"), default="")
    """The signed message that reported the event."""


class TaxLink(Model):
    """State of the connection to the tax bureau: one row, `id` 1."""

    __tablename__ = "tax_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    cursor: Mapped[int] = mapped_column(default=0)
    """Cursor up to which changes at the tax bureau have been compared with our records."""
    compared_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    """Number of calls without an answer since the last answered call."""
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the tax bureau last accepted or refused a message."""
    down_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    probe_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """While it is down: when the next test call is due."""
    sender_seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When a worker last ran, whether or not there was anything to send."""
    paused_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When an officer paused sending, the officer (`paused_by`) and the reason."""
    paused_by: Mapped[str] = mapped_column(default="")
    pause_reason: Mapped[str] = mapped_column(default="")


class TaxFinding(Model):
    """A difference that needs manual handling; removed once both records agree."""

    __tablename__ = "tax_finding"

    serial: Mapped[str] = mapped_column(primary_key=True)
    difference: Mapped[str] = mapped_column(Text)
    found_at: Mapped[datetime] = mapped_column(UTCDateTime)
