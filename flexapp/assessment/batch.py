"""Legacy batch assessments (批量核定): import them from files, revoke the unpaid ones.

Specified in design 2.5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from flexapp.agency.service import effective_parameters
from flexapp.assessment import batch_repository, disputes, repository
from flexapp.assessment.batch_repository import KnownAssessment
from flexapp.assessment.batch_repository import Row as Import
from flexapp.assessment.batch_rows import OldAssessment, read
from flexapp.assessment.queries import find
from flexapp.assessment.transitions import transition
from flexapp.audit import service as audit
from flexapp.audit.service import Actor, ActorKind
from flexapp.people import service as people
from flexapp.registration.service import unit_at
from flexapp.rules.identity import same_name
from flexapp.rules.money import plain, to_fen
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal
from flexapp.rules.roles import Role
from flexapp.rules.states import Move, State
from flexapp.spreadsheets import Cell
from flexapp.web.clock import BEIJING

UNPAID = tuple(state.value for state in State if state not in (State.PAID, State.REVOKED))

NOT_AGENCY = Refusal("agency_only", "旧的批量核定只能由经办机构管理员接收和撤销。")
COUNTED_OTHERWISE = Refusal(
    "file_counted_otherwise",
    "这个文件以前导入过一部分，当时行数的数法不同。请把文件另存一份再导入，已经导入的不会重复。",
)

Line = tuple[int, Sequence[Cell] | str]
"""(row number in the file, content). The content is the cells in the order of `batch_rows.COLUMNS`,
or a sentence that says why the cells cannot be separated.
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """Imported assessments of one area in one state: how many, and their total in fen."""

    area: str
    state: State
    count: int
    fen: int


def begin(*, file_digest: str, total: int, actor: Actor, at: datetime) -> Import | Refusal:
    """Return the import of a file: a new one, or the earlier one, which continues.

    A file is identified by its digest. Refused: an actor who is not an agency administrator, and a
    file whose row count differs from that of its earlier import.
    """
    if not _is_agency(actor):
        return NOT_AGENCY
    if batch_repository.by_digest(file_digest) is None:
        assert actor.id is not None
        batch_repository.begin(file_digest, total, actor.id, at)
        audit.record(
            action="batch.begun",
            person_id=None,
            subject="batch",
            actor=actor,
            at=at,
            data={"file": file_digest[:16], "rows": str(total)},
        )
    found = batch_repository.by_digest(file_digest)
    assert found is not None
    # The position in the file is a row count, so it is valid only if the rows are counted the same
    # way.
    return found if found.total == total else COUNTED_OTHERWISE


def take(*, run: Import, lines: Sequence[Line], actor: Actor, at: datetime, today: date) -> None:
    """Import the next lines of a file in the caller's transaction: all are processed, or none.

    `run` is what `begin` returned to this actor. Raises ValueError for an actor whom `begin`
    refuses, and RuntimeError if another process is importing the same file.
    """
    if not _is_agency(actor):
        raise ValueError("begin() would have refused this actor")
    book = effective_parameters(today).book
    read_lines = [
        (number, (found,) if isinstance(found, str) else read(found, book=book, today=today))
        for number, found in lines
    ]
    numbers = [row.number for _, row in read_lines if isinstance(row, OldAssessment)]
    known = dict(batch_repository.known(numbers))
    before = len(known)
    refused: list[tuple[int, str]] = []
    for number, row in read_lines:
        reasons = row if isinstance(row, tuple) else _take_one(row, known, run, actor, at, today)
        if reasons:
            refused.append((number, "；".join(reasons)))
    batch_repository.refuse(run.id, refused)
    done = run.done + len(lines)
    went_on = batch_repository.go_on(
        run.id,
        done=done,
        accepted=len(known) - before,
        finished_at=at if done == run.total else None,
    )
    if not went_on:
        raise RuntimeError("another process is importing the same file")


