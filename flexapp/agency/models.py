"""Tables of what the agency publishes, opens and closes."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import Model, UTCDateTime


class Publication(Model):
    """A year's figures or a rate, from one document.

    `status` goes from "proposed" to "confirmed" or "withdrawn", once; nothing else ever changes.
    Another publication takes its place from a date on. The checks hold what the service promises:
    whoever confirmed it is not who proposed it.
    """

    __tablename__ = "publication"
    __table_args__ = (
        CheckConstraint(
            "status <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by)",
            name="two_people",
        ),
        CheckConstraint("(status = 'confirmed') = (in_force_from IS NOT NULL)", name="in_force"),
        {"info": {"vouched": True}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    rows: Mapped[str] = mapped_column(Text)
    """JSON of the parameter rows, as `ParameterRow.as_record` writes them."""
    document: Mapped[str]
    number: Mapped[str]
    document_date: Mapped[date]
    effective_from: Mapped[date]
    """As proposed; `in_force_from` is not before the day of the confirmation."""
    in_force_from: Mapped[date | None]
    status: Mapped[str]
    proposed_by: Mapped[int]
    """The number of the clerk (`staff.id`); the slice of the staff lies above this one."""
    proposed_by_label: Mapped[str]
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decided_by: Mapped[int | None]
    decided_by_label: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class DeclarationYear(Model):
    """A year that the agency opened or closed; the current one is open unless it says otherwise."""

    __tablename__ = "declaration_year"
    __table_args__ = ({"info": {"vouched": True}},)

    year: Mapped[int] = mapped_column(primary_key=True)
    open: Mapped[bool]


class PilotPlace(Model):
    """An area or a channel of the pilot (小范围试用) that the agency opened or closed.

    `kind` is "area" or "channel", `code` the division's or the channel's. Without a row the
    deployment's default holds (`agency/pilot.py`).
    """

    __tablename__ = "pilot_place"
    __table_args__ = ({"info": {"vouched": True}},)

    kind: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    open_from: Mapped[date | None]
    """From which day it is open; None: it is not, and nobody has said when it will be."""
    closed_since: Mapped[date | None]
    """Since which day it is closed; None where it never was open before."""


class Announcement(Model):
    """A text on 首页 (公告), from a day to a day, both included; the text never changes."""

    __tablename__ = "announcement"
    __table_args__ = (
        CheckConstraint("shown_from <= shown_to", name="days"),
        Index("ix_announcement_shown_to", "shown_to"),
        {"info": {"vouched": True}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    shown_from: Mapped[date]
    shown_to: Mapped[date]
    posted_by_label: Mapped[str]
    posted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    taken_down_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
