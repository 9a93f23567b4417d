"""What the pages of the counters show."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flexapp.rules import divisions
from flexapp.rules.roles import Role
from flexapp.rules.states import State
from flexapp.staff.service import Clerk
from flexapp.transmission.service import Standing

KINDS = {"submit": "送核定", "ask": "申请税务撤销"}

STATUSES = {
    "waiting": "等待发送",
    "claimed": "正在发送",
    "done": "已送达",
    "dropped": "已取消",
    "parked": "搁置",
}


THERE = {
    "received": "已收到，待缴费",
    "revoking": "申请撤销中",
    "declined": "不同意撤销",
    "revocation_declined": "不同意撤销",
    "paid": "已缴费",
    "revoked": "已撤销",
    "missing": "没有这一笔",
}
"""What the tax bureau says of a serial, in a clerk's words."""


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere the desk leads."""

    name: str
    about: str
    endpoint: str
    icon: str
    waits: str = ""
    """How much waits there, and how long."""


DISPUTES, CORRECTIONS = "counter_disputes.index", "counter_corrections.index"

PLACES: Sequence[tuple[Place, frozenset[Role]]] = (
    (
        Place("居民业务", "凭身份证号登记、核定、查询", "counter_people.ask", "people"),
        frozenset({Role.TOWNSHIP, Role.HALL}),
    ),
    (
        Place("传输", "搁置的消息、与税务的差异", "counter_transmission.index", "sum"),
        frozenset({Role.AGENCY, Role.AUDITOR}),
    ),
    (
        Place("不是本人办的", "参保人反映的，核实后结案", DISPUTES, "people"),
        frozenset({Role.HALL, Role.AGENCY, Role.AUDITOR}),
    ),
    (
        Place("姓名更正", "大厅提交的，复核后生效", CORRECTIONS, "form"),
        frozenset({Role.AGENCY, Role.AUDITOR}),
    ),
    (
        Place("操作记录", "对一个人、由一名经办人员做过的事", "counter_audit.index", "form"),
        frozenset({Role.AGENCY, Role.AUDITOR}),
    ),
    (
        Place("缴费参数", "平均工资、上下限、费率", "counter_parameters.index", "sum"),
        frozenset({Role.AGENCY, Role.AUDITOR}),
    ),
    (
        Place("运行情况", "登记、核定、传输、缴费的数字", "counter_dashboard.index", "chart"),
        frozenset({Role.AGENCY, Role.AUDITOR}),
    ),
    (
        Place("评价", "满意不满意、要跟进的", "counter_ratings.index", "check"),
        frozenset({Role.AGENCY, Role.AUDITOR}),
    ),
    (
        Place("首页公告", "写给所有人的话，从哪天到哪天", "counter_announcements.index", "bell"),
        frozenset({Role.AGENCY, Role.AUDITOR}),
    ),
    (
        Place("宣传海报", "按地区打印，带二维码", "poster.sheet", "codes"),
        frozenset({Role.AGENCY}),
    ),
    (
        Place("试用范围", "按地区和渠道开通", "counter_pilot.index", "codes"),
        frozenset({Role.AGENCY, Role.AUDITOR}),
    ),
    (
        Place("申报年度", "开放和关闭", "counter_years.index", "clock"),
        frozenset({Role.AGENCY, Role.AUDITOR}),
    ),
)
"""What stands on the desk, and for whom."""


@dataclass(frozen=True, slots=True)
class DeskPage:
    """/counter: who is here, and what they can do."""

    name: str
    role: str
    divisions: str
    places: tuple[Place, ...]

    @classmethod
    def of(cls, clerk: Clerk, waits: Mapping[str, str]) -> DeskPage:
        """The desk of a clerk; `waits`: what waits at the endpoints that have something."""
        names = [divisions.find(code) for code in clerk.divisions]
        return cls(
            name=clerk.name,
            role=clerk.role.label,
            divisions="、".join(place.name for place in names if place) or "全区",
            places=tuple(
                replace(place, waits=waits.get(place.endpoint, ""))
                for place, roles in PLACES
                if clerk.role in roles
            ),
        )


@dataclass(frozen=True, slots=True)
class ParkedLine:
    """A message that somebody must look at."""

    serial: str
    kind: str
    fault: str
    since: datetime


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A difference between the books that only a person can settle."""

    serial: str
    difference: str
    since: datetime


@dataclass(frozen=True, slots=True)
class TransmissionPage:
    """/counter/transmission: how it stands with the tax bureau."""

    counts: tuple[tuple[str, int], ...]
    oldest_open: datetime | None
    down_since: datetime | None
    paused: tuple[datetime, str, str] | None
    """Since when an officer holds everything back, who, and why."""
    compared_at: datetime | None
    parked: tuple[ParkedLine, ...]
    findings: tuple[FindingLine, ...]
    may_act: bool

    @classmethod
    def of(cls, standing: Standing, clerk: Clerk) -> TransmissionPage:
        """The page for whoever looks: an auditor has no buttons."""
        return cls(
            counts=tuple(
                (words, standing.counts.get(status, 0)) for status, words in STATUSES.items()
            ),
            oldest_open=standing.oldest_open,
            down_since=standing.down_since,
            paused=standing.paused,
            compared_at=standing.compared_at,
            parked=tuple(
                ParkedLine(
                    each.serial,
                    KINDS[each.kind],
                    _fault(each.last_fault),
                    each.created_at,
                )
                for each in standing.parked
            ),
            findings=tuple(
                FindingLine(serial, _difference(difference), since)
                for serial, difference, since in standing.findings
            ),
            may_act=clerk.role is Role.AGENCY,
        )


def _difference(text: str) -> str:
    """A difference in Chinese; the log and the terminal have it in English."""
    found = re.fullmatch(r"(\w+) there, (\w+) here", text)
    if found is None or found[1] not in THERE:
        return "两边的内容不一样" if text.startswith("another content") else text
    ours = State(found[2]).label if found[2] in set(State) else "没有这个流水号"
    return f"税务：{THERE[found[1]]}；社保：{ours}"


def _fault(text: str) -> str:
    found = re.match(r"answer (\d+)", text)
    return f"税务答复 {found[1]}{text[found.end() :]}" if found else text
