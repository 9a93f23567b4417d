"""Tables of staff accounts and their sessions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import Model, UTCDateTime
from flexapp.encryption import EncryptedText


class Staff(Model):
    """A staff account. Rows are never deleted, because audit events refer to them."""

    __tablename__ = "staff"
    __table_args__ = ({"info": {"vouched": True, "unvouched": ("last_step",)}},)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_name: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(EncryptedText("staff.name"))
    role: Mapped[str]
    password_hash: Mapped[str]
    must_change: Mapped[bool]
    """True if an administrator set the password. It then only allows choosing a new one."""
    secret: Mapped[str | None] = mapped_column(EncryptedText("staff.secret"))
    """TOTP secret of the second factor; None until it is set up."""
    last_step: Mapped[int] = mapped_column(default=0)
    """TOTP time step of the last accepted code, so that no code is accepted twice."""
    disabled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class StaffDivision(Model):
    """A division that a clerk with a local role works for."""

    __tablename__ = "staff_division"
    __table_args__ = ({"info": {"vouched": True}},)

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    division: Mapped[str] = mapped_column(primary_key=True)


class StaffSession(Model):
    """A server-side staff session. `passed` is "password" after the first factor, then "code"."""

    __tablename__ = "staff_session"

    token_digest: Mapped[str] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    passed: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    new_secret: Mapped[str | None] = mapped_column(EncryptedText("staff_session.new_secret"))
    """TOTP secret shown during enrolment; moved to the account after its first correct code."""
