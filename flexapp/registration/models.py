"""Tables of registrations and virtual units."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import Model, UTCDateTime
from flexapp.encryption import EncryptedText


class VirtualUnit(Model):
    """A virtual unit (虚拟单位): the unit under which flexibly employed people are insured.

    A unique constraint allows one unit of each kind in a division. Units that existed beside these
    two before the notice of 2019 have the kind "former:<id of the FormerUnit>". A trigger rejects
    any other kind (migration 0008).
    """

    __tablename__ = "virtual_unit"
    __table_args__ = (UniqueConstraint("division", "kind"), {"info": {"vouched": True}})

    id: Mapped[int] = mapped_column(primary_key=True)
    division: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(unique=True)


class FormerUnit(Model):
    """A further virtual unit from before the notice of 2019, merged into the two regular ones.

    It must have been opened before 2020. No unit can be added once the merging of its area has
    begun. The database enforces both rules, too.
    """

    __tablename__ = "former_unit"
    __table_args__ = (
        CheckConstraint("opened_on < '2020-01-01'", name="opened_before_2020"),
        {"info": {"vouched": True}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    division: Mapped[str]
    name: Mapped[str] = mapped_column(unique=True)
    opened_on: Mapped[date]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("virtual_unit.id"), unique=True)
    merged_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Registration(Model):
    """A registration of a person. A change adds a row and sets `superseded_at` of the old one.

    The current registration has no `superseded_at`; a person has at most one.
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
        {"info": {"vouched": True}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    division: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey("virtual_unit.id"))
    ethnic_group: Mapped[str]
    address: Mapped[str] = mapped_column(EncryptedText("registration.address"))
    credit_code: Mapped[str | None] = mapped_column(EncryptedText("registration.credit_code"))
    work_start: Mapped[date]
    registered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    superseded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
