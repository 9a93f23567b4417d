"""The table of ratings."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import Model, UTCDateTime
from flexapp.encryption import EncryptedText

OPEN = text("level <= 2 AND handled_at IS NULL")
"""Bad ratings that nobody has handled. SQL text, so that queries match the partial index."""


class Rating(Model):
    """A rating of one case. Triggers refuse to change or delete it (migration 0016).

    Two changes are allowed: the answer is added once, and `account_id` is cleared when the account
    is closed. `account_id` is read for that account only.
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
    """Number of the audit event of the case. A case has one rating, by the resident or the proxy.
    """
    business: Mapped[str]
    """The kind of case, a value of `rules.capabilities.Action`."""
    channel: Mapped[str]
    """The app or browser in which the case was done, or the kind of counter."""
    division: Mapped[str]
    level: Mapped[int]
    sentence: Mapped[str | None] = mapped_column(
        EncryptedText("rating.sentence", row=("case_seq",))
    )
    """The comment; None without one, so that the database can filter."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    handled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    handled_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    answer: Mapped[str | None] = mapped_column(EncryptedText("rating.answer", row=("case_seq",)))
    """What the agency did, a sentence that the resident reads."""
