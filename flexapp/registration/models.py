"""Tables of registrations and virtual units."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import Model, UTCDateTime
from flexapp.encryption import EncryptedText


class VirtualUnit(Model):
    """虚拟单位: the unit that flexibly employed people of a place are insured under.

    A place has at most one of each kind; the constraint makes a further one impossible. What stood
    beside the two before the notice has the kind "former:<id of its FormerUnit>"; a trigger refuses
    any other (migration 0008).
    """

    __tablename__ = "virtual_unit"
    __table_args__ = (UniqueConstraint("division", "kind"), {"info": {"vouched": True}})

    id: Mapped[int] = mapped_column(primary_key=True)
    division: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(unique=True)


class FormerUnit(Model):
    """A further virtual unit that stood before the notice of 2019, to be merged into the two.

    None can have been opened since, and none comes in once the area has begun to merge: the
    database says so, not only the code.
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
