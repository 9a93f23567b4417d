"""Tables of assessments, their reserved months, serial counters, proxy cases and disputes."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import Model, UTCDateTime
from flexapp.encryption import EncryptedText


class Assessment(Model):
    """One assessment.

    Only `state`, `state_at`, `claimed`, `held_up` and `disputed_at` ever change, and `unit_id` when
    its virtual unit is merged into another.

    Amounts are integers in fen. `parameters` is the JSON of the parameter rows used, so that the
    figures can be explained whatever is published later.
    """

    __tablename__ = "assessment"
    __table_args__ = (
        Index("ix_assessment_person", "person_id", "id"),
        Index("ix_assessment_state", "state", "id"),
        CheckConstraint(
            "(made_by IS NULL) <> (made_by_staff IS NULL)"
            " OR (origin <> '' AND made_by IS NULL AND made_by_staff IS NULL)",
            name="maker",
        ),
        {"info": {"vouched": True, "unvouched": ("claimed", "held_up")}},
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
    """The account that created it, the resident's own or a proxy's; None if a clerk did."""
    made_by_label: Mapped[str]
    by_proxy: Mapped[bool]
    channel: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    state: Mapped[str]
    state_at: Mapped[datetime] = mapped_column(UTCDateTime)
    claimed: Mapped[bool] = mapped_column(default=False)
    """A worker has claimed the queued assessment, so it may have been sent."""
    held_up: Mapped[str] = mapped_column(default="")
    """Why a queued assessment is not being sent. "down": it is sent automatically once the tax
    bureau is reachable. "parked": somebody at the agency must look at it.
    """
    made_by_staff: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """The clerk who created it at a hall. A constraint requires exactly one of this and `made_by`,
    or neither for a restored assessment.
    """
    disputed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the open case of 不是我办的 (`Dispute`) was opened. Until it closes, the assessment is
    not transmitted.
    """
    origin: Mapped[str] = mapped_column(default="", server_default="")
    """"tax_archive": restored from the tax bureau's archive (`restoration.py`), without a
    creator.
    """


class AssessedMonth(Model):
    """A month of a person that an active assessment reserves.

    The primary key guarantees that no month belongs to two active assessments.
    """

    __tablename__ = "assessed_month"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessment.id"), index=True)


class SerialCounter(Model):
    """The last serial number issued in a division on a day."""

    __tablename__ = "serial_counter"

    division: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]


class ProxyCase(Model):
    """An account that named a person by name and ID number, and may act for them for a limited
    time.
    """

    __tablename__ = "proxy_case"
    __table_args__ = (UniqueConstraint("account_id", "person_id"),)

    token: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)


_OPEN = text("settled_at IS NULL")


class Dispute(Model):
    """A case of 不是我办的: a person says that something was not done by them (rules/disputes.py).

    It is about one audit event, and about that event's assessment if there is one. At most one case
    about an event or an assessment is open.
    """

    __tablename__ = "dispute"
    __table_args__ = (
        Index("ix_dispute_person", "person_id"),
        Index(
            "uq_dispute_open_event",
            "about_seq",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index(
            "uq_dispute_open_assessment",
            "assessment_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        {"info": {"vouched": True}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    """The person in whose name it was done."""
    about_seq: Mapped[int]
    """The disputed audit event; `about_action` is its action."""
    about_action: Mapped[str]
    assessment_id: Mapped[int | None] = mapped_column(ForeignKey("assessment.id"))
    proxy_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """The proxy who did it, who is notified; None if no proxy did or the proxy's account is
    closed.
    """
    by_proxy: Mapped[bool]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """The clerk who did it, who may not settle the case."""
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    opened_label: Mapped[str]
    """Masked name of who opened it: the person, or a clerk for them."""
    under_way: Mapped[bool]
    """Whether the tax bureau had the assessment, or might have had it, when the case was opened."""
    state: Mapped[str]
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    settled_label: Mapped[str] = mapped_column(default="")
    found: Mapped[str | None] = mapped_column(EncryptedText("dispute.found"))
    """The finding, written by whoever settles the case. The person may read it, the proxy may
    not.
    """
