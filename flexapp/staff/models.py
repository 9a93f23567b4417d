"""Tables of the people who work at the counters, and of their sessions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import Model, UTCDateTime
from flexapp.encryption import EncryptedText


class Staff(Model):
    """Somebody who works at a counter. Never deleted: what they did keeps their name."""

    __tablename__ = "staff"
    __table_args__ = ({"info": {"vouched": True, "unvouched": ("last_step",)}},)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_name: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(EncryptedText("staff.name"))
    role: Mapped[str]
    password_hash: Mapped[str]
    must_change: Mapped[bool]
    """The password was given by somebody else and works for choosing one's own only."""
    secret: Mapped[str | None] = mapped_column(EncryptedText("staff.secret"))
    """Of the second factor; None until it is set up."""
    last_step: Mapped[int] = mapped_column(default=0)
    """The time step of the last code that was taken: no code is taken twice."""
    disabled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class StaffDivision(Model):
    """A division that a local clerk works for."""

    __tablename__ = "staff_division"
    __table_args__ = ({"info": {"vouched": True}},)

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    division: Mapped[str] = mapped_column(primary_key=True)


class StaffSession(Model):
    """A session at a counter. `passed`: "password", then "code"."""

    __tablename__ = "staff_session"

    token_digest: Mapped[str] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    passed: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    new_secret: Mapped[str | None] = mapped_column(EncryptedText("staff_session.new_secret"))
    """Shown while the second factor is being set up; kept once a code of it was right."""
