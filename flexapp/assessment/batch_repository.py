"""Queries and statements for legacy batch assessments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, insert, select, update

from flexapp.assessment.batch_models import BatchImport, BatchRefusal, BatchRow
from flexapp.assessment.models import Assessment
from flexapp.db.session import db, table_of
from flexapp.rules.states import State

_IMPORT, _ROW = table_of(BatchImport), table_of(BatchRow)


@dataclass(frozen=True, slots=True)
class Row:
    """The progress of one file's import."""

    id: int
    total: int
    done: int
    accepted: int
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class KnownAssessment:
    """The stored facts of an imported assessment, to compare with a row.

    `paid` comes from the file for a row, and from the current state for a stored assessment.
    """

    person_id: int
    division: str
    start_month: str
    end_month: str
    monthly_base: int
    total: int
    paid: bool

    def is_same(self, row: KnownAssessment) -> bool:
        """Whether a row matches what is stored.

        A row that is unpaid in the file still matches if the stored assessment has been paid since.
        """
        return replace(self, paid=row.paid) == row and (self.paid or not row.paid)


def by_digest(file_digest: str) -> Row | None:
    """Return the import of a file, or None."""
    columns = [getattr(_IMPORT.c, name) for name in Row.__slots__]
    row = db.session.execute(select(*columns).where(_IMPORT.c.file_digest == file_digest)).first()
    return None if row is None else Row(*row)


def begin(file_digest: str, total: int, by_staff: int, at: datetime) -> None:
    """Insert the import of a new file."""
    db.session.execute(
        insert(_IMPORT).values(
            file_digest=file_digest,
            total=total,
            done=0,
            accepted=0,
            by_staff=by_staff,
            started_at=at,
            finished_at=None,
        )
    )


def go_on(import_id: int, *, done: int, accepted: int, finished_at: datetime | None) -> bool:
    """Record the progress of an import. Return False if another process is already further."""
    moved = db.session.execute(
        update(_IMPORT)
        .where(_IMPORT.c.id == import_id, _IMPORT.c.done < done)
        .values(done=done, accepted=_IMPORT.c.accepted + accepted, finished_at=finished_at)
        .returning(_IMPORT.c.id)
    ).first()
    return moved is not None


def refuse(import_id: int, refused: Sequence[tuple[int, str]]) -> None:
    """Store why lines were refused."""
    if refused:
        rows = [{"import_id": import_id, "line": n, "reason": why} for n, why in refused]
        db.session.execute(insert(table_of(BatchRefusal)), rows)


def refusals(import_id: int) -> Iterator[tuple[int, str]]:
    """Yield (line, reason) in the order of the file."""
    table = table_of(BatchRefusal)
    query = select(table.c.line, table.c.reason).where(table.c.import_id == import_id)
    for row in db.session.execute(query.order_by(table.c.line)):
        yield row[0], row[1]


def known(numbers: Sequence[str]) -> Mapping[str, KnownAssessment]:
    """Return the imported assessments with these numbers."""
    columns = [getattr(Assessment, name) for name in KnownAssessment.__slots__ if name != "paid"]
    query = (
        select(_ROW.c.number, *columns, Assessment.state == State.PAID.value)
        .join(Assessment, _ROW.c.assessment_id == Assessment.id)
        .where(_ROW.c.number.in_(numbers))
    )
    return {row[0]: KnownAssessment(*tuple(row)[1:]) for row in db.session.execute(query)}


def add(number: str, import_id: int, serial: str) -> None:
    """Link an imported assessment to its number in the file."""
    found = select(Assessment.id).where(Assessment.serial == serial).scalar_subquery()
    db.session.execute(insert(_ROW).values(number=number, import_id=import_id, assessment_id=found))


def by_state(area: str | None) -> Sequence[tuple[str, str, int, int]]:
    """Return (area, state, count, total in fen) of the imported assessments."""
    query = (
        select(Assessment.division, Assessment.state, func.count(), func.sum(Assessment.total))
        .join(BatchRow, BatchRow.assessment_id == Assessment.id)
        .group_by(Assessment.division, Assessment.state)
        .order_by(Assessment.division, Assessment.state)
    )
    if area is not None:
        query = query.where(Assessment.division == area)
    return [(row[0], row[1], row[2], int(row[3])) for row in db.session.execute(query)]


def unpaid(
    states: Sequence[str], area: str | None, after: int, limit: int
) -> Sequence[tuple[int, str]]:
    """Return (id, serial) of imported assessments in these states with an id above `after`.

    In ascending order of id, at most `limit`.
    """
    query = (
        select(Assessment.id, Assessment.serial)
        .join(BatchRow, BatchRow.assessment_id == Assessment.id)
        .where(Assessment.state.in_(states), Assessment.id > after)
        .order_by(Assessment.id)
        .limit(limit)
    )
    if area is not None:
        query = query.where(Assessment.division == area)
    return [(row[0], row[1]) for row in db.session.execute(query)]
