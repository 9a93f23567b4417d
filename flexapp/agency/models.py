"""Tables of publications, declaration years, the pilot and announcements."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import Model, UTCDateTime


class Publication(Model):
    """The parameters of a year or a rate, published from one official document.

    `status` changes once, from "proposed" to "confirmed" or "withdrawn", together with the columns
    of the decision. Nothing else changes; a later publication supersedes this one from a date on.
    The check constraints require that two different officers propose and confirm it.
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
    """JSON list of parameter rows, written by `ParameterRow.as_record`."""
    document: Mapped[str]
    number: Mapped[str]
    document_date: Mapped[date]
    effective_from: Mapped[date]
    """The proposed date. `in_force_from` is this date or the day of confirmation, if later."""
    in_force_from: Mapped[date | None]
    status: Mapped[str]
    proposed_by: Mapped[int]
    """`staff.id` of the officer. Not a foreign key, because `staff` is a higher slice."""
    proposed_by_label: Mapped[str]
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decided_by: Mapped[int | None]
    decided_by_label: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class DeclarationYear(Model):
    """A year that the agency opened or closed. Without a row only the current year is open."""

    __tablename__ = "declaration_year"
    __table_args__ = ({"info": {"vouched": True}},)

    year: Mapped[int] = mapped_column(primary_key=True)
    open: Mapped[bool]


class PilotPlace(Model):
    """An area or a channel of the pilot (小范围试用) that the agency opened or closed.

    `kind` is "area" or "channel"; `code` is the code of the division or the channel. Without a row
    the default of the deployment applies (`agency/pilot.py`).
    """

    __tablename__ = "pilot_place"
    __table_args__ = ({"info": {"vouched": True}},)

    kind: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    open_from: Mapped[date | None]
    """First day on which it is open; None if it is closed without a date of opening."""
    closed_since: Mapped[date | None]
    """Day of the last closing; None if it was never closed after having been open."""


class Announcement(Model):
    """An announcement (公告) on 首页, first and last day included; the text never changes."""

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
