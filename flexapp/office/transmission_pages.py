"""View models of the page about transmission to the tax bureau."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from flexapp.rules.roles import Role
from flexapp.rules.states import State
from flexapp.staff.service import Clerk
from flexapp.transmission.service import TransmissionStatus

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
"""States of an assessment at the tax bureau, in Chinese."""


@dataclass(frozen=True, slots=True)
class ParkedLine:
    """A parked message that somebody must look at."""

    serial: str
    kind: str
    fault: str
    since: datetime


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A difference found by reconciliation that only a person can settle."""

    serial: str
    difference: str
    since: datetime


@dataclass(frozen=True, slots=True)
class TransmissionPage:
    """The page /counter/transmission: the state of transmission to the tax bureau."""

    counts: tuple[tuple[str, int], ...]
    oldest_open: datetime | None
    down_since: datetime | None
    paused: tuple[datetime, str, str] | None
    """When an officer paused transmission, who, and why; None if it is not paused."""
    compared_at: datetime | None
    parked: tuple[ParkedLine, ...]
    findings: tuple[FindingLine, ...]
    may_act: bool

    @classmethod
    def of(cls, standing: TransmissionStatus, clerk: Clerk) -> TransmissionPage:
        """Build the page for this clerk. An auditor gets no buttons."""
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
    """Translate a difference into Chinese. The log and the CLI show it in English."""
    found = re.fullmatch(r"(\w+) there, (\w+) here", text)
    if found is None or found[1] not in THERE:
        return "两边的内容不一样" if text.startswith("another content") else text
    ours = State(found[2]).label if found[2] in set(State) else "没有这个流水号"
    return f"税务：{THERE[found[1]]}；社保：{ours}"


def _fault(text: str) -> str:
    found = re.match(r"answer (\d+)", text)
    return f"税务答复 {found[1]}{text[found.end() :]}" if found else text
