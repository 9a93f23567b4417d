"""Tables of what waits to be sent and of what the tax bureau told us."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.extensions import Model, Moment


class OutboxMessage(Model):
    """Something to tell the tax bureau, written with the change it tells of.

    `kind` is "submit" or "ask"; `status` is waiting, claimed, done or dropped. Sending it twice is
    harmless: the tax bureau knows a submission by its serial and a request by its id.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (Index("ix_outbox_message_due", "status", "due_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    serial: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    reason: Mapped[str] = mapped_column(Text)
    status: Mapped[str]
    attempt: Mapped[int] = mapped_column(default=0)
    maybe_sent: Mapped[bool] = mapped_column(default=False)
    """Whether an attempt may have arrived: its answer was lost, or its worker died."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)
    last_fault: Mapped[str] = mapped_column(Text, default="")


class TaxChange(Model):
    """One thing the tax bureau did, as its feed told us; `outcome` is what it did here."""

    __tablename__ = "tax_change"

    event_id: Mapped[str] = mapped_column(primary_key=True)
    cursor: Mapped[int] = mapped_column(index=True)
    serial: Mapped[str]
    event: Mapped[str]
    at: Mapped[datetime] = mapped_column(Moment)
    outcome: Mapped[str]
