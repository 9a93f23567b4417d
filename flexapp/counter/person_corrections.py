"""Correct names and phone numbers at a hall, and confirm names at the agency.

A hall corrects them for people of its divisions and for unregistered people, from a document that
the clerk has seen (people/corrections.py). A name under which assessments exist must be confirmed
by an officer of the agency.
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

PAGE_SIZE = 20
AT_TAX = frozenset(State) - {State.ASSESSED, State.REJECTED, State.REVOKED}
"""States in which the tax bureau knows of an assessment, or is just being notified."""

NOT_ALLOWED = Refusal("role_cannot", "只有经办机构管理员可以复核姓名更正。")


@dataclass(frozen=True, slots=True, repr=False)
class NewName:
    """A validated new name, with the document that was seen."""

    name: str
    document: Document
    document_end: str

    @property
    def digest(self) -> str:
        """A digest of the content, to verify that what was reviewed is what is stored."""
        fields = [self.name, self.document.value, self.document_end]
        return hashlib.sha256(json.dumps(fields).encode()).hexdigest()[:32]


def why_not_correct(case: Case) -> Refusal | None:
    """Return why this counter may not correct anything of this person, or None."""
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


def matches_number_of(shown: tuple[object, ...], person: PersonCard) -> bool:
    """Whether the last four characters match the person's ID number.

    Only documents that show the ID number are checked. The others have numbers of their own.
    """
    kind, last = shown
    return kind not in HAVE_THE_NUMBER or person.identity.value.endswith(str(last))


def read_name(
    *, case: Case, name: str, document: str, end: str, registry: PopulationRegistry
) -> NewName | tuple[Refusal, ...]:
    """Parse a new name with its document, or return every refusal. Asks the population registry."""
    named = parse_name(name)
    shown = read_document(document, end)
    refusals = [named] if isinstance(named, Refusal) else []
    refusals += [each for each in shown if isinstance(each, Refusal)]
    if refusals or isinstance(named, Refusal):
        return tuple(refusals)
    if not matches_number_of(shown, case.person):
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
    """Correct the name at once, or submit it for confirmation by a second officer."""
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
    """Whether the person has assessments, so that a second officer must confirm."""
    return bool(assessment.own_records(person.id))


def count_at_tax_bureau(person: PersonCard) -> int:
    """Count the person's assessments that the tax bureau knows under the present name."""
    return sum(record.state in AT_TAX for record in assessment.all_own(person.id))


def read_phone(*, case: Case, typed: str) -> str | Refusal:
    """Parse a new number, or return why it cannot be the person's."""
    phone = parse_phone(typed)
    if isinstance(phone, Refusal):
        return phone
    return corrections.check_phone(person=case.person, phone=phone) or phone


def change_phone(*, case: Case, phone: str, at: datetime) -> Refusal | None:
    """Change the phone number. Sign-in codes go to the new number from now on."""
    return corrections.change_phone(person=case.person, phone=phone, actor=case.clerk.actor, at=at)


def note_refused(case: Case, refusal: Refusal, subject: str, at: datetime) -> Refusal:
    """Record an attempt at what this counter may not do."""
    return refused(case, Action.SPECIAL, subject, refusal, at)


def waiting(after: int) -> tuple[tuple[Correction, PersonCard], ...]:
    """Return corrections of names that await confirmation, with their people, oldest first.

    At most `A_PAGE + 1`: the extra correction means that there are more.
    """
    found = corrections.waiting(after=after, limit=PAGE_SIZE + 1)
    cards = people.people_by_ids({each.person_id for each in found})
    return tuple((each, cards[each.person_id]) for each in found)


def count(clerk: Clerk) -> tuple[int, datetime | None]:
    """Return how many await confirmation and since when; (0, None) for roles that may not see
    them.
    """
    seen = clerk.role in (Role.AGENCY, Role.AUDITOR)
    return corrections.count_waiting() if seen else (0, None)


def decide(
    *, number: int, confirmed: bool, reason: str, clerk: Clerk, at: datetime
) -> Correction | Refusal:
    """Confirm a name, or decline it with a reason. Only an officer of the agency may."""
    if clerk.role is not Role.AGENCY:
        return NOT_ALLOWED
    if confirmed:
        return corrections.confirm(number=number, actor=clerk.actor, at=at)
    return corrections.decline(number=number, reason=reason, actor=clerk.actor, at=at)
