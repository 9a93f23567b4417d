"""Announcements (公告, 宣传语) that 首页 shows between two dates.

The text is never edited, so the record always has what people have read. To correct an
announcement, take it down and post another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from flexapp.agency import repository
from flexapp.agency.effective_parameters import SHOWN as SHOWN
from flexapp.agency.effective_parameters import in_force
from flexapp.agency.permissions import read_words, require_officer
from flexapp.agency.repository import AnnouncementRow
from flexapp.audit import service as audit
from flexapp.audit.service import Actor
from flexapp.rules.publication import read_day
from flexapp.rules.refusal import Refusal

TEXT_MAX = 120
"""Maximum characters; short enough to be read on a phone."""

LONGEST = timedelta(days=366)
LISTED = 100

UNKNOWN = Refusal("announcement_unknown", "这条公告已经撤下或已经过期。")


class Stage(StrEnum):
    """State of an announcement on a given day."""

    COMING = "coming"
    SHOWN = "shown"
    OVER = "over"
    TAKEN_DOWN = "taken_down"


@dataclass(frozen=True, slots=True)
class Announcement:
    """An announcement; `shown_from` and `shown_to` are its first and last day on 首页."""

    id: int
    text: str
    shown_from: date
    shown_to: date
    stage: Stage
    posted_by: str
    posted_at: datetime


def shown(today: date) -> Sequence[str]:
    """Return the texts that 首页 shows today, newest first."""
    return in_force(today).announced


def announcements(today: date) -> tuple[Announcement, ...]:
    """Return the latest announcements, at most `LISTED`, newest first."""
    return tuple(_read(row, today) for row in repository.announcements(LISTED))


def announce(
    *, text: str, first: str, last: str, actor: Actor, at: datetime, today: date
) -> int | tuple[Refusal, ...]:
    """Post an announcement and return its id, or all refusals.

    `first` and `last` are days (YYYY-MM-DD), both included. Refusals: `not_an_officer`,
    `text_wrong`, `day_wrong`.
    """
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
    """Take down a current or future announcement.

    Refusals: `not_an_officer`, `announcement_unknown`.
    """
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
