"""评价 as the agency looks at it: counted by month, business, channel and area, and by level.

For the agency and its auditors, who see the whole region. Counted by the day a rating was given;
channel and area are those the case was done in. A bad one is for an officer to deal with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flexapp.audit import service as audit
from flexapp.office.dashboard import ReportPeriod, read
from flexapp.rating import service as rating
from flexapp.rating.service import Opinion
from flexapp.rules.periods import Month, Period
from flexapp.rules.ratings import RatingCount
from flexapp.rules.refusal import Refusal
from flexapp.staff.service import Clerk
from flexapp.web.clock import BEIJING

LONGEST = 366
"""Days: opinions are fewer than cases, and are compared over a year."""
USUAL_MONTHS = 6
FOLLOWED_UP = 20
"""So many of those that wait are shown at once; the next come up as they are dealt with."""
NEWEST = 20


@dataclass(frozen=True, slots=True)
class Found:
    """What people said in a stretch of time: counted, and in their words."""

    counts: tuple[RatingCount, ...]
    waiting: Sequence[Opinion]
    waiting_number: int
    newest: Sequence[Opinion]
    """One more than is shown where there are more."""


def default_period(today: date) -> ReportPeriod:
    """This month and the five before it."""
    return ReportPeriod(Month.of(today).plus(1 - USUAL_MONTHS).first_day, today)


def read_asked(
    *, first: str, last: str, area: str, channel: str, channels: Sequence[str]
) -> ReportPeriod | tuple[Refusal, ...]:
    """What was asked for, or every reason why it cannot be told."""
    return read(
        first=first, last=last, area=area, channel=channel, channels=channels, longest=LONGEST
    )


def months(asked: ReportPeriod) -> list[str]:
    """Every month that the days asked for lie in."""
    return [str(month) for month in Period(Month.of(asked.first), Month.of(asked.last)).months]


def counted(asked: ReportPeriod) -> tuple[RatingCount, ...]:
    """The ratings of what was asked for, counted."""
    since, until = _stretch(asked)
    return rating.numbers(since=since, until=until, area=asked.area, channel=asked.channel)


def find(asked: ReportPeriod, before: int | None) -> Found:
    """Everything about what was asked for; `before` pages on among the words."""
    since, until = _stretch(asked)
    waiting, number = rating.to_follow_up(area=asked.area, channel=asked.channel, limit=FOLLOWED_UP)
    return Found(
        counts=counted(asked),
        waiting=waiting,
        waiting_number=number,
        newest=rating.newest(
            since=since,
            until=until,
            area=asked.area,
            channel=asked.channel,
            before=before,
            limit=NEWEST,
        ),
    )


def exported(*, asked: ReportPeriod, clerk: Clerk, at: datetime) -> None:
    """Note that somebody took the counts away."""
    audit.record(
        action="rating.exported",
        person_id=None,
        subject="ratings",
        actor=clerk.actor,
        at=at,
        data={
            "first": asked.first.isoformat(),
            "last": asked.last.isoformat(),
            "area": asked.area,
            "channel": asked.channel,
        },
    )


def _stretch(asked: ReportPeriod) -> tuple[datetime, datetime]:
    midnight = datetime.min.time()
    return (
        datetime.combine(asked.first, midnight, BEIJING),
        datetime.combine(asked.last + timedelta(1), midnight, BEIJING),
    )
