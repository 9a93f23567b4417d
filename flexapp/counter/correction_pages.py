"""View models of the pages that correct names and phone numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import url_for

from flexapp.counter import person_corrections
from flexapp.counter.cases import Case
from flexapp.counter.dispute_pages import age
from flexapp.counter.people_pages import Fact, ReviewPage
from flexapp.counter.person_corrections import PAGE_SIZE, NewName
from flexapp.people import corrections
from flexapp.people.corrections import Correction
from flexapp.people.service import PersonCard, mask_phone
from flexapp.registration.pages import PersonRows
from flexapp.rules.corrections import CorrectionState, Document
from flexapp.rules.roles import Role
from flexapp.staff.service import Clerk
from flexapp.web.formatting import moment
from flexapp.web.select_options import Groups

DOCUMENTS: Groups = (("", tuple((each.value, each.label) for each in Document)),)


@dataclass(frozen=True, slots=True)
class NamePage:
    """The form of /counter/people/<token>/name."""

    token: str
    known: PersonRows
    effects: tuple[str, ...]
    waits: str | None
    documents: Groups = DOCUMENTS

    @classmethod
    def of(cls, case: Case) -> NamePage:
        """Build the page of a case."""
        waiting = corrections.waiting_of(case.person.id)
        return cls(
            token=case.token,
            known=PersonRows.of(case.person),
            effects=_effects(case.person),
            waits=None
            if waiting is None
            else f"{moment(waiting.proposed_at)} 提交的姓名更正在等经办机构复核。",
        )


def name_review(case: Case, new: NewName) -> ReviewPage:
    """Return the review of a new name. Only here are names shown in full."""
    return ReviewPage(
        title="核对姓名",
        back=url_for("counter.ask_name", token=case.token),
        action=url_for("counter.correct_name", token=case.token),
        digest=new.digest,
        heading="请对照证件逐字核对",
        facts=(
            Fact("身份证号", case.person.masked_identity),
            Fact("原姓名", case.person.name),
            Fact("新姓名", new.name, new=True),
            Fact("看过的证件", f"{new.document.label}，尾号 {new.document_end}"),
        ),
        button="确认更正",
        effects_title="更正以后",
        effects=_effects(case.person),
    )


def _effects(person: PersonCard) -> tuple[str, ...]:
    second = person_corrections.needs_second(person)
    told = person_corrections.count_at_tax_bureau(person) if second else 0
    lines = [
        "这个人已有核定，要由经办机构管理员复核；复核以后才用新姓名。"
        if second
        else "这个人还没有核定，确认后马上用新姓名。",
        "以后的核定、凭证和传输都用新姓名；代办人要按新姓名填写。",
    ]
    if told:
        lines.append(
            f"已经传给税务的 {told} 笔，税务那边还是原来的姓名，这里不会改写；"
            "要改的请参保人向税务部门（12366）提出。"
        )
    lines.append("更正前打印的凭证仍然可以验证。参保人会收到消息。")
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class PhonePage:
    """The form of /counter/people/<token>/phone."""

    token: str
    known: PersonRows
    old_phone: str | None

    @classmethod
    def of(cls, case: Case) -> PhonePage:
        """Build the page of a case."""
        return cls(case.token, PersonRows.of(case.person), _old_phone(case))


def phone_review(case: Case, phone: str) -> ReviewPage:
    """Return the review of a new number, which is shown in full."""
    return ReviewPage(
        title="核对手机号",
        back=url_for("counter.ask_phone", token=case.token),
        action=url_for("counter.change_phone", token=case.token),
        digest=phone,
        heading="请和本人逐位核对",
        facts=(
            Fact("姓名", case.person.masked_name),
            Fact("原手机号", str(_old_phone(case))),
            Fact("新手机号", f"{phone[:3]} {phone[3:7]} {phone[7:]}", new=True),
        ),
        button="确认更换",
        effects_title="更换以后",
        effects=(
            "登录验证码发到新手机号；原手机号不能再登录。",
            "所有手机和 App 里马上退出。",
            "用新手机号第一次登录时，要再填一次姓名和身份证号。",
        ),
    )


def _old_phone(case: Case) -> str | None:
    old = corrections.phone_of(case.person.id)
    return old and mask_phone(old)


@dataclass(frozen=True, slots=True)
class CorrectionLine:
    """A pending correction of a name in the list."""

    id: int
    who: str
    since: datetime
    age: str
    by: str


@dataclass(frozen=True, slots=True)
class CorrectionsPage:
    """The page /counter/corrections: pending corrections, oldest first."""

    lines: tuple[CorrectionLine, ...]
    more: int | None

    @classmethod
    def of(cls, found: Sequence[tuple[Correction, PersonCard]], today: date) -> CorrectionsPage:
        """Build a page of them. More than `PAGE_SIZE` mean that there are further ones."""
        lines = tuple(
            CorrectionLine(
                id=each.id,
                who=f"{person.masked_name}（{person.masked_identity}）",
                since=each.proposed_at,
                age=age(each.proposed_at, today, began="提交"),
                by=each.proposed_label,
            )
            for each, person in found[:PAGE_SIZE]
        )
        return cls(lines, lines[-1].id if len(found) > PAGE_SIZE else None)


@dataclass(frozen=True, slots=True)
class CorrectionPage:
    """The page /counter/corrections/<number>."""

    id: int
    facts: tuple[tuple[str, str], ...]
    effects: tuple[str, ...]
    may_decide: bool

    @classmethod
    def of(cls, found: Correction, person: PersonCard, clerk: Clerk) -> CorrectionPage:
        """Build the page of a correction. An auditor gets no buttons."""
        facts = [
            ("身份证号", person.masked_identity),
            ("原姓名", found.old_name),
            ("新姓名", found.new_name),
            ("看过的证件", f"{found.document.label}，尾号 {found.document_end}"),
            ("提交人", found.proposed_label),
            ("提交时间", moment(found.proposed_at)),
            ("状态", found.state.label),
        ]
        if found.decided_at is not None:
            facts += [("复核人", found.decided_label), ("复核时间", moment(found.decided_at))]
        if found.reason:
            facts.append(("退回原因", found.reason))
        waits = found.state is CorrectionState.WAITING
        return cls(
            id=found.id,
            facts=tuple(facts),
            effects=_effects(person) if waits else (),
            may_decide=waits and clerk.role is Role.AGENCY,
        )
