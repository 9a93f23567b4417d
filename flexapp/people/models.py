"""Tables of persons, accounts, sign-ins, codes, handed-over cases, drafts and name corrections."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import Model, UTCDateTime
from flexapp.encryption import EncryptedText

BY_PHONE = "phone"
"""Channel of sessions that started with a mobile number and a code."""


class Person(Model):
    """A person, identified by ID number; one row, whichever channels the person uses."""

    __tablename__ = "person"
    __table_args__ = ({"info": {"vouched": True}},)

    id: Mapped[int] = mapped_column(primary_key=True)
    identity: Mapped[str] = mapped_column(EncryptedText("person.identity"))
    identity_index: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(EncryptedText("person.name"))
    proxy_allowed: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    original_age: Mapped[str | None]
    """Original retirement age recorded by a hall, such as "F50"; None for the usual one."""
    approved_month: Mapped[str | None]
    """Approved retirement month, "YYYY-MM"; None if none is approved yet."""


class Account(Model):
    """An account: a mobile number for sign-in, and its real-name verified person, if any."""

    __tablename__ = "account"
    __table_args__ = ({"info": {"vouched": True, "unvouched": ("elder",)}},)

    id: Mapped[int] = mapped_column(primary_key=True)
    phone: Mapped[str] = mapped_column(EncryptedText("account.phone"))
    phone_index: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    real_name_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    elder: Mapped[bool | None]
    """Whether 长辈版 is chosen; None if never chosen."""
    vouched_by: Mapped[str | None]
    """The channel, or "hall", that alone vouches that the number belongs to the person.

    A sign-in with the number then still requires name and ID number before it gives access to that
    person's data.
    """
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Time of closing (`account_closure.py`); rows that refer to the account are kept."""


class SignIn(Model):
    """A server-side session. Once it has `ended_at`, its cookie is no longer accepted."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_digest: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    channel: Mapped[str] = mapped_column(server_default="phone")
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class SmsCode(Model):
    """A sign-in code that was sent; only a keyed hash of the code is stored."""

    __tablename__ = "sms_code"
    __table_args__ = (Index("ix_sms_code_phone", "phone_index", "sent_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    phone: Mapped[str] = mapped_column(EncryptedText("sms_code.phone"))
    phone_index: Mapped[str]
    code_digest: Mapped[str]
    sent_at: Mapped[datetime] = mapped_column(UTCDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class DailyUse(Model):
    """A subject that an account queried on a day, for daily limits of different subjects."""

    __tablename__ = "daily_use"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)


class HandOver(Model):
    """A partly filled form to be finished in another place with a handover code (办理码).

    `action` is a `rules.capabilities.Action`; `place` is where it is finished, "counter" or
    "phone". The row is deleted once the action is done, the case is given up, or it has expired.
    """

    __tablename__ = "hand_over"
    __table_args__ = (Index("ix_hand_over_person", "person_id", "action"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    action: Mapped[str]
    place: Mapped[str]
    code_digest: Mapped[str] = mapped_column(unique=True)
    content: Mapped[str] = mapped_column(
        EncryptedText("hand_over.content", row=("person_id", "code_digest"))
    )
    """JSON with the code and the input."""
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    taken_by: Mapped[str | None]
    """"staff:3" or "account:5" once taken over; None before."""


class Draft(Model):
    """Input that an account has not submitted yet (`drafts.py`); one row per account and form.

    `form` is the path that the form is posted to.
    """

    __tablename__ = "draft"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    form: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[str] = mapped_column(EncryptedText("draft.content"))
    """JSON of the visible fields by name; no CSRF token, form key or code."""
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class NameCorrection(Model):
    """A pending or decided correction of a name, from an inspected document (`corrections.py`).

    `document_end` is the last four characters of the document number. A person has at most one
    pending correction.
    """

    __tablename__ = "name_correction"
    __table_args__ = (
        Index("ix_name_correction_person", "person_id"),
        Index(
            "uq_name_correction_waiting",
            "person_id",
            unique=True,
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    old_name: Mapped[str] = mapped_column(EncryptedText("name_correction.old_name"))
    new_name: Mapped[str] = mapped_column(EncryptedText("name_correction.new_name"))
    document: Mapped[str]
    document_end: Mapped[str]
    state: Mapped[str]
    proposed_by: Mapped[int]
    """`staff.id` of the clerk. Not a foreign key, because `staff` is a higher slice."""
    proposed_label: Mapped[str]
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decided_label: Mapped[str]
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reason: Mapped[str | None] = mapped_column(EncryptedText("name_correction.reason"))
    """Reason for declining it."""
