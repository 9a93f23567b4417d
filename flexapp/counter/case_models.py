"""Table of the cases that clerks open for people at a window."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import Model, UTCDateTime


class CounterCase(Model):
    """A clerk entered a person's ID number and may serve them for a limited time."""

    __tablename__ = "counter_case"
    __table_args__ = (UniqueConstraint("staff_id", "person_id"),)

    token: Mapped[str] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)
