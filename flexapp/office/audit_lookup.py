"""Look up the audit log of a person or a clerk. Every look-up is itself recorded.

A look-up is the audit event that records it, and its sequence number is the address of the result.
Only the clerk who made it can open the result, and only for `LOOKUP_LIFE`. So addresses contain no
personal data, and nobody reads the log unrecorded.
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
LOOKUP_LIFE = timedelta(hours=2)
PAGE_SIZE = 20

NOT_ALLOWED = Refusal("role_cannot", "只有审计员和经办机构管理员可以查询操作记录。")
UNKNOWN_PERSON = Refusal(
    "person_unknown", "系统里没有这个身份证号，也就没有办过业务；请核对号码。", "identity"
)
UNKNOWN_CLERK = Refusal("clerk_unknown", "没有这个用户名；请核对后再查。", "user_name")


@dataclass(frozen=True, slots=True)
class Found:
    """The subject of a look-up: a person, or a member of staff whose actions are shown."""

    seq: int
    person: PersonCard | None
    clerk: Clerk | None


@dataclass(frozen=True, slots=True)
class Line:
    """An event, the person it is about, and the user name of the staff member it is about, if
    any.
    """

    event: Event
    person: PersonCard | None
    staff: str | None


def look_up_person(*, identity: str, clerk: Clerk, at: datetime, today: date) -> int | Refusal:
    """Record a look-up of a person's events, and return the number of the look-up.

    An unknown ID number is recorded as well, but without the number.
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
    """Record a look-up of a staff member's actions, and return the number of the look-up."""
    if clerk.role not in ROLES:
        return NOT_ALLOWED
    other = staff.find_any(user_name.strip().lower())
    if other is None:
        return UNKNOWN_CLERK
    return _record(clerk, at, None, f"staff:{other.id}")


def found(*, seq: int, clerk: Clerk, at: datetime) -> Found | None:
    """Return the subject of a look-up; None if it is another clerk's, or has expired."""
    event = audit.one(seq)
    if event is None or event.action != LOOKED_UP or clerk.role not in ROLES:
        return None
    if (event.actor_kind, event.actor_id) != (clerk.actor.kind.value, clerk.id):
        return None
    if not timedelta(0) <= at - event.at <= LOOKUP_LIFE:
        return None
    if event.person_id is not None:
        return Found(seq, people.person_by_id(event.person_id), None)
    user_name = _staff(event)
    other = None if user_name is None else staff.find_any(user_name)
    return None if other is None else Found(seq, None, other)


def lines(*, found: Found, before: int | None) -> tuple[Line, ...]:
    """Return the events, newest first.

    At most `EVENTS_A_PAGE + 1`: the extra event means that there are more.
    """
    if found.person is not None:
        events = audit.about_person(person_id=found.person.id, before=before, limit=PAGE_SIZE + 1)
        return tuple(Line(event, None, _staff(event)) for event in events)
    assert found.clerk is not None
    events = audit.by_staff(staff_id=found.clerk.id, before=before, limit=PAGE_SIZE + 1)
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
