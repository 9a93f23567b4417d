"""评价 for the agency: counts by month, business, channel, area and level, and the comments.

For the agency and its auditors, who see the whole region. Ratings are counted by the day they were
given. Channel and area are those of the rated case. An officer deals with each bad rating.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flexapp.audit import service as audit
from flexapp.office.dashboard import ReportPeriod, read
from flexapp.rating import service as rating
from flexapp.rating.service import RatingReport
from flexapp.rules.periods import Month, Period
from flexapp.rules.ratings import RatingCount
from flexapp.rules.refusal import Refusal
from flexapp.staff.service import Clerk
from flexapp.web.clock import BEIJING

LONGEST = 366
"""Maximum days of one request. Ratings are fewer than cases, and are compared over a year."""
USUAL_MONTHS = 6
MAX_PENDING = 20
"""Maximum number of pending bad ratings shown. The next ones appear once these are handled."""
NEWEST = 20


@dataclass(frozen=True, slots=True)
class Found:
    """The ratings of a period: counts and comments."""

    counts: tuple[RatingCount, ...]
    waiting: Sequence[RatingReport]
    waiting_number: int
    newest: Sequence[RatingReport]
    """At most `NEWEST + 1`: the extra rating means that there are more."""


def default_period(today: date) -> ReportPeriod:
    """Return this month and the five before it."""
    return ReportPeriod(Month.of(today).plus(1 - USUAL_MONTHS).first_day, today)


def read_asked(
    *, first: str, last: str, area: str, channel: str, channels: Sequence[str]
) -> ReportPeriod | tuple[Refusal, ...]:
    """Validate the request. Return the period, or every refusal."""
    return read(
        first=first, last=last, area=area, channel=channel, channels=channels, longest=LONGEST
    )


def months(asked: ReportPeriod) -> list[str]:
    """Return every month ("YYYY-MM") that the period touches."""
    return [str(month) for month in Period(Month.of(asked.first), Month.of(asked.last)).months]


def counted(asked: ReportPeriod) -> tuple[RatingCount, ...]:
    """Count the ratings of the period."""
    since, until = _from_to(asked)
    return rating.numbers(since=since, until=until, area=asked.area, channel=asked.channel)


def find(asked: ReportPeriod, before: int | None) -> Found:
    """Return the counts and comments of the period. `before`: page of the comments below this
    id.
    """
    since, until = _from_to(asked)
    waiting, number = rating.to_follow_up(area=asked.area, channel=asked.channel, limit=MAX_PENDING)
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
    """Record that a clerk downloaded the counts."""
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


def _from_to(asked: ReportPeriod) -> tuple[datetime, datetime]:
    midnight = datetime.min.time()
    return (
        datetime.combine(asked.first, midnight, BEIJING),
        datetime.combine(asked.last + timedelta(1), midnight, BEIJING),
    )
