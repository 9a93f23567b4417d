"""Tables of registrations and virtual units."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.extensions import Model, Moment
from flexapp.people.encryption import EncryptedText


class VirtualUnit(Model):
    """虚拟单位: the unit that flexibly employed people of a place are insured under.

    A place has at most one of each kind; the constraint makes a further one impossible.
    """

    __tablename__ = "virtual_unit"
    __table_args__ = (UniqueConstraint("division", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    division: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(unique=True)


class Registration(Model):
    """One registration of a person; a change adds the next one, and the old one stays as it was.

    The current one has no `superseded_at`; a person has at most one.
    """

    __tablename__ = "registration"
    __table_args__ = (
        Index(
            "uq_registration_current",
            "person_id",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    division: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey("virtual_unit.id"))
    ethnic_group: Mapped[str]
    address: Mapped[str] = mapped_column(EncryptedText("registration.address"))
    credit_code: Mapped[str | None] = mapped_column(EncryptedText("registration.credit_code"))
    work_start: Mapped[date]
    registered_at: Mapped[datetime] = mapped_column(Moment)
    superseded_at: Mapped[datetime | None] = mapped_column(Moment)
