"""View models of the agency's page of ratings (评价)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flexapp.office.dashboard import ReportPeriod
from flexapp.office.rating_reports import (
    NEWEST,
    Found,
    months,
)
from flexapp.office.rating_tables import (
    COLUMNS,
    RatingTable,
    area_name,
    cells,
    percent,
    shares,
    tables,
)
from flexapp.rating.service import RatingReport
from flexapp.rules.ratings import RatingCount, RatingTally, tally_ratings
from flexapp.rules.roles import Role
from flexapp.staff.service import Clerk
from flexapp.web.formatting import day


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A rating as text: what was done and where, never by whom."""

    id: int
    level: str
    bad: bool
    sentence: str
    about: str
    answer: str | None
    answered: str | None

    @classmethod
    def of(cls, each: RatingReport, channels: Mapping[str, str]) -> ReportLine:
        """Build the line of a rating. `channels`: names by code."""
        where = f"{area_name(each.division)} · {channels.get(each.channel, each.channel)}"
        return cls(
            id=each.id,
            level=each.level.label,
            bad=each.level.is_bad,
            sentence=each.sentence,
            about=f"{each.business.label} · {where} · {day(each.day)}",
            answer=each.answer,
            answered=day(each.answered_on) if each.answered_on else None,
        )


@dataclass(frozen=True, slots=True)
class RatingsPage:
    """The page /counter/ratings."""

    period: str
    total: str
    content: str
    levels: tuple[tuple[str, str, str], ...]
    columns: tuple[str, ...]
    tables: tuple[RatingTable, ...]
    waiting: tuple[ReportLine, ...]
    more_waiting: int
    newest: tuple[ReportLine, ...]
    older: int | None
    nothing: bool
    may_act: bool

    @classmethod
    def of(
        cls, asked: ReportPeriod, found: Found, clerk: Clerk, channels: Mapping[str, str]
    ) -> RatingsPage:
        """Build the page for this clerk. An auditor gets no buttons."""
        total = total_of(found.counts)
        shown = found.newest[:NEWEST]
        return cls(
            period=f"{asked.first} 至 {asked.last}",
            total=cells(total)[0],
            content=percent(total.content),
            levels=shares(total),
            columns=COLUMNS,
            tables=tables(found.counts, months(asked), channels),
            waiting=tuple(ReportLine.of(each, channels) for each in found.waiting),
            more_waiting=found.waiting_number - len(found.waiting),
            newest=tuple(ReportLine.of(each, channels) for each in shown),
            older=shown[-1].id if len(found.newest) > NEWEST else None,
            nothing=not found.counts,
            may_act=clerk.role is Role.AGENCY,
        )


def total_of(counts: Sequence[RatingCount]) -> RatingTally:
    """Return the tally of all counts."""
    return tally_ratings(counts, lambda _: "", [""])[""]
