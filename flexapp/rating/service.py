"""Ratings of finished cases (好差评), given by residents and answered by the agency.

A slice below the portal and the office, because both need it and must not import each other.

A case is the audit event of the action, so only what was done can be rated, and the event number
ensures one rating per case. It may be rated by the person it was done for, on the phone even if it
was done at a counter, and by the proxy who did it. Staff never learn who rated: no function for
them returns an account, a person or a case; they get a day instead of a time; and neither a rating
nor an answer writes an audit event with a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flexapp.assessment import service as assessment
from flexapp.audit import service as audit
from flexapp.audit.service import Event
from flexapp.people.service import Visitor
from flexapp.rating import repository
from flexapp.rating.moderation import (
    RatingReport,
    handle,
    newest,
    numbers,
    opinion,
    read_answer,
    to_follow_up,
)
from flexapp.rules import divisions
from flexapp.rules.capabilities import Action
from flexapp.rules.personal_numbers import hide
from flexapp.rules.ratings import Level, business_of, read_level, read_sentence, refuse_numbers
from flexapp.rules.refusal import Refusal

__all__ = [
    "PAGE_SIZE",
    "Case",
    "RatingReport",
    "RatingView",
    "all_mine",
    "case_of",
    "forget_account",
    "handle",
    "mine",
    "newest",
    "numbers",
    "opinion",
    "rate",
    "rating_of",
    "read_answer",
    "to_follow_up",
]

PAGE_SIZE = 20

RATED = Refusal("rated_already", "这次办理已经评价过，不能再改。")


@dataclass(frozen=True, slots=True)
class Case:
    """A finished case that can be rated. `about`: its months or its place, as text."""

    seq: int
    business: Action
    about: str
    channel: str
    division: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RatingView:
    """A rating as the people of its case see it.

    `mine`: whether the visitor gave it; otherwise `level`, `sentence` and the answer are left out.
    """

    id: int
    case_seq: int
    business: Action
    division: str
    mine: bool
    level: Level | None
    sentence: str
    at: datetime
    answer: str | None
    answered_at: datetime | None


def case_of(seq: int, visitor: Visitor) -> Case | None:
    """Return the case with this event number; None unless finished and ratable by the visitor."""
    event = audit.one(seq)
    if event is None:
        return None
    business = business_of(event.action, actor_kind=event.actor_kind, channel=event.channel)
    if business is None or not _may_rate(event, visitor):
        return None
    if business is Action.REGISTER:
        code = event.data.get("division", "")
        place = divisions.find(code)
        about = place.name if place is not None else ""
    else:
        record = assessment.find(event.subject)
        if record is None or (business is Action.TRANSMIT and not _arrived(event.subject)):
            return None
        code, about = record.division, record.period.label
    return Case(event.seq, business, about, event.channel, code, event.at)


def rating_of(case: Case, visitor: Visitor) -> RatingView | None:
    """Return the rating of a case; None if there is none."""
    found = repository.of_case(case.seq)
    if found is None:
        return None
    row, account_id = found
    return _view(row, mine=account_id == visitor.account_id)


def mine(visitor: Visitor, before: int | None) -> tuple[RatingView, ...]:
    """Return the visitor's ratings, newest first: one page, plus one row if there are more."""
    rows = repository.of_account(visitor.account_id, before, PAGE_SIZE + 1)
    return tuple(_view(row, mine=True) for row in rows)


def all_mine(visitor: Visitor) -> tuple[RatingView, ...]:
    """Return all of the visitor's ratings, newest first."""
    found: list[RatingView] = []
    before = None
    while True:
        page = mine(visitor, before)
        found += page[:PAGE_SIZE]
        if len(page) <= PAGE_SIZE:
            return tuple(found)
        before = found[-1].id


def forget_account(account_id: int) -> None:
    """Detach the ratings of an account that is being closed.

    Their cases stay known, so that no case is rated twice.
    """
    repository.forget_account(account_id)


def rate(
    *, case: Case, level: str, sentence: str, shown_as: str, visitor: Visitor, at: datetime
) -> tuple[Refusal, ...]:
    """Store a rating; return every reason against it, or an empty tuple. It cannot be changed
    later.

    Numbers that could identify the author are hidden in the stored comment. `shown_as` is the
    comment with hidden numbers that the person has seen; it must match.
    """
    chosen, words = read_level(level), read_sentence(sentence)
    numbers = None if isinstance(words, Refusal) else refuse_numbers(words, shown_as)
    refusals = tuple(each for each in (chosen, words, numbers) if isinstance(each, Refusal))
    if numbers is not None:
        return refusals
    if isinstance(chosen, Refusal) or isinstance(words, Refusal):
        return refusals
    added = repository.add(
        {
            "case_seq": case.seq,
            "business": case.business.value,
            "channel": case.channel,
            "division": case.division,
            "level": chosen.value,
            "sentence": hide(words) or None,
            "account_id": visitor.account_id,
            "created_at": at,
        }
    )
    return () if added else (RATED,)


def _may_rate(event: Event, visitor: Visitor) -> bool:
    by_proxy = event.actor_kind == "account" and event.actor_id == visitor.account_id
    return by_proxy or event.person_id == visitor.me.id


def _arrived(serial: str) -> bool:
    """Return whether the tax bureau received the assessment; until then 传输 is not finished."""
    events: Sequence[Event] = audit.of_subject(subject=serial)
    return any(event.action == "assessment.receive" for event in events)


def _view(row: repository.Row, *, mine: bool) -> RatingView:
    return RatingView(
        id=row.id,
        case_seq=row.case_seq,
        business=Action(row.business),
        division=_place(row.division),
        mine=mine,
        level=Level(row.level) if mine else None,
        sentence=(row.sentence or "") if mine else "",
        at=row.created_at,
        answer=row.answer if mine else None,
        answered_at=row.handled_at if mine else None,
    )


def _place(code: str) -> str:
    place = divisions.find(code)
    return code if place is None else place.name
