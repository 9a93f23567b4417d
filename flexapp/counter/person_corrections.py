"""Names and phone numbers corrected at a hall (people/corrections.py), and names confirmed by a
second officer.

A hall does it for people of its divisions, and for those registered nowhere yet, with their
document in hand. A name that assessments were made under waits for an officer of the agency.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from flexapp.assessment import service as assessment
from flexapp.counter.cases import Case, refused
from flexapp.people import corrections
from flexapp.people import service as people
from flexapp.people.corrections import Correction
from flexapp.people.external_services import PopulationRegistry
from flexapp.people.service import PersonCard
from flexapp.rules.capabilities import Action, why_not
from flexapp.rules.corrections import HAVE_THE_NUMBER, Document, read_document
from flexapp.rules.identity import parse_name
from flexapp.rules.phone import parse_phone
from flexapp.rules.refusal import Refusal
from flexapp.rules.roles import Role
from flexapp.rules.states import State
from flexapp.staff.service import Clerk

A_PAGE = 20
AT_TAX = frozenset(State) - {State.ASSESSED, State.REJECTED, State.REVOKED}
"""States in which the tax bureau was told of an assessment, or is just being told."""

NOT_ALLOWED = Refusal("role_cannot", "只有经办机构管理员可以复核姓名更正。")


@dataclass(frozen=True, slots=True, repr=False)
class NewName:
    """A name read from what was typed, with the document that was seen."""

    name: str
    document: Document
    document_end: str

    @property
    def digest(self) -> str:
        """Equal for equal content: what was reviewed is what is stored."""
        fields = [self.name, self.document.value, self.document_end]
        return hashlib.sha256(json.dumps(fields).encode()).hexdigest()[:32]


def why_not_correct(case: Case) -> Refusal | None:
    """Why this counter does not correct anything of this person, if so."""
    refusal = why_not(case.clerk.actor.channel_kind, Action.SPECIAL)
    if refusal is None and case.elsewhere is not None:
        return Refusal(
            "other_division",
            f"参保地区是{case.elsewhere.name}，请到{case.elsewhere.name}的社保服务大厅更正。",
        )
    return refusal


WRONG_NUMBER = Refusal(
    "document_end",
    "这 4 位和系统里的身份证号对不上，请核对是不是本人的证件。",
    "document_end",
)


def says_their_number(shown: tuple[object, ...], person: PersonCard) -> bool:
    """Whether the last four characters are those of the person's number, on the documents that
    have it; the others have numbers of their own."""
    kind, last = shown
    return kind not in HAVE_THE_NUMBER or person.identity.value.endswith(str(last))


def read_name(
    *, case: Case, name: str, document: str, end: str, registry: PopulationRegistry
) -> NewName | tuple[Refusal, ...]:
    """The new name with its document, or everything wrong with it; asks the population registry."""
    named = parse_name(name)
    shown = read_document(document, end)
    refusals = [named] if isinstance(named, Refusal) else []
    refusals += [each for each in shown if isinstance(each, Refusal)]
    if refusals or isinstance(named, Refusal):
        return tuple(refusals)
    if not says_their_number(shown, case.person):
        return (WRONG_NUMBER,)
    refusal = corrections.WAITS if corrections.waiting_of(case.person.id) else None
    refusal = refusal or corrections.check_name(person=case.person, name=named, registry=registry)
    if refusal is not None:
        return (refusal,)
    kind, last = shown
    assert isinstance(kind, Document)
    assert isinstance(last, str)
    return NewName(named, kind, last)


def correct_name(*, case: Case, new: NewName, at: datetime) -> Correction | Refusal:
    """Correct it at once, or let it wait for the second officer."""
    return corrections.correct_name(
        person=case.person,
        name=new.name,
        document=new.document,
        document_end=new.document_end,
        needs_second=needs_second(case.person),
        actor=case.clerk.actor,
        at=at,
    )


def needs_second(person: PersonCard) -> bool:
    """Whether anything was assessed under the name."""
    return bool(assessment.own_records(person.id))


def told_tax(person: PersonCard) -> int:
    """How many live assessments the tax bureau was told of under the name of now."""
    return sum(record.state in AT_TAX for record in assessment.all_own(person.id))


def read_phone(*, case: Case, typed: str) -> str | Refusal:
    """The new number, or why it cannot be the person's."""
    phone = parse_phone(typed)
    if isinstance(phone, Refusal):
        return phone
    return corrections.check_phone(person=case.person, phone=phone) or phone


def change_phone(*, case: Case, phone: str, at: datetime) -> Refusal | None:
    """Sign-in codes go to the new number from now on."""
    return corrections.change_phone(person=case.person, phone=phone, actor=case.clerk.actor, at=at)


def note_refused(case: Case, refusal: Refusal, subject: str, at: datetime) -> Refusal:
    """Somebody tried what their counter may not do."""
    return refused(case, Action.SPECIAL, subject, refusal, at)


def waiting(after: int) -> tuple[tuple[Correction, PersonCard], ...]:
    """Names that wait to be confirmed, oldest first: a page and, where there are more, one."""
    found = corrections.waiting(after=after, limit=A_PAGE + 1)
    cards = people.people_by_ids({each.person_id for each in found})
    return tuple((each, cards[each.person_id]) for each in found)


def count(clerk: Clerk) -> tuple[int, datetime | None]:
    """How many wait, for those who look at them."""
    seen = clerk.role in (Role.AGENCY, Role.AUDITOR)
    return corrections.count_waiting() if seen else (0, None)


def decide(
    *, number: int, confirmed: bool, reason: str, clerk: Clerk, at: datetime
) -> Correction | Refusal:
    """An officer confirms a name, or gives it back with a reason."""
    if clerk.role is not Role.AGENCY:
        return NOT_ALLOWED
    if confirmed:
        return corrections.confirm(number=number, actor=clerk.actor, at=at)
    return corrections.decline(number=number, reason=reason, actor=clerk.actor, at=at)
