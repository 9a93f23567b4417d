"""Portal services: a person's months, messages and disputes (不是我办的).

Messages are rendered from the audit events about a person; there is no separate message table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flexapp.agency.service import why_not_open
from flexapp.assessment import disputes
from flexapp.assessment import service as assessment
from flexapp.assessment.disputes import Dispute
from flexapp.assessment.service import MonthCell
from flexapp.audit import service as audit
from flexapp.audit.service import Actor, Event
from flexapp.people import (
    account_closure,
    corrections,
    handover_codes,
)
from flexapp.people import service as people
from flexapp.people.corrections import Correction
from flexapp.people.handover_codes import HandedOver, Place
from flexapp.people.service import Visitor
from flexapp.registration import service as registration
from flexapp.rules.capabilities import Action
from flexapp.rules.disputes import TOLD_PERSON, TOLD_PROXY, CaseState
from flexapp.rules.periods import Month, Period, group_months
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import State
from flexapp.web.formatting import moment

PAGE_SIZE = 20
EVERYTHING = 500
"""Page size when all events are read."""

SENTENCES = {
    "account.closed": "注销了账号",
    "account.exported": "下载了本人的信息",
    "person.real_name": "完成实名认证",
    "person.proxy_on": "打开了他人代办",
    "person.proxy_off": "关闭了他人代办",
    disputes.OPENED: "您反映了一件不是本人办的事，经办机构会核实",
    disputes.WITHDRAWN: "撤回了“不是我办的”的反映，可以继续办理",
    disputes.SETTLED: "您反映的{of_period}有结果了：{outcome}",
    disputes.PROXY_OPENED: (
        "您代办的{of_period}，参保人反映不是本人办的；{held}您不用再操作，经办机构会核实"
    ),
    disputes.PROXY_ASKED: "您代办的{of_period}，经办机构已向税务申请撤销，您不用再操作",
    disputes.PROXY_SETTLED: "您代办的{of_period}有结果了：{outcome}",
    "proxy.opened": "凭姓名和身份证号进入代办",
    "counter.opened": "凭身份证号打开了您的参保信息，为您办理业务",
    "person.name_corrected": "凭证件更正了您的姓名",
    "person.name_proposed": "凭证件提交了您的姓名更正，等经办机构复核",
    "person.name_declined": "经办机构没有通过您的姓名更正",
    "person.phone_changed": "把您的登录手机号由 {phone_before} 改为 {phone}",
    "person.retirement": "记录了退休信息，可核定的月份随之改变",
    "registration.made": "办理参保登记",
    "registration.changed": "变更参保登记：{changed}",
    "registration.unit_moved": "虚拟单位归并，参保单位改为 {to_unit}",
    "assessment.assess": "核定 {period}{rate}，{total} 元",
    "assessment.restored": "{period} 的核定由税务存档恢复，{total} 元",
    "assessment.transmit": "把 {period} 的核定传输给税务",
    "assessment.revoke": "撤销 {period} 的核定",
    "assessment.ask": "申请税务撤销 {period} 的核定",
    "assessment.receive": "税务已接收 {period} 的核定，可以去缴费了",
    "assessment.refuse": "税务退回 {period} 的核定{because}，请撤销后重新核定",
    "assessment.pay": "{period} 缴费到账",
    "assessment.agree": "税务同意撤销 {period} 的核定，请回来按“撤销”",
    "assessment.decline": "税务不同意撤销 {period} 的核定{because}",
    "assessment.tax_revoke": "税务撤销了 {period} 的核定{because}，请回来按“撤销”",
}
"""Message text by audit action; `{…}` is filled from the event."""

CHANNELS = {
    "phone": "手机浏览器",
    "township": "乡镇窗口",
    "hall": "大厅窗口",
    "agency": "经办机构",
    "auditor": "审计",
    "system": "系统",
    "tax": "税务",
}
"""Names of built-in channels; the names of apps come from the channel catalogue."""

NOT_MESSAGES = {
    "account.signed_in": "手机号登录",
    "assessment.imported": "接收旧的批量核定",
    "assessment.unit_moved": "核定随虚拟单位归并",
    "audit.looked_up": "查询了您的操作记录",
    "counter.person_added": "窗口建立个人信息",
    "counter.refused": "窗口办理未通过",
    disputes.ASKED: "为核实“不是我办的”申请了税务撤销",
    "hand_over.given": "给出办理码，换个地方接着办",
    "hand_over.given_up": "作废办理码",
    "hand_over.taken": "凭办理码接着办",
    "hand_over.wrong": "输错办理码",
    "registration.taken_over": "接收原虚拟单位的参保登记",
    "transmission.retried": "重新传输",
}
"""Text of audit actions that are included in the data export but are not messages."""


NEVER_DISPUTED = frozenset({disputes.OPENED, disputes.WITHDRAWN, disputes.ASKED, disputes.SETTLED})
"""Messages about disputes cannot be disputed themselves."""


@dataclass(frozen=True, slots=True)
class DisputeNote:
    """The status of a dispute (不是我办的). `number`: an open case to withdraw, else None."""

    text: str
    number: int | None


@dataclass(frozen=True, slots=True)
class Message:
    """One action done in a person's name.

    `disputable`: done by somebody else and not disputed yet.
    """

    seq: int
    at: datetime
    text: str
    who: str
    channel: str
    """The code of an app, or a key of `CHANNELS`."""
    serial: str | None
    explained: bool
    """Whether the text contains an amount; the page then links to its breakdown."""
    disputable: bool
    dispute: DisputeNote | None = None
    said: str | None = None
    """The agency's explanation of its decision."""


