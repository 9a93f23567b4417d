"""View models of the pages that correct names and phone numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flexapp.counter import person_corrections
from flexapp.counter.cases import Case
from flexapp.counter.dispute_pages import age
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
    """The page /counter/people/<token>/name. The new name, if set, is shown for review before it is
    stored.
    """

    token: str
    known: PersonRows
    old_name: str
    new_name: str
    document: str
    digest: str
    effects: tuple[str, ...]
    waits: str | None
    documents: Groups = DOCUMENTS

    @classmethod
    def of(cls, case: Case, new: NewName | None = None) -> NamePage:
        """Build the page of a case. Full names are shown only for the review of old and new
        name.
        """
        waiting = corrections.waiting_of(case.person.id)
        return cls(
            token=case.token,
            known=PersonRows.of(case.person),
            old_name=case.person.name if new else "",
            new_name=new.name if new else "",
            document=f"{new.document.label}，尾号 {new.document_end}" if new else "",
            digest=new.digest if new else "",
            effects=_effects(case.person),
            waits=None
            if waiting is None
            else f"{moment(waiting.proposed_at)} 提交的姓名更正在等经办机构复核。",
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
    """The page /counter/people/<token>/phone. `phone`: the new number to review."""

    token: str
    known: PersonRows
    old_phone: str | None
    phone: str

    @classmethod
    def of(cls, case: Case, phone: str = "") -> PhonePage:
        """Build the page of a case."""
        old = corrections.phone_of(case.person.id)
        return cls(case.token, PersonRows.of(case.person), old and mask_phone(old), phone)


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
