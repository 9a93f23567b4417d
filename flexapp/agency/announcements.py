"""公告 on 首页 (宣传语): what the agency tells everybody, from a day to a day.

A text is never edited: whoever read it read what stands here. A wrong one is taken down and another
is posted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from flexapp.agency import repository
from flexapp.agency.permissions import read_words, require_officer
from flexapp.agency.repository import AnnouncementRow
from flexapp.audit import service as audit
from flexapp.audit.service import Actor
from flexapp.rules.publication import read_day
from flexapp.rules.refusal import Refusal

TEXT_MAX = 120
"""Characters: what somebody reads on a phone before doing something else."""

LONGEST = timedelta(days=366)
SHOWN = 5
"""At most so many on 首页, the newest first."""
LISTED = 100

UNKNOWN = Refusal("announcement_unknown", "这条公告已经撤下或已经过期。")


class Stage(StrEnum):
    """Where an announcement stands today."""

    COMING = "coming"
    SHOWN = "shown"
    OVER = "over"
    TAKEN_DOWN = "taken_down"


@dataclass(frozen=True, slots=True)
class Announcement:
    """A text, its first and its last day on 首页, and who posted it."""

    id: int
    text: str
    shown_from: date
    shown_to: date
    stage: Stage
    posted_by: str
    posted_at: datetime


def shown(today: date) -> Sequence[str]:
    """The texts on 首页 today, newest first."""
    return repository.announced(today, SHOWN)


def announcements(today: date) -> tuple[Announcement, ...]:
    """The last hundred, newest first."""
    return tuple(_read(row, today) for row in repository.announcements(LISTED))


def announce(
    *, text: str, first: str, last: str, actor: Actor, at: datetime, today: date
) -> int | tuple[Refusal, ...]:
    """Post a text from a day to a day (YYYY-MM-DD, both included); its number."""
    refusal = require_officer(actor)
    if refusal is not None:
        return (refusal,)
    words = read_words(text, most=TEXT_MAX)
    refusals = []
    if words is None:
        refusals.append(Refusal("text_wrong", f"请写公告内容，2 至 {TEXT_MAX} 个字。", "text"))
    begins, ends = read_day(first), read_day(last)
    if begins is None or not today <= begins <= today + LONGEST:
        refusals.append(Refusal("day_wrong", "请填开始日期：今天或以后，一年之内。", "first"))
    if ends is None or (begins is not None and not begins <= ends <= begins + LONGEST):
        refusals.append(Refusal("day_wrong", "请填结束日期：不早于开始，一年之内。", "last"))
    if refusals or words is None or begins is None or ends is None:
        return tuple(refusals)
    number = repository.add_announcement(
        {
            "text": words,
            "shown_from": begins,
            "shown_to": ends,
            "posted_by_label": actor.label,
            "posted_at": at,
        }
    )
    data = {"text": words, "first": begins.isoformat(), "last": ends.isoformat()}
    _record("announcement.posted", number, actor, at, data)
    return number


def take_down(*, number: int, actor: Actor, at: datetime, today: date) -> Refusal | None:
    """Take one down that is shown or coming."""
    refusal = require_officer(actor)
    if refusal is not None:
        return refusal
    if not repository.take_down(number, today, at):
        return UNKNOWN
    _record("announcement.taken_down", number, actor, at, {})
    return None


def _read(row: AnnouncementRow, today: date) -> Announcement:
    if row.taken_down_at is not None:
        stage = Stage.TAKEN_DOWN
    elif today > row.shown_to:
        stage = Stage.OVER
    else:
        stage = Stage.SHOWN if row.shown_from <= today else Stage.COMING
    return Announcement(
        id=row.id,
        text=row.text,
        shown_from=row.shown_from,
        shown_to=row.shown_to,
        stage=stage,
        posted_by=row.posted_by_label,
        posted_at=row.posted_at,
    )


def _record(action: str, number: int, actor: Actor, at: datetime, data: dict[str, str]) -> None:
    subject = f"announcement:{number}"
    audit.record(action=action, person_id=None, subject=subject, actor=actor, at=at, data=data)
