"""Tables of persons, accounts, sign-ins and codes."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import Model, UTCDateTime
from flexapp.encryption import EncryptedText


class Person(Model):
    """A human being, known by an ID number; exists once however many ways lead here."""

    __tablename__ = "person"
    __table_args__ = ({"info": {"vouched": True}},)

    id: Mapped[int] = mapped_column(primary_key=True)
    identity: Mapped[str] = mapped_column(EncryptedText("person.identity"))
    identity_index: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(EncryptedText("person.name"))
    proxy_allowed: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    original_age: Mapped[str | None]
    """What a hall recorded in place of the usual original age: "F50"; None: the usual one."""
    approved_month: Mapped[str | None]
    """The approved retirement month, "YYYY-MM"; None until there is one."""


class Account(Model):
    """A mobile number that signs in, and the person it was real-name checked for."""

    __tablename__ = "account"
    __table_args__ = ({"info": {"vouched": True, "unvouched": ("elder",)}},)

    id: Mapped[int] = mapped_column(primary_key=True)
    phone: Mapped[str] = mapped_column(EncryptedText("account.phone"))
    phone_index: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    real_name_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    elder: Mapped[bool | None]
    """Whether the pages are to have the look of 长辈版; None: never chosen."""
    vouched_by: Mapped[str | None]
    """The channel on whose word alone the number belongs to the person: whoever signs in with the
    number still has to give name and ID number before it is that person's account to them."""
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Since when nobody can sign in to it (`closing.py`); what points to it stays."""


class SignIn(Model):
    """A server-side session: ended here, it is ended whatever cookie is shown."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_digest: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    channel: Mapped[str] = mapped_column(server_default="phone")
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class SmsCode(Model):
    """A code that was sent; only a keyed hash of it is kept."""

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
    """Whom an account asked about on a day, so that asking about many can be limited."""

    __tablename__ = "daily_use"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)


class HandOver(Model):
    """A form half filled, to be finished in another place by whoever has the code (办理码).

    `action` is what it is for (`rules.capabilities.Action`), `place` where it is to be finished:
    "counter" or "phone". Deleted once it is done, given up or over.
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
    """JSON of the code and of what was typed."""
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    taken_by: Mapped[str | None]
    """"staff:3" or "account:5", once somebody goes on with it."""


class Draft(Model):
    """What an account has typed into a form and not submitted (`drafting.py`).

    `form`: the address that the form is posted to; there is one for each account and form.
    """

    __tablename__ = "draft"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    form: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[str] = mapped_column(EncryptedText("draft.content"))
    """JSON of the fields that people fill in, by name; no token, key or code."""
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class NameCorrection(Model):
    """A name corrected from a document that was seen, or to be corrected (`corrections.py`).

    `document_end`: the last four characters of the document's number. A person has at most one that
    waits for the second officer.
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
    """The clerk's number among the staff, a table above this slice."""
    proposed_label: Mapped[str]
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decided_label: Mapped[str]
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reason: Mapped[str | None] = mapped_column(EncryptedText("name_correction.reason"))
    """Why it was not confirmed."""
