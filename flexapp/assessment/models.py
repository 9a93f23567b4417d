"""Tables of assessments, the months they hold, and what surrounds them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.extensions import Model, Moment


class Assessment(Model):
    """One assessment. Only `state`, `state_at`, `claimed` and `held_up` ever change, and `unit_id`
    when its virtual unit is merged into another.

    Money is whole fen. `parameters` is the JSON of the parameter rows used, so that the figures can
    be explained again whatever is published later.
    """

    __tablename__ = "assessment"
    __table_args__ = (
        Index("ix_assessment_person", "person_id", "id"),
        Index("ix_assessment_state", "state", "id"),
        CheckConstraint("(made_by IS NULL) <> (made_by_staff IS NULL)", name="maker"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    serial: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("virtual_unit.id"))
    division: Mapped[str]
    kind: Mapped[str]
    start_month: Mapped[str]
    end_month: Mapped[str]
    months: Mapped[int]
    entered: Mapped[str]
    meaning: Mapped[str]
    bound: Mapped[str]
    monthly_base: Mapped[int] = mapped_column(BigInteger)
    period_base: Mapped[int] = mapped_column(BigInteger)
    monthly_amount: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int] = mapped_column(BigInteger)
    parameters: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    """The account whose holder made it, the resident's own or a proxy's; None: a clerk did."""
    made_by_label: Mapped[str]
    by_proxy: Mapped[bool]
    channel: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str]
    state_at: Mapped[datetime] = mapped_column(Moment)
    claimed: Mapped[bool] = mapped_column(default=False)
    """Queued, and in a sender's hands: it may have left."""
    held_up: Mapped[str] = mapped_column(default="")
    """Queued, and not on its way: "down", it goes out by itself once the tax bureau can be reached;
    "parked", somebody at the agency must look at it."""
    made_by_staff: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """The clerk who made it at a hall; either this or `made_by`, the table sees to it."""


class AssessedMonth(Model):
    """A month of a person that a live assessment holds.

    The primary key is the guarantee that no month is in two live assessments.
    """

    __tablename__ = "assessed_month"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessment.id"), index=True)


class SerialCounter(Model):
    """The last number given in a division on a day."""

    __tablename__ = "serial_counter"

    division: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]


class ProxyCase(Model):
    """An account that named a person by name and ID number, and may handle for them that day."""

    __tablename__ = "proxy_case"
    __table_args__ = (UniqueConstraint("account_id", "person_id"),)

    token: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime] = mapped_column(Moment)