@dataclass(frozen=True, slots=True)
class MyMonths:
    """The months of the current year; free months link to 核定.

    `not_open`: why nothing can be assessed through this channel; `to_transmit`: the assessed months
    that are still to be transmitted. Both are texts for display; None if there is nothing to show.
    """

    cells: tuple[MonthCell, ...]
    not_open: str | None
    to_transmit: str | None


def my_months(visitor: Visitor, today: date) -> MyMonths | None:
    """Return the visitor's months of the current year; None before registration."""
    person = visitor.me
    registered = registration.current(person.id)
    if registered is None:
        return None
    not_open = why_not_open(
        division=registered.division, actor=visitor.actor, action=Action.ASSESS, today=today
    )
    cells = assessment.months_of_year(
        person=person,
        work_start=registered.work_start,
        year=today.year,
        today=today,
        not_open=not_open,
    )
    waiting = group_months(
        [cell.month for cell in cells if cell.state is State.ASSESSED and not cell.disputed]
    )
    return MyMonths(
        cells=assessment.leading(cells),
        not_open=None if not_open is None else not_open.sentence,
        to_transmit="、".join(period.label for period in waiting) or None,
    )


def messages(visitor: Visitor, before: int | None) -> tuple[Message, ...]:
    """Return one page of messages, newest first, plus one more if there are older ones."""
    events, opened = audit.about_person_twice(
        person_id=visitor.me.id,
        page=(tuple(SENTENCES), before, PAGE_SIZE + 1),
        also=_OPENED,
    )
    known = _known(visitor, events, opened)
    return tuple(_message(event, known) for event in events)


def full_history(visitor: Visitor) -> tuple[Message, ...]:
    """Return all audit events about the visitor, newest first.

    This includes the actions of `NOT_MESSAGES`.
    """
    found: list[Message] = []
    before = None
    while True:
        events = audit.about_person(person_id=visitor.me.id, before=before, limit=EVERYTHING)
        known = _known(visitor, events)
        found += (_message(event, known) for event in events)
        if len(events) < EVERYTHING:
            return tuple(found)
        before = events[-1].seq


def dispute(*, visitor: Visitor, seq: int, at: datetime) -> Refusal | None:
    """不是我办的: open a dispute about a message. Returns None on success; repeating it is safe."""
    event = audit.one_about_person(person_id=visitor.me.id, seq=seq)
    told = SENTENCES.keys() | disputes.MADE
    if event is None or event.action not in told or event.action in NEVER_DISPUTED:
        return Refusal("message_unknown", "没有找到这条消息。")
    known = _known(visitor, (event,))
    if not _by_other(event, known):
        return Refusal(
            "own_doing",
            "这件事是用您自己的账号办的；不是您办的，请马上退出登录，带身份证到社保服务大厅，"
            "由窗口登记核实。",
        )
    earlier = known.case_about(event)
    if earlier is not None and not earlier.state.is_open and earlier.state is not _WITHDRAWN:
        return disputes.NOT_OPEN
    return disputes.open_case(event=event, person_id=visitor.me.id, actor=visitor.actor, at=at)


def withdraw_dispute(*, visitor: Visitor, number: int, at: datetime) -> Refusal | None:
    """Withdraw a dispute (说错了，是我同意办的)."""
    return disputes.withdraw(number=number, person_id=visitor.me.id, actor=visitor.actor, at=at)


def go_on(*, visitor: Visitor, code: str, at: datetime) -> HandedOver | Refusal:
    """Continue a case that a clerk started for the visitor and handed over with a code (办理码)."""
    person_id, actor = visitor.me.id, visitor.actor
    found = handover_codes.find(
        person_id=person_id, place=Place.PHONE, code=code, actor=actor, at=at
    )
    if isinstance(found, Refusal):
        return found
    refusal = handover_codes.redeem(case=found, person_id=person_id, actor=actor, at=at)
    return found if refusal is None else refusal


def set_proxy_handling(*, visitor: Visitor, allowed: bool, actor: Actor, at: datetime) -> None:
    """Allow or forbid others to act for the visitor (他人代办)."""
    people.set_proxy_handling(person=visitor.me, allowed=allowed, actor=actor, at=at)


_WITHDRAWN = CaseState.WITHDRAWN


