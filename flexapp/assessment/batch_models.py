"""Tables of legacy batch assessments (批量核定): files, refused rows and imported rows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from flexapp.db.session import Model, UTCDateTime


class BatchImport(Model):
    """One imported file, identified by its digest. `done` is the number of rows processed."""

    __tablename__ = "batch_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_digest: Mapped[str] = mapped_column(unique=True)
    total: Mapped[int]
    done: Mapped[int]
    accepted: Mapped[int]
    by_staff: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class BatchRefusal(Model):
    """A refused row, identified by its line in the file. None of the row's content is stored."""

    __tablename__ = "batch_refusal"

    import_id: Mapped[int] = mapped_column(ForeignKey("batch_import.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(Text)


class BatchRow(Model):
    """An imported assessment, with its number in the file."""

    __tablename__ = "batch_row"

    number: Mapped[str] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("batch_import.id"), index=True)
    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessment.id"), unique=True)
