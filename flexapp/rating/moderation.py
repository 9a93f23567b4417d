"""The agency's view of ratings, and handling of bad ones.

Officers and auditors work for the whole region, so the result is limited only by their filters.
Local clerks have no access (`office/rating_views.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flexapp.agency.service import require_officer
from flexapp.audit import service as audit
from flexapp.audit.service import Actor
from flexapp.rating import repository
from flexapp.rules.capabilities import Action
from flexapp.rules.ratings import SENTENCE_MAX, Level, RatingCount
from flexapp.rules.refusal import Refusal
from flexapp.rules.text import normalise_prose
from flexapp.web.clock import BEIJING

HANDLED_ALREADY = Refusal("handled_already", "这条评价已经处理过，不用再处理。")
NOT_BAD = Refusal("not_bad", "只有“不满意”和“非常不满意”的评价要处理。")


@dataclass(frozen=True, slots=True)
class RatingReport:
    """A rating without personal data.

    It has the day, not the time, because a time could be matched with other records.
    """

    id: int
    business: Action
    channel: str
    division: str
    level: Level
    sentence: str
    day: date
    answer: str | None
    answered_on: date | None


def numbers(
    *, since: datetime, until: datetime, area: str = "", channel: str = ""
) -> tuple[RatingCount, ...]:
    """Return rating counts for `since` <= time < `until`."""
    return tuple(
        RatingCount(month, business, where, division, Level(level), number)
        for month, business, where, division, level, number in repository.counts(
            since, until, area, channel
        )
    )


def to_follow_up(*, area: str, channel: str, limit: int) -> tuple[Sequence[RatingReport], int]:
    """Return bad ratings not handled yet, longest waiting first, and their total number.

    Not limited to a period: what has waited longest must stay visible.
    """
    rows, number = repository.open_bad(area, channel, limit)
    return [_report(row) for row in rows], number


def newest(
    *,
    since: datetime,
    until: datetime,
    area: str,
    channel: str,
    before: int | None,
    limit: int,
) -> tuple[RatingReport, ...]:
    """Return ratings with a comment, newest first: one page, plus one row if there are more.

    Ratings without a comment are only counted: a list of them would be unbounded and say no more.
    """
    rows = repository.newest(since, until, area, channel, before, limit + 1)
    return tuple(_report(row) for row in rows)


def opinion(number: int) -> RatingReport | None:
    """Return the rating with this id; None if unknown."""
    row = repository.one(number)
    return None if row is None else _report(row)


def handle(*, number: int, answer: str, actor: Actor, at: datetime) -> Refusal | None:
    """Mark a bad rating as handled, with an answer that the resident reads.

    Only by an officer, and only once.
    """
    words = read_answer(answer)
    found = repository.one(number)
    refusal = require_officer(actor)
    if refusal is None and (found is None or not Level(found.level).is_bad):
        refusal = NOT_BAD
    if refusal is not None or isinstance(words, Refusal):
        return refusal or (words if isinstance(words, Refusal) else None)
    assert actor.id is not None
    assert found is not None
    if not repository.handle(
        number, case_seq=found.case_seq, staff_id=actor.id, answer=words, at=at
    ):
        return HANDLED_ALREADY
    # Without a person: otherwise the audit look-up of a resident would show that they complained.
    audit.record(
        action="rating.handled", person_id=None, subject=f"rating:{number}", actor=actor, at=at
    )
    return None


def read_answer(text: str) -> str | Refusal:
    """Return the normalised answer; refused unless it has 2 to 200 characters."""
    words = normalise_prose(text)
    if 2 <= len(words) <= SENTENCE_MAX:
        return words
    return Refusal("answer_missing", f"请写明怎么处理的，2 至 {SENTENCE_MAX} 个字。", "answer")


def _report(row: repository.Row) -> RatingReport:
    return RatingReport(
        id=row.id,
        business=Action(row.business),
        channel=row.channel,
        division=row.division,
        level=Level(row.level),
        sentence=row.sentence or "",
        day=row.created_at.astimezone(BEIJING).date(),
        answer=row.answer,
        answered_on=row.handled_at.astimezone(BEIJING).date() if row.handled_at else None,
    )
