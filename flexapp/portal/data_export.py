"""我的信息: the export of all personal data that a person is entitled to.

The page and the JSON file show the same sections. Other people appear only as masked actor labels
of audit events. Assessments that the person made for others do not name the insured person. The
page masks phone number and ID number, because somebody else may see the screen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flexapp.assessment import disputes
from flexapp.assessment import service as assessment
from flexapp.assessment.disputes import Dispute
from flexapp.assessment.service import Record
from flexapp.audit import service as audit
from flexapp.people import (
    corrections,
    drafts,
    handover_codes,
)
from flexapp.people import service as people
from flexapp.people.corrections import Correction
from flexapp.people.service import Visitor
from flexapp.portal import service as portal
from flexapp.portal.service import Message
from flexapp.rating import service as rating
from flexapp.registration import service as registration
from flexapp.rules import divisions, ethnic_groups
from flexapp.rules.identity import mask_name
from flexapp.rules.money import plain
from flexapp.web.clock import utcnow
from flexapp.web.formatting import moment

EXPORTED = "account.exported"
FOR_OTHERS = "替别人办的核定"
"""The section of 缴费核定 with the assessments made as a proxy."""

FIELDS = {
    "division": "参保地区",
    "ethnic_group": "民族",
    "address": "通讯地址",
    "credit_code": "统一社会信用代码",
    "start": "缴费开始年月",
    "end": "缴费结束年月",
    "base": "缴费基数",
}
"""Labels of the form fields that drafts store, by field name."""

Entry = tuple[tuple[str, str], ...]
"""One item as (label, value) pairs."""


@dataclass(frozen=True, slots=True, repr=False)
class Section:
    """One category of personal data with all its items."""

    name: str
    entries: tuple[Entry, ...]


def sections(visitor: Visitor, channels: Mapping[str, str], *, whole: bool) -> tuple[Section, ...]:
    """Return all sections in the order of the register of personal information.

    `whole`: names, phone number and ID number are not masked.
    """
    told = portal.full_history(visitor)
    own = assessment.all_own(visitor.me.id)
    account = people.account_of(visitor)
    others = assessment.created_for_others(visitor.account_id, visitor.me.id)
    phone = account.phone if whole else visitor.masked_phone
    filled: list[tuple[str, Sequence[Entry]]] = [
        ("身份", [_identity(visitor, whole=whole)]),
        ("姓名更正", [_correction(each, whole) for each in corrections.of_person(visitor.me.id)]),
        (
            "账号",
            [
                (
                    ("手机号", phone),
                    ("开通时间", moment(account.created_at)),
                    ("实名时间", moment(account.real_name_at) if account.real_name_at else "无"),
                    ("长辈版", {True: "打开", False: "关闭", None: "没有选过"}[account.elder]),
                )
            ],
        ),
        ("参保登记", list(_registrations(visitor.me.id))),
        ("缴费核定", [_assessment(record, told) for record in own]),
        (FOR_OTHERS, [_made(record) for record in others]),
        ("办理记录", [_event(each, channels) for each in told]),
        ("不是我办的", [_dispute(case) for case in disputes.of_person(visitor.me.id)]),
        (
            "登录",
            [
                (
                    ("登录时间", moment(since)),
                    ("最后使用", moment(seen)),
                    ("渠道", _channel(code, channels)),
                )
                for code, since, seen in account.sign_ins
            ],
        ),
        ("没填完的内容", list(_drafts(visitor.account_id))),
        ("办理码", list(_handed_over(visitor.me.id))),
        ("评价", list(_ratings(visitor))),
    ]
    return tuple(Section(name, tuple(entries)) for name, entries in filled)


def as_json(found: Sequence[Section], at: datetime) -> str:
    """Return the sections as JSON text that is readable by people as well."""
    content = {
        "说明": "宁夏灵活就业人员养老保险：本人的全部信息",
        "生成时间": moment(at),
        **{section.name: [dict(entry) for entry in section.entries] for section in found},
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def record_download(*, visitor: Visitor, at: datetime) -> None:
    """Record the download as an audit event, because the file contains unmasked numbers."""
    audit.record(
        action=EXPORTED,
        person_id=visitor.me.id,
        subject="account",
        actor=visitor.actor,
        at=at,
    )


def _identity(visitor: Visitor, *, whole: bool) -> Entry:
    me = visitor.me
    return (
        ("姓名", me.name if whole else me.masked_name),
        ("身份证号", me.identity.value if whole else me.masked_identity),
        ("他人代办", "已打开" if me.proxy_allowed else "已关闭"),
        ("核准的退休年月", me.approved_month.label if me.approved_month else "无"),
    )


def _registrations(person_id: int) -> Iterator[Entry]:
    for view, until in registration.history(person_id):
        yield (
            ("办理时间", moment(view.registered_at)),
            ("到什么时候为止", moment(until) if until else "现在有效"),
            ("参保地区", view.division.name),
            ("参保单位", view.unit_name),
            ("民族", view.details.ethnic_group.name),
            ("通讯地址", view.details.address),
            ("统一社会信用代码", view.details.credit_code or "无"),
            ("参加工作时间", view.work_start.label),
        )


def _assessment(record: Record, told: Sequence[Message]) -> Entry:
    history = [each for each in reversed(told) if each.serial == record.serial]
    return (
        *_made(record),
        ("每月缴费基数", plain(record.monthly_base)),
        ("填的数", record.entered),
        ("谁办的", record.maker or "本人"),
        *((moment(each.at), f"{each.text}（{each.who}）") for each in history),
    )


def _made(record: Record) -> Entry:
    return (
        ("核定流水号", record.serial),
        ("年月", record.period.label),
        ("缴费基数", plain(record.period_base)),
        ("缴费总额", plain(record.total)),
        ("费率", record.kind.label),
        ("状态", record.state.label),
        ("核定时间", moment(record.made_at)),
    )


def _event(each: Message, channels: Mapping[str, str]) -> Entry:
    return (
        ("时间", moment(each.at)),
        ("办了什么", each.text),
        ("谁办的", each.who),
        ("从哪里", _channel(each.channel, channels)),
    )


def _correction(each: Correction, whole: bool) -> Entry:
    names = (each.old_name, each.new_name)
    old, new = names if whole else map(mask_name, names)
    return (
        ("提交时间", moment(each.proposed_at)),
        ("原姓名", old),
        ("新姓名", new),
        ("看过的证件", f"{each.document.label}，尾号 {each.document_end}"),
        ("状态", each.state.label),
        ("谁办的", each.decided_label or each.proposed_label),
        ("退回原因", each.reason or "无"),
    )


def _dispute(case: Dispute) -> Entry:
    return (
        ("反映时间", moment(case.opened_at)),
        ("谁反映的", case.opened_label),
        ("核定流水号", case.serial or "无"),
        ("结果", case.state.label),
        ("结案时间", moment(case.settled_at) if case.settled_at else "还没有"),
        ("答复", case.found or "无"),
    )


def _drafts(account_id: int) -> Iterator[Entry]:
    for draft in drafts.everything(account_id=account_id, at=utcnow()):
        own = {"/registration": "参保登记", "/assessment/self/new": "缴费核定"}
        yield (
            ("表格", own.get(draft.form, "代他人核定")),
            ("保存时间", moment(draft.saved_at)),
            *_typed(draft.typed),
        )


def _handed_over(person_id: int) -> Iterator[Entry]:
    for end, case in handover_codes.everything(person_id=person_id):
        yield (
            ("表格", case.action.label),
            ("保存到", moment(end)),
            *_typed(case.typed),
        )


def _typed(typed: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in typed.items():
        if not value:
            continue
        place, group = divisions.find(value), ethnic_groups.find(value)
        if name == "division" and place is not None:
            value = place.name
        elif name == "ethnic_group" and group is not None:
            value = group.name
        yield FIELDS.get(name, name), value


def _ratings(visitor: Visitor) -> Iterator[Entry]:
    for said in rating.all_mine(visitor):
        yield (
            ("评价时间", moment(said.at)),
            ("办的什么", said.business.label),
            ("满意程度", said.level.label if said.level else ""),
            ("您写的话", said.sentence or "无"),
            ("答复", said.answer or "无"),
        )


def _channel(code: str, channels: Mapping[str, str]) -> str:
    return portal.CHANNELS.get(code) or channels.get(code, code)
