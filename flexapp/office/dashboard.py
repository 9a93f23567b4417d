"""运行情况: counts of registrations, assessments, transmissions and payments, and the backlog.

For the agency and its auditors, who see the whole region. What is counted:

- 登记 and 变更登记: by day, channel and area (参保地区) of the registration.
- 核定: by the day of creation. Revoked ones count too, because the work was done.
- 传输: by the day somebody pressed 传输. Channel and area are those of the assessment's creation.
- 缴费: by the day the tax bureau notified us. Channel and area as for 传输.

Imported legacy batch assessments are not counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flexapp.assessment import service as assessment
from flexapp.audit import service as audit
from flexapp.registration import service as registration
from flexapp.rules.divisions import choices
from flexapp.rules.publication import read_day
from flexapp.rules.refusal import Refusal
from flexapp.rules.statistics import (
    Count,
    Measure,
    Tally,
    tally,
)
from flexapp.staff.service import Clerk
from flexapp.web.clock import BEIJING

MAX_DAYS = 92
"""Maximum days of one request: a quarter."""
DEFAULT_DAYS = timedelta(days=29)

REGISTRATIONS = {
    Measure.REGISTERED: "registration.made",
    Measure.CHANGED: "registration.changed",
}
ASSESSMENTS = {
    Measure.ASSESSED: "assessment.assess",
    Measure.TRANSMITTED: "assessment.transmit",
    Measure.PAID: "assessment.pay",
}


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """A range of days, both included, optionally limited to one area and one channel."""

    first: date
    last: date
    area: str = ""
    channel: str = ""

    @property
    def days(self) -> list[date]:
        """Every day of the period."""
        return [self.first + timedelta(n) for n in range((self.last - self.first).days + 1)]


@dataclass(frozen=True, slots=True)
class Figures:
    """The counts by day (YYYY-MM-DD), by channel code, by area code, and in total."""

    by_day: Mapping[str, Tally]
    by_channel: Mapping[str, Tally]
    by_area: Mapping[str, Tally]
    total: Tally


def default_period(today: date) -> ReportPeriod:
    """Return the last thirty days."""
    return ReportPeriod(today - DEFAULT_DAYS, today)


def read(
    *,
    first: str,
    last: str,
    area: str,
    channel: str,
    channels: Sequence[str],
    longest: int = MAX_DAYS,
) -> ReportPeriod | tuple[Refusal, ...]:
    """Validate the request. Return the period, or every refusal."""
    refusals = []
    begins, ends = read_day(first), read_day(last)
    if begins is None:
        refusals.append(Refusal("day_wrong", "请填开始日期。", "first"))
    if ends is None or (begins is not None and ends < begins):
        refusals.append(Refusal("day_wrong", "请填结束日期，不早于开始日期。", "last"))
    elif begins is not None and (ends - begins).days >= longest:
        refusals.append(
            Refusal("period_too_long", f"一次最多看 {longest} 天，请分几次看。", "last")
        )
    if area and area not in AREAS:
        refusals.append(Refusal("area_unknown", "请选择列出的地区。", "area"))
    if channel and channel not in channels:
        refusals.append(Refusal("channel_unknown", "请选择列出的渠道。", "channel"))
    if refusals or begins is None or ends is None:
        return tuple(refusals)
    return ReportPeriod(begins, ends, area, channel)


AREAS = tuple(place.code for _, places in choices() for place in places)


def figures(asked: ReportPeriod, channels: Sequence[str]) -> Figures:
    """Count the requested period. Every area and channel is listed, even with a count of zero."""
    since = datetime.combine(asked.first, datetime.min.time(), BEIJING)
    until = datetime.combine(asked.last + timedelta(1), datetime.min.time(), BEIJING)
    found: dict[Measure, list[Count]] = {}
    for measure in Measure:
        count = registration.counts if measure in REGISTRATIONS else assessment.counts
        action = (REGISTRATIONS | ASSESSMENTS)[measure]
        found[measure] = [
            each
            for each in count(action, since, until)
            if asked.area in ("", each.division) and asked.channel in ("", each.channel)
        ]
    return Figures(
        by_day=tally(found, lambda each: each.day.isoformat(), map(str, asked.days)),
        by_channel=tally(
            found, lambda each: each.channel, [asked.channel] if asked.channel else channels
        ),
        by_area=tally(found, lambda each: each.division, [asked.area] if asked.area else AREAS),
        total=tally(found, lambda _: "", [""])[""],
    )


def exported(*, asked: ReportPeriod, form: str, clerk: Clerk, at: datetime) -> None:
    """Record that a clerk downloaded the figures."""
    audit.record(
        action="dashboard.exported",
        person_id=None,
        subject="dashboard",
        actor=clerk.actor,
        at=at,
        data={
            "form": form,
            "first": asked.first.isoformat(),
            "last": asked.last.isoformat(),
            "area": asked.area,
            "channel": asked.channel,
        },
    )
