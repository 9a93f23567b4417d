"""View models of the audit log (操作记录): each event as a sentence for clerks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from flexapp.audit.service import Event
from flexapp.office.audit_lookup import (
    PAGE_SIZE,
    Found,
    Line,
)
from flexapp.rules import divisions
from flexapp.rules.disputes import CaseState
from flexapp.rules.periods import Month, Period
from flexapp.rules.states import State
from flexapp.staff.event_sentences import SENTENCES

CHANNELS = {
    "phone": "手机",
    "township": "乡镇窗口",
    "hall": "大厅窗口",
    "agency": "经办机构",
    "auditor": "审计",
    "system": "系统",
    "tax": "税务",
}


@dataclass(frozen=True, slots=True)
class EventLine:
    """One event. `facts`: (name, value) of its further data."""

    seq: int
    at: datetime
    sentence: str
    who: str
    channel: str
    whom: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """The page /counter/audit/<number>: the result of a look-up."""

    seq: int
    about: str
    kind: str
    lines: tuple[EventLine, ...]
    older: int | None

    @classmethod
    def of(cls, found: Found, lines: Sequence[Line]) -> AuditPage:
        """Build one page of the result."""
        shown = [_line(line) for line in lines[:PAGE_SIZE]]
        if found.person is not None:
            kind = "对这个人做过的事"
            about = f"{found.person.masked_name}（{found.person.masked_identity}）"
        else:
            assert found.clerk is not None
            kind = "这名经办人员做过的事"
            about = found.clerk.actor.label
        older = shown[-1].seq if len(lines) > PAGE_SIZE else None
        return cls(found.seq, about, kind, tuple(shown), older)


def _line(line: Line) -> EventLine:
    event, person = line.event, line.person
    return EventLine(
        seq=event.seq,
        at=event.at,
        # An event without a sentence is shown too, because the log must be complete.
        sentence=SENTENCES.get(event.action, f"其他操作（{event.action}）"),
        who=event.actor_label,
        channel=CHANNELS.get(event.channel, f"APP {event.channel}"),
        whom="" if person is None else f"{person.masked_name}（{person.masked_identity}）",
        facts=tuple(_facts(event, line.staff)),
    )


def _facts(event: Event, staff: str | None) -> Iterator[tuple[str, str]]:
    data = event.data
    if event.subject.isdigit():
        yield "核定流水号", event.subject
    elif staff is not None:
        yield "经办人员", staff
    elif event.action.startswith("channel."):
        yield "渠道", event.subject
    if "start" in data and "end" in data:
        yield "月份", Period(Month.parse(data["start"]), Month.parse(data["end"])).label
    if "total" in data:
        yield "缴费总额", f"{data['total']} 元"
    if data.get("from") in set(State) and data.get("to") in set(State):
        yield "状态", f"{State(data['from']).label} → {State(data['to']).label}"
    place = divisions.find(data.get("division", ""))
    if place is not None:
        yield "参保地区", place.name
    if data.get("changed"):
        yield "变更了", data["changed"]
    if data.get("from_unit"):
        yield "原虚拟单位", data["from_unit"]
    if data.get("to_unit"):
        yield "虚拟单位", data["to_unit"]
    if data.get("by_proxy") == "yes":
        yield "方式", "代他人核定"
    if data.get("reason"):
        yield "原因", data["reason"]
    if data.get("outcome") in set(CaseState):
        yield "结果", CaseState(data["outcome"]).label
    if "about" in data:
        yield "所指记录", f"第 {data['about']} 条"
