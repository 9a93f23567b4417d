"""What the portal tells a person: their months, and what was done in their name and by whom.

Messages are the audit events about a person, in words; there is no second list that could differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flexapp.assessment import service as assessment
from flexapp.assessment.service import MonthCell
from flexapp.audit import service as audit
from flexapp.audit.service import Actor, Event
from flexapp.people import closing, handing_over
from flexapp.people import service as people
from flexapp.people.handing_over import HandedOver, Place
from flexapp.people.service import PersonCard, Visitor
from flexapp.registration import service as registration
from flexapp.rules.periods import Month, Period
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal

MESSAGES_A_PAGE = 20
DISPUTED = "person.disputed"
EVERYTHING = 500
"""Events fetched at a time where all of them are wanted."""

SENTENCES = {
    "account.closed": "注销了账号",
    "account.exported": "下载了本人的信息",
    "person.real_name": "完成实名认证",
    "person.proxy_on": "打开了他人代办",
    "person.proxy_off": "关闭了他人代办",
    DISPUTED: "您反映了一件不是本人办的事，经办机构会核实",
    "proxy.opened": "凭姓名和身份证号进入代办",
    "counter.opened": "凭身份证号打开了您的参保信息，为您办理业务",
    "person.retirement": "记录了退休信息，可核定的月份随之改变",
    "registration.made": "办理参保登记",
    "registration.changed": "变更参保登记：{changed}",
    "registration.unit_moved": "虚拟单位归并，参保单位改为 {to_unit}",
    "assessment.assess": "核定 {period}{rate}，{total} 元",
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
    "hand_over.given": "给出办理码，换个地方接着办",
    "hand_over.given_up": "作废办理码",
    "hand_over.taken": "凭办理码接着办",
    "hand_over.wrong": "输错办理码",
    "registration.taken_over": "接收原虚拟单位的参保登记",
    "transmission.retried": "重新传输",
}
"""What else can stand about a person in the record: in what they take with them, not a message."""


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
    disputed: bool


def my_months(person: PersonCard, today: date) -> tuple[MonthCell, ...] | None:
    """The months of the current year, the free ones leading to 核定; None before registration."""
    registered = registration.current(person.id)
    if registered is None:
        return None
    months = assessment.months_of_year(
        person=person, work_start=registered.work_start, year=today.year, today=today
    )
    return assessment.leading(months)


def messages(visitor: Visitor, before: int | None) -> tuple[Message, ...]:
    """What was done in the visitor's name, newest first: a page and one more where there is."""
    events = audit.about_person(
        person_id=visitor.me.id,
        actions=tuple(SENTENCES),
        before=before,
        limit=MESSAGES_A_PAGE + 1,
    )
    own, disputed = _known(visitor)
    return tuple(_message(event, own, str(event.seq) in disputed) for event in events)


def told(visitor: Visitor) -> tuple[Message, ...]:
    """Everything that was done in the visitor's name or with their account, newest first: with the
    messages also what they are not told of at once."""
    own, _ = _known(visitor)
    found: list[Message] = []
    before = None
    while True:
        events = audit.about_person(person_id=visitor.me.id, before=before, limit=EVERYTHING)
        found += (_message(event, own, disputed=False) for event in events)
        if len(events) < EVERYTHING:
            return tuple(found)
        before = events[-1].seq


def dispute(*, visitor: Visitor, seq: int, at: datetime) -> Refusal | None:
    """不是我办的: noted for the agency. None once noted; noting again changes nothing."""
    event = audit.one_about_person(person_id=visitor.me.id, seq=seq)
    if event is None or event.action not in SENTENCES:
        return Refusal("message_unknown", "没有找到这条消息。")
    own, disputed = _known(visitor)
    if not _by_somebody_else(event, own):
        return Refusal(
            "own_doing", "这件事是用您自己的账号办的；不是您办的，请马上退出登录并联系经办机构。"
        )
    if str(seq) in disputed:
        return None
    audit.record(
        action=DISPUTED,
        person_id=visitor.me.id,
        subject=event.subject,
        actor=visitor.actor,
        at=at,
        data={"about": str(seq)},
    )
    return None


def go_on(*, visitor: Visitor, code: str, at: datetime) -> HandedOver | Refusal:
    """Take over what a clerk began for the visitor."""
    person_id, actor = visitor.me.id, visitor.actor
    found = handing_over.find(person_id=person_id, place=Place.PHONE, code=code, actor=actor, at=at)
    if isinstance(found, Refusal):
        return found
    refusal = handing_over.take_over(case=found, person_id=person_id, actor=actor, at=at)
    return found if refusal is None else refusal


def set_proxy_handling(*, visitor: Visitor, allowed: bool, actor: Actor, at: datetime) -> None:
    """Let others handle for the visitor, or stop them."""
    people.set_proxy_handling(person=visitor.me, allowed=allowed, actor=actor, at=at)


def _known(visitor: Visitor) -> tuple[frozenset[int | None], frozenset[str | None]]:
    """The visitor's account with those they have closed, and the events they have disputed."""
    events = audit.about_person(
        person_id=visitor.me.id, actions=(DISPUTED, closing.CLOSED), limit=1000
    )
    closed = {event.actor_id for event in events if event.action == closing.CLOSED}
    disputed = {event.data.get("about") for event in events if event.action == DISPUTED}
    return frozenset({visitor.account_id} | closed), frozenset(disputed)


def _message(event: Event, own: frozenset[int | None], disputed: bool) -> Message:
    words = dict.fromkeys(("changed", "total"), "") | dict(event.data)
    if "start" in event.data and "end" in event.data:
        period = Period(Month.parse(event.data["start"]), Month.parse(event.data["end"]))
        words["period"] = period.label
    words["rate"] = f"（{RateKind.UNIT.label}）" if event.data.get("kind") == "unit" else ""
    words["because"] = f"（{event.data['reason']}）" if event.data.get("reason") else ""
    mine = event.actor_kind == "account" and event.actor_id in own
    sentence = SENTENCES.get(event.action) or NOT_MESSAGES[event.action]
    return Message(
        seq=event.seq,
        at=event.at,
        text=sentence.format_map(words),
        who="本人" if mine else event.actor_label,
        channel=event.channel,
        serial=event.subject if event.action.startswith("assessment.") else None,
        explained="{total}" in sentence,
        disputable=_by_somebody_else(event, own) and not disputed,
        disputed=disputed,
    )


def _by_somebody_else(event: Event, own: frozenset[int | None]) -> bool:
    if event.actor_kind == "staff":
        return True
    return event.actor_kind == "account" and event.actor_id not in own
