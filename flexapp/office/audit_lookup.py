"""Everything that was done to a person, or by a clerk: looked up, which is itself recorded.

A look-up is the event that records it. Its number is the address of what it found, open only to who
asked and only for a while; so nothing personal stands in an address, and nobody looks unrecorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flexapp.audit import service as audit
from flexapp.audit.service import Event
from flexapp.people import service as people
from flexapp.people.service import PersonCard
from flexapp.rules.refusal import Refusal
from flexapp.rules.roles import Role
from flexapp.staff import service as staff
from flexapp.staff.service import Clerk

ROLES = frozenset({Role.AGENCY, Role.AUDITOR})
LOOKED_UP = "audit.looked_up"
LASTS = timedelta(hours=2)
EVENTS_A_PAGE = 20

NOT_ALLOWED = Refusal("role_cannot", "只有审计员和经办机构管理员可以查询操作记录。")
UNKNOWN_PERSON = Refusal(
    "person_unknown", "系统里没有这个身份证号，也就没有办过业务；请核对号码。", "identity"
)
UNKNOWN_CLERK = Refusal("clerk_unknown", "没有这个用户名；请核对后再查。", "user_name")


@dataclass(frozen=True, slots=True)
class Found:
    """Whose events a look-up shows: a person's, or those that one of the staff caused."""

    seq: int
    person: PersonCard | None
    clerk: Clerk | None


@dataclass(frozen=True, slots=True)
class Line:
    """An event, the person it was about, and whom of the staff (user name), where there is one."""

    event: Event
    person: PersonCard | None
    staff: str | None


def look_up_person(*, identity: str, clerk: Clerk, at: datetime, today: date) -> int | Refusal:
    """Record that a person's events are looked up; the number of the look-up.

    A number that nobody here has is recorded as well, without the number.
    """
    if clerk.role not in ROLES:
        return NOT_ALLOWED
    number = people.read_identity_number(identity, today=today, field="identity")
    if isinstance(number, Refusal):
        return number
    person = people.find_person(number)
    if person is None:
        _record(clerk, at, None, "nobody")
        return UNKNOWN_PERSON
    return _record(clerk, at, person.id, "person")


def look_up_clerk(*, user_name: str, clerk: Clerk, at: datetime) -> int | Refusal:
    """Record that somebody's doings are looked up; the number of the look-up."""
    if clerk.role not in ROLES:
        return NOT_ALLOWED
    other = staff.find_any(user_name.strip().lower())
    if other is None:
        return UNKNOWN_CLERK
    return _record(clerk, at, None, f"staff:{other.id}")


def found(*, seq: int, clerk: Clerk, at: datetime) -> Found | None:
    """What a look-up of this clerk's found; None for anybody else's, or once it has run out."""
    event = audit.one(seq)
    if event is None or event.action != LOOKED_UP or clerk.role not in ROLES:
        return None
    if (event.actor_kind, event.actor_id) != (clerk.actor.kind.value, clerk.id):
        return None
    if not timedelta(0) <= at - event.at <= LASTS:
        return None
    if event.person_id is not None:
        return Found(seq, people.person_by_id(event.person_id), None)
    user_name = _staff(event)
    other = None if user_name is None else staff.find_any(user_name)
    return None if other is None else Found(seq, None, other)


def lines(*, found: Found, before: int | None) -> tuple[Line, ...]:
    """The events, newest first: a page and, where there are more, one further."""
    if found.person is not None:
        events = audit.about_person(
            person_id=found.person.id, before=before, limit=EVENTS_A_PAGE + 1
        )
        return tuple(Line(event, None, _staff(event)) for event in events)
    assert found.clerk is not None
    events = audit.by_staff(staff_id=found.clerk.id, before=before, limit=EVENTS_A_PAGE + 1)
    return tuple(Line(event, _person(event), _staff(event)) for event in events)


def _person(event: Event) -> PersonCard | None:
    return None if event.person_id is None else people.person_by_id(event.person_id)


def _staff(event: Event) -> str | None:
    kind, _, number = event.subject.partition(":")
    clerk = staff.any_by_id(int(number)) if kind == "staff" and number.isdigit() else None
    return None if clerk is None else clerk.user_name


def _record(clerk: Clerk, at: datetime, person_id: int | None, subject: str) -> int:
    return audit.record(
        action=LOOKED_UP, person_id=person_id, subject=subject, actor=clerk.actor, at=at
    )
