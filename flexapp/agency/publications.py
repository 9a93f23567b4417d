"""Publication (公布) of parameters: one officer proposes, another confirms.

A confirmed publication is never edited.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from flexapp.agency import repository
from flexapp.agency.effective_parameters import effective_parameters, read_rows
from flexapp.agency.permissions import read_reason, require_officer
from flexapp.audit import service as audit
from flexapp.audit.service import Actor
from flexapp.db.session import advisory_lock
from flexapp.rules.parameters import ParameterError
from flexapp.rules.publication import Draft, Sample, samples, warnings_about
from flexapp.rules.refusal import Refusal

MAX_LISTED = 100

DECIDED = Refusal("decided", "这一份已经有人处理过，请刷新后再看。")
UNKNOWN = Refusal("publication_unknown", "没有找到这一份公布。")
SAME_OFFICER = Refusal("same_officer", "提出和确认必须是两个人，请另一位经办机构管理员登录后确认。")
OUTDATED = Refusal("outdated", "刚才有别的数据公布，影响可能已经不同，请重新看过试算再确认。")


class Status(StrEnum):
    """State of a publication."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        """The label that pages show."""
        return {"proposed": "待复核", "confirmed": "已公布", "withdrawn": "已作废"}[self]


@dataclass(frozen=True, slots=True)
class Publication:
    """A publication, as other slices see it."""

    id: int
    draft: Draft
    status: Status
    in_force_from: date | None
    proposed_by: int
    proposed_by_label: str
    proposed_at: datetime
    decided_by_label: str
    decided_at: datetime | None

    def effect(self, today: date) -> tuple[tuple[Sample, ...], tuple[str, ...]]:
        """Return sample calculations against the parameters in force today, and warnings."""
        return samples(self.draft, effective_parameters(today).book), warnings_about(self.draft)


def propose(*, draft: Draft, actor: Actor, at: datetime) -> int | Refusal:
    """Store a proposal and return its id; it is not in force yet. Refusal: `not_an_officer`."""
    refusal = require_officer(actor)
    if refusal is not None:
        return refusal
    content = json.dumps([row.as_record() for row in draft.rows], ensure_ascii=False)
    number = repository.add(
        {
            "title": draft.title,
            "rows": content,
            "document": draft.document,
            "number": draft.number,
            "document_date": draft.document_date,
            "effective_from": draft.effective_from,
            "in_force_from": None,
            "status": Status.PROPOSED.value,
            "proposed_by": actor.id,
            "proposed_by_label": actor.label,
            "proposed_at": at,
            "decided_by": None,
            "decided_by_label": "",
            "decided_at": None,
        }
    )
    # Both events contain a digest of the rows. It shows that the confirmed rows are the proposed
    # ones, even if the table is changed.
    _record("publication.proposed", number, content, actor, at)
    return number


def confirm(
    *, publication_id: int, seen: str, actor: Actor, at: datetime, today: date
) -> date | Refusal:
    """Confirm a proposal and return its first day in force: as proposed, but not before today.

    `seen` is the `book_version` when the officer's page was rendered. It ensures that the
    officer has seen the effect on the parameters in force now. Refusals: `not_an_officer`,
    `publication_unknown`, `decided`, `same_officer`, `outdated`, `does_not_fit`.
    """
    advisory_lock("agency", "publications")
    row = repository.by_id(publication_id)
    refusal = require_officer(actor) or (UNKNOWN if row is None else None)
    if refusal is not None or row is None:
        return refusal or UNKNOWN
    if row.status != Status.PROPOSED:
        return DECIDED
    if row.proposed_by == actor.id:
        return SAME_OFFICER
    if seen != book_version():
        return OUTDATED
    begins = max(row.effective_from, today)
    try:
        effective_parameters(begins).book.with_rows(read_rows(row.rows))
    except ParameterError:
        return Refusal("does_not_fit", "这些数据与已公布的其他数据矛盾，请作废后重新提出。")
    if not _decide(publication_id, Status.CONFIRMED, actor, at, begins):
        return DECIDED
    _record("publication.confirmed", publication_id, row.rows, actor, at, since=begins.isoformat())
    return begins


def withdraw(*, publication_id: int, reason: str, actor: Actor, at: datetime) -> Refusal | None:
    """Withdraw (作废) a proposal, with a reason; any officer may do so.

    A confirmed publication cannot be withdrawn, only superseded. Refusals: `not_an_officer`,
    `publication_unknown`, `reason_missing`, `decided`.
    """
    row = repository.by_id(publication_id)
    refusal = require_officer(actor) or (UNKNOWN if row is None else None)
    if refusal is not None or row is None:
        return refusal or UNKNOWN
    why = read_reason(reason)
    if isinstance(why, Refusal):
        return why
    if not _decide(publication_id, Status.WITHDRAWN, actor, at, None):
        return DECIDED
    _record("publication.withdrawn", publication_id, row.rows, actor, at, reason=why)
    return None


def find(publication_id: int) -> Publication | None:
    """Return the publication with this id, or None."""
    row = repository.by_id(publication_id)
    return None if row is None else _publication(row)


def listing() -> tuple[Publication, ...]:
    """Return the latest publications, at most `MAX_LISTED`, newest first."""
    return tuple(_publication(row) for row in repository.newest(MAX_LISTED))


def book_version() -> str:
    """Return a version of the confirmed publications; every confirmation changes it."""
    return str(repository.confirmed_count())


def _decide(
    publication_id: int, status: Status, actor: Actor, at: datetime, begins: date | None
) -> bool:
    return repository.decide(
        publication_id,
        status=status.value,
        in_force_from=begins,
        decided_by=actor.id,
        decided_by_label=actor.label,
        decided_at=at,
    )


def _record(
    action: str, number: int, content: str, actor: Actor, at: datetime, **data: str
) -> None:
    audit.record(
        action=action,
        person_id=None,
        subject=f"publication:{number}",
        actor=actor,
        at=at,
        data={"digest": hashlib.sha256(content.encode()).hexdigest(), **data},
    )


def _publication(row: repository.Row) -> Publication:
    return Publication(
        id=row.id,
        draft=Draft(
            title=row.title,
            rows=read_rows(row.rows),
            document=row.document,
            number=row.number,
            document_date=row.document_date,
            effective_from=row.effective_from,
        ),
        status=Status(row.status),
        in_force_from=row.in_force_from,
        proposed_by=row.proposed_by,
        proposed_by_label=row.proposed_by_label,
        proposed_at=row.proposed_at,
        decided_by_label=row.decided_by_label,
        decided_at=row.decided_at,
    )
