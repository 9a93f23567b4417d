"""The table of ratings."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import Model, UTCDateTime
from flexapp.encryption import EncryptedText

OPEN = text("level <= 2 AND handled_at IS NULL")
"""Bad ones that the agency has not dealt with; written out, so that the partial index fits."""


class Rating(Model):
    """What somebody said of one case. Triggers refuse to change or remove it (migration 0016).

    Only the answer is added, once, and `account_id` is let go where the account is closed. Whose it
    is stands there, and is read for that account and for nobody else.
    """

    __tablename__ = "rating"
    __table_args__ = (
        CheckConstraint("level BETWEEN 1 AND 5", name="level"),
        CheckConstraint("(handled_at IS NULL) = (handled_by IS NULL)", name="handled"),
        Index("ix_rating_account", "account_id", "id"),
        Index("ix_rating_created_at", "created_at"),
        Index("ix_rating_open", "id", sqlite_where=OPEN, postgresql_where=OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_seq: Mapped[int] = mapped_column(unique=True)
    """The event that did the thing: a case is rated once, whoever of the two that may does it."""
    business: Mapped[str]
    """What was done, as `rules.capabilities.Action`."""
    channel: Mapped[str]
    """The app or browser it was done in, or the kind of counter."""
    division: Mapped[str]
    level: Mapped[int]
    sentence: Mapped[str | None] = mapped_column(
        EncryptedText("rating.sentence", row=("case_seq",))
    )
    """What was added in words; None where nothing was, so that the database can tell."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    handled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    handled_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    answer: Mapped[str | None] = mapped_column(EncryptedText("rating.answer", row=("case_seq",)))
    """What the agency did, in a sentence that the person reads."""