def _take_one(
    row: OldAssessment,
    known: dict[str, KnownAssessment],
    run: Import,
    actor: Actor,
    at: datetime,
    today: date,
) -> tuple[str, ...]:
    """Import one row. Return the reasons against it, or () if it is imported, now or earlier.

    An identical row is accepted again: a corrected file also contains the rows that were imported
    before.
    """
    person = people.find_person(row.identity)
    if row.number in known:
        if (
            person is not None
            and same_name(person.name, row.name)
            and known[row.number].is_same(_facts(row, person.id))
        ):
            return ()
        return ("批量核定编号重复，前面已有一笔不同的",)
    if person is not None and not same_name(person.name, row.name):
        return ("这个身份证号在系统里是另一个姓名",)
    if person is None:
        person = people.add_person(name=row.name, identity=row.identity, at=at)
    serial = f"{row.division}{today:%Y%m%d}{repository.next_number(row.division, today):06d}"
    state = State.PAID if row.paid else State.ASSESSED
    made = {
        "serial": serial,
        "person_id": person.id,
        "unit_id": unit_at(division=row.division, kind=RateKind.FLEXIBLE),
        "division": row.division,
        "kind": RateKind.FLEXIBLE.value,
        "start_month": str(row.period.start),
        "end_month": str(row.period.end),
        "months": row.period.count,
        "entered": plain(row.monthly_base),
        "meaning": "batch",
        "bound": "none",
        "monthly_base": to_fen(row.monthly_base),
        "period_base": to_fen(row.monthly_base * row.period.count),
        "monthly_amount": to_fen(row.monthly_amount),
        "total": to_fen(row.total),
        "parameters": "[]",
        "made_by": None,
        "made_by_staff": actor.id,
        "made_by_label": actor.label,
        "by_proxy": False,
        "channel": actor.channel,
        "made_at": datetime.combine(row.made_on, time(12), BEIJING),
        "state": state.value,
        "state_at": at,
        "claimed": False,
        "held_up": "",
    }
    if not repository.add(made, [str(month) for month in row.period.months]):
        return ("有月份已经在另一笔有效的核定里",)
    batch_repository.add(row.number, run.id, serial)
    known[row.number] = _facts(row, person.id)
    audit.record(
        action="assessment.imported",
        person_id=person.id,
        subject=serial,
        actor=actor,
        at=at,
        data={
            "start": str(row.period.start),
            "end": str(row.period.end),
            "total": plain(row.total),
            "state": state.value,
        },
    )
    return ()


def _facts(row: OldAssessment, person_id: int) -> KnownAssessment:
    return KnownAssessment(
        person_id=person_id,
        division=row.division,
        start_month=str(row.period.start),
        end_month=str(row.period.end),
        monthly_base=to_fen(row.monthly_base),
        total=to_fen(row.total),
        paid=row.paid,
    )


def refusals(run: Import) -> Iterator[tuple[int, str]]:
    """Yield (line, reason) for each refused row of a file."""
    return batch_repository.refusals(run.id)


def tallies(*, area: str | None) -> tuple[Tally, ...]:
    """Count the imported assessments by area and state: the preview before a revocation."""
    return tuple(
        Tally(place, State(state), count, fen)
        for place, state, count, fen in batch_repository.by_state(area)
    )


def revoke(
    *, area: str | None, after: int, limit: int, actor: Actor, at: datetime
) -> tuple[int, tuple[tuple[str, str], ...], int] | Refusal:
    """Revoke up to `limit` unpaid imported assessments with an id above `after`.

    Runs in the caller's transaction. Returns (number revoked, (serial, reason) of each that cannot
    be revoked, last id seen). As for any other assessment, one that the tax bureau holds must first
    be revoked there.
    """
    if not _is_agency(actor):
        return NOT_AGENCY
    found = batch_repository.unpaid(UNPAID, area, after, limit)
    left: list[tuple[str, str]] = []
    records = [record for _, serial in found if (record := find(serial)) is not None]
    # Acquire every lock before the first change. A later acquisition would wait while this
    # transaction holds rows and the audit chain.
    for person_id in sorted({record.person_id for record in records}):
        disputes.hold_cases(person_id)
    for record in records:
        outcome = transition(record=record, move=Move.REVOKE, actor=actor, at=at, by_agency=True)
        if isinstance(outcome, Refusal):
            left.append((record.serial, outcome.sentence))
    return len(found) - len(left), tuple(left), found[-1][0] if found else after


def _is_agency(actor: Actor) -> bool:
    """Whether the actor is an agency administrator. An auditor also belongs to the agency but may
    change nothing.
    """
    return actor.kind is ActorKind.STAFF and actor.channel == Role.AGENCY.value
