"""View models of the page of announcements (公告)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flexapp.agency.service import SHOWN, Announcement, Stage
from flexapp.rules.roles import Role
from flexapp.staff.service import Clerk
from flexapp.web.formatting import day

STAGES = {
    Stage.COMING: "还没到日子",
    Stage.SHOWN: "正在显示",
    Stage.OVER: "已过期",
    Stage.TAKEN_DOWN: "已撤下",
}


@dataclass(frozen=True, slots=True)
class AnnouncementLine:
    """One announcement. `live`: it is or will be shown on 首页 and can be taken down."""

    id: int
    text: str
    stage: str
    live: bool
    days: str
    posted_by: str
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class AnnouncementsPage:
    """The page /counter/announcements. `most`: the maximum number shown on 首页 at once."""

    lines: tuple[AnnouncementLine, ...]
    may_act: bool
    most: int

    @classmethod
    def of(cls, found: Sequence[Announcement], clerk: Clerk) -> AnnouncementsPage:
        """Build the page for this clerk. An auditor gets no buttons."""
        lines = tuple(
            AnnouncementLine(
                id=each.id,
                text=each.text,
                stage=STAGES[each.stage],
                live=each.stage in (Stage.COMING, Stage.SHOWN),
                days=f"{day(each.shown_from)}至{day(each.shown_to)}",
                posted_by=each.posted_by,
                posted_at=each.posted_at,
            )
            for each in found
        )
        return cls(lines, clerk.role is Role.AGENCY, SHOWN)
