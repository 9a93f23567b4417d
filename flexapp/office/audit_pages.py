"""What the pages of the record (操作记录) show: each event in a clerk's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from flexapp.audit.service import Event
from flexapp.office.audit_lookup import (
    EVENTS_A_PAGE,
    Found,
    Line,
)
from flexapp.rules import divisions
from flexapp.rules.disputes import CaseState
from flexapp.rules.periods import Month, Period
from flexapp.rules.states import State

SENTENCES = {
    "account.closed": "注销账号",
    "account.exported": "下载本人的信息",
    "account.signed_in": "手机号登录",
    "announcement.posted": "发布首页公告",
    "announcement.taken_down": "撤下首页公告",
    "assessment.agree": "税务同意撤销",
    "assessment.ask": "申请税务撤销",
    "assessment.assess": "缴费核定",
    "assessment.decline": "税务不同意撤销",
    "assessment.imported": "接收旧的批量核定",
    "assessment.restored": "由税务存档恢复核定",
    "assessment.pay": "缴费到账",
    "assessment.receive": "税务接收",
    "assessment.refuse": "税务退回",
    "assessment.revoke": "撤销核定",
    "assessment.tax_revoke": "税务主动撤销",
    "assessment.transmit": "传输给税务",
    "assessment.unit_moved": "核定随虚拟单位归并",
    "audit.end_accepted": "确认操作记录的末尾",
    "audit.looked_up": "查询操作记录",
    "audit.vouched": "为已有的数据留证",
    "audit.vouched_all": "已有的数据全部留证",
    "batch.begun": "开始接收批量核定文件",
    "channel.added": "增加渠道",
    "channel.disabled": "停用渠道",
    "channel.enabled": "启用渠道",
    "channel.key_added": "增加渠道密钥",
    "channel.key_retired": "停用渠道密钥",
    "channel.webview": "设置渠道网页",
    "counter.finding_limited": "一小时内查的人太多，被暂停查询",
    "counter.opened": "窗口打开参保信息",
    "counter.person_added": "窗口建立个人信息",
    "counter.refused": "窗口办理未通过",
    "dashboard.exported": "导出运行情况",
    "data_keys.bound": "加密的数据全部与所在的行绑定",
    "data_keys.rotated": "更换数据密钥",
    "declaration_year.closed": "关闭申报年度",
    "declaration_year.opened": "开放申报年度",
    "demo.generated": "生成演示数据",
    "dispute.asked": "核实“不是我办的”：申请税务撤销",
    "dispute.settled": "核实“不是我办的”：结案",
    "dispute.withdrawn": "撤回“不是我办的”",
    "hand_over.given": "给出办理码，换个地方接着办",
    "hand_over.given_up": "作废办理码",
    "hand_over.taken": "凭办理码接着办",
    "hand_over.wrong": "输错办理码",
    "person.disputed": "反映“不是我办的”",
    "person.name_corrected": "更正姓名",
    "person.name_declined": "退回姓名更正",
    "person.name_proposed": "提交姓名更正，等复核",
    "person.phone_changed": "更换登录手机号",
    "person.proxy_off": "关闭他人代办",
    "person.proxy_on": "打开他人代办",
    "person.real_name": "实名认证",
    "person.retirement": "记录退休信息",
    "pilot.closed": "暂停手机办理",
    "pilot.opened": "开通手机办理",
    "proxy.dispute_asked": "告诉代办人：因“不是我办的”向税务申请撤销",
    "proxy.dispute_settled": "告诉代办人：“不是我办的”已结案",
    "proxy.disputed": "告诉代办人：本人反映“不是我办的”",
    "proxy.opened": "进入代他人核定",
    "publication.confirmed": "复核公布参数",
    "publication.proposed": "提出公布参数",
    "publication.withdrawn": "撤回提出的参数",
    "rating.exported": "导出评价",
    "rating.handled": "处理评价",
    "registration.changed": "变更参保登记",
    "registration.made": "参保登记",
    "registration.taken_over": "接收原虚拟单位的参保登记",
    "registration.unit_moved": "随虚拟单位归并",
    "rows.changed": "数据变动留证",
    "staff.added": "增加经办人员",
    "staff.disabled": "停用经办人员",
    "staff.locked": "输错密码或动态码太多，被锁定",
    "staff.reset": "重置经办人员的密码和动态码",
    "staff.signed_in": "经办登录",
    "transmission.paused": "应急：暂停传输",
    "transmission.resumed": "应急解除：恢复传输",
    "transmission.retried": "重新传输",
    "unit.merged": "归并虚拟单位",
    "unit.taken_over": "接收原有虚拟单位",
}
"""Every action in words."""

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
    """One event. `facts`: (name, value) of what is known beyond the sentence."""

    seq: int
    at: datetime
    sentence: str
    who: str
    channel: str
    whom: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """/counter/audit/<number>: what a look-up found."""

    seq: int
    about: str
    kind: str
    lines: tuple[EventLine, ...]
    older: int | None

    @classmethod
    def of(cls, found: Found, lines: Sequence[Line]) -> AuditPage:
        """A page of what was found."""
        shown = [_line(line) for line in lines[:EVENTS_A_PAGE]]
        if found.person is not None:
            kind = "对这个人做过的事"
            about = f"{found.person.masked_name}（{found.person.masked_identity}）"
        else:
            assert found.clerk is not None
            kind = "这名经办人员做过的事"
            about = found.clerk.actor.label
        older = shown[-1].seq if len(lines) > EVENTS_A_PAGE else None
        return cls(found.seq, about, kind, tuple(shown), older)


def _line(line: Line) -> EventLine:
    event, person = line.event, line.person
    return EventLine(
        seq=event.seq,
        at=event.at,
        # One that has no words yet is shown all the same: nothing may be missing here.
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