@dataclass(frozen=True, slots=True)
class _Known:
    """Context for rendering messages.

    `own`: ids of the visitor's current and closed accounts. `disputed`: case number by number of
    the disputed event. `cases`: the cases that the messages refer to. `corrections`: the name
    corrections.
    """

    own: frozenset[int | None]
    disputed: Mapping[str, str]
    cases: Mapping[str, Dispute]
    corrections: Mapping[str, Correction]

    def case_about(self, event: Event) -> Dispute | None:
        """Return the latest case about an event."""
        number = self.disputed.get(str(event.seq))
        if number == "":  # an event from before cases had numbers
            cases = self.cases.values()
            about = [case for case in cases if case.about_seq == event.seq]
            about = about or [case for case in cases if case.serial == event.subject]
            return about[-1] if about else None
        return None if number is None else self.cases.get(number)


_OPENED = ((disputes.OPENED, account_closure.CLOSED), 1000)
"""Actions that tell which events are disputed and whose accounts were closed; at most so many."""


def _known(
    visitor: Visitor, about: Sequence[Event], opened: Sequence[Event] | None = None
) -> _Known:
    """Return the context of these events; `opened`: the events of `_OPENED`, if read already."""
    events = opened
    if events is None:
        actions, most = _OPENED
        events = audit.about_person(person_id=visitor.me.id, actions=actions, limit=most)
    closed = {event.actor_id for event in events if event.action == account_closure.CLOSED}
    disputed = {
        event.data.get("about", ""): event.data.get("case", "")
        for event in reversed(events)
        if event.action == disputes.OPENED
    }
    concerned = [each for each in about if str(each.seq) in disputed or "case" in each.data]
    numbers = {disputed.get(str(each.seq), "") for each in concerned}
    numbers |= {each.data.get("case", "") for each in concerned}
    cases = disputes.named_by(visitor.me.id, numbers=numbers, events=concerned)
    declined = any(each.action == corrections.DECLINED for each in about)
    names = corrections.of_person(visitor.me.id) if declined else ()
    return _Known(
        own=frozenset({visitor.account_id} | closed),
        disputed=disputed,
        cases={str(case.id): case for case in cases},
        corrections={str(each.id): each for each in names},
    )


def _message(event: Event, known: _Known) -> Message:
    words = dict.fromkeys(("changed", "total"), "") | dict(event.data)
    words["of_period"] = "这件事"
    if "start" in event.data and "end" in event.data:
        period = Period(Month.parse(event.data["start"]), Month.parse(event.data["end"]))
        words["period"] = period.label
        words["of_period"] = f" {period.label} 的核定"
    words["held"] = "核实前不会传输，" if event.data.get("held") else ""
    words["rate"] = f"（{RateKind.UNIT.label}）" if event.data.get("kind") == "unit" else ""
    words["because"] = f"（{event.data['reason']}）" if event.data.get("reason") else ""
    said = None
    if "outcome" in event.data:
        outcomes = TOLD_PROXY if event.action == disputes.PROXY_SETTLED else TOLD_PERSON
        words["outcome"] = outcomes[CaseState(event.data["outcome"])]
    if event.action == disputes.SETTLED:
        settled = known.cases.get(event.data.get("case", ""))
        said = None if settled is None else settled.found
    if event.action == corrections.DECLINED:
        declined = known.corrections.get(event.data.get("correction", ""))
        said = None if declined is None else declined.reason
    mine = event.actor_kind == "account" and event.actor_id in known.own
    sentence = SENTENCES.get(event.action) or NOT_MESSAGES[event.action]
    case = known.case_about(event)
    done = case is not None and case.state is not _WITHDRAWN
    by_other = _by_other(event, known) and event.action not in NEVER_DISPUTED
    return Message(
        seq=event.seq,
        at=event.at,
        text=sentence.format_map(words),
        who="本人" if mine else event.actor_label,
        channel=event.channel,
        serial=event.subject if event.action.startswith("assessment.") else None,
        explained="{total}" in sentence,
        disputable=by_other and not done,
        dispute=None if case is None else _note(case),
        said=said,
    )


def _note(case: Dispute) -> DisputeNote:
    if case.state is CaseState.ASKED:
        text = f"您反映“不是我办的”，已向税务申请撤销，{_answer(case)}。"
        return DisputeNote(text, case.id if case.can_withdraw else None)
    if case.state.is_open:
        since = f"您已反映“不是我办的”，经办机构从 {moment(case.opened_at)} 起在核实"
        held = "；核实前不会传输" if case.serial is not None and not case.under_way else ""
        return DisputeNote(f"{since}{held}。结果会在这里告诉您。", case.id)
    if case.state is CaseState.WITHDRAWN:
        return DisputeNote("您反映过“不是我办的”，后来撤回了。", None)
    return DisputeNote(f"您反映“不是我办的”，{TOLD_PERSON[case.state]}。", None)


def _answer(case: Dispute) -> str:
    if case.declined:
        return "税务没有同意，经办机构会接着处理，结果会在这里告诉您"
    if case.record_state == State.TAX_REVOKED:
        return "税务已撤销，在记录里按“撤销”就办完"
    return "等税务答复"


def _by_other(event: Event, known: _Known) -> bool:
    # A restored assessment has no known author.
    if event.actor_kind == "staff" or event.action == "assessment.restored":
        return True
    return event.actor_kind == "account" and event.actor_id not in known.own
