"""What the portal tells a person: their months, and what was done in their name and by whom.

Messages are the audit events about a person, in words; there is no second list that could differ.
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

MESSAGES_A_PAGE = 20
EVERYTHING = 500
"""Events fetched at a time where all of them are wanted."""

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
"""Every action that a person is told of, in words; `{…}` are filled from the event."""

CHANNELS = {
    "phone": "手机浏览器",
    "township": "乡镇窗口",
    "hall": "大厅窗口",
    "agency": "经办机构",
    "auditor": "审计",
    "system": "系统",
    "tax": "税务",
}
"""Where things are done, in words; apps have their names."""

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
"""What else can stand about a person in the record: in what they take with them, not a message."""


NEVER_DISPUTED = frozenset({disputes.OPENED, disputes.WITHDRAWN, disputes.ASKED, disputes.SETTLED})
"""What is done about disputes is not disputed again."""


@dataclass(frozen=True, slots=True)
class DisputeNote:
    """What became of 不是我办的. `number`: of an open case, which the person can take back."""

    text: str
    number: int | None


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that was done in a person's name. `disputable`: by somebody else's hand."""

    seq: int
    at: datetime
    text: str
    who: str
    channel: str
    """Where: the code of an app, or the kind of place."""
    serial: str | None
    explained: bool
    """Whether an amount stands in it, so that the way to its reckoning does as well."""
    disputable: bool
    dispute: DisputeNote | None = None
    said: str | None = None
    """What the agency found, in its words."""


@dataclass(frozen=True, slots=True)
class MyMonths:
    """The months of the current year, the free ones leading to 核定.

    `not_open`: why nothing can be assessed on this phone; `to_transmit`: the months that were
    assessed and still have to be transmitted, in words. Each is None where there is nothing to say.
    """

    cells: tuple[MonthCell, ...]
    not_open: str | None
    to_transmit: str | None


def my_months(visitor: Visitor, today: date) -> MyMonths | None:
    """The visitor's months; None before registration."""
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
    """What was done in the visitor's name, newest first: a page and one more where there is."""
    events = audit.about_person(
        person_id=visitor.me.id,
        actions=tuple(SENTENCES),
        before=before,
        limit=MESSAGES_A_PAGE + 1,
    )
    known = _known(visitor, events)
    return tuple(_message(event, known) for event in events)


def told(visitor: Visitor) -> tuple[Message, ...]:
    """Everything that was done in the visitor's name or with their account, newest first: with the
    messages also what they are not told of at once."""
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
    """不是我办的: a case for the agency. None once it is open; pressing again changes nothing."""
    event = audit.one_about_person(person_id=visitor.me.id, seq=seq)
    told = SENTENCES.keys() | disputes.MADE
    if event is None or event.action not in told or event.action in NEVER_DISPUTED:
        return Refusal("message_unknown", "没有找到这条消息。")
    known = _known(visitor, (event,))
    if not _by_somebody_else(event, known):
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
    """说错了，是我同意办的."""
    return disputes.withdraw(number=number, person_id=visitor.me.id, actor=visitor.actor, at=at)


def go_on(*, visitor: Visitor, code: str, at: datetime) -> HandedOver | Refusal:
    """Take over what a clerk began for the visitor."""
    person_id, actor = visitor.me.id, visitor.actor
    found = handover_codes.find(
        person_id=person_id, place=Place.PHONE, code=code, actor=actor, at=at
    )
    if isinstance(found, Refusal):
        return found
    refusal = handover_codes.take_over(case=found, person_id=person_id, actor=actor, at=at)
    return found if refusal is None else refusal


def set_proxy_handling(*, visitor: Visitor, allowed: bool, actor: Actor, at: datetime) -> None:
    """Let others handle for the visitor, or stop them."""
    people.set_proxy_handling(person=visitor.me, allowed=allowed, actor=actor, at=at)


_WITHDRAWN = CaseState.WITHDRAWN


@dataclass(frozen=True, slots=True)
class _Known:
    """What these messages are read with: the visitor's account with those they have closed, what
    they have disputed (event number → case number), the cases that the messages name, and the
    corrections of their name."""

    own: frozenset[int | None]
    disputed: Mapping[str, str]
    cases: Mapping[str, Dispute]
    corrections: Mapping[str, Correction]

    def case_about(self, event: Event) -> Dispute | None:
        """The latest case about an event."""
        number = self.disputed.get(str(event.seq))
        if number == "":  # disputed before there were cases
            cases = self.cases.values()
            about = [case for case in cases if case.about_seq == event.seq]
            about = about or [case for case in cases if case.serial == event.subject]
            return about[-1] if about else None
        return None if number is None else self.cases.get(number)


def _known(visitor: Visitor, about: Sequence[Event]) -> _Known:
    events = audit.about_person(
        person_id=visitor.me.id, actions=(disputes.OPENED, account_closure.CLOSED), limit=1000
    )
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
    by_other = _by_somebody_else(event, known) and event.action not in NEVER_DISPUTED
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


def _by_somebody_else(event: Event, known: _Known) -> bool:
    # Nothing says who made an assessment that was restored.
    if event.actor_kind == "staff" or event.action == "assessment.restored":
        return True
    return event.actor_kind == "account" and event.actor_id not in known.own
