"""Cases of people at a window: a clerk finds a person by ID number only, and acts for them.

Two limits are enforced here, not only by the pages. rules/capabilities.py says what each kind of
counter may do. The person's registration says where it may be done:

- Any counter may register a person who is not registered yet, into one of its divisions.
- A counter may do everything it is capable of for a person registered in its divisions. It may not
  register them elsewhere: the counter of the new division does that, or the person on the phone.
- A counter may register a person from elsewhere into one of its divisions (变更登记). Until then
  it sees only their division and does nothing else for them.

A record follows the person, not the division where it was created: whoever may act for a person now
may also move their earlier records. A clerk of a city serves its counties and districts.

An attempt without the right is recorded as `counter.refused`. Invalid input is not.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flexapp.assessment import service as assessment
from flexapp.assessment.service import AssessmentSubject, Record, YearMonths
from flexapp.audit import service as audit
from flexapp.counter import case_repository
from flexapp.people import handover_codes
from flexapp.people import service as people
from flexapp.people.handover_codes import HandedOver, Place
from flexapp.people.service import PersonCard
from flexapp.registration import service as registration
from flexapp.registration.service import Change, Details, RegistrationView
from flexapp.rules import divisions
from flexapp.rules.capabilities import Action, why_not
from flexapp.rules.divisions import Division
from flexapp.rules.identity import IdentityNumber, same_name
from flexapp.rules.limits import PEOPLE_FOUND, PERSON_AGAIN
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move
from flexapp.staff.service import Clerk
from flexapp.transmission import service as transmission
from flexapp.web import rate_limit
from flexapp.web.clock import utcnow

CASE_LIFE = timedelta(hours=1)
"""How long a case lasts at a counter; afterwards the ID number must be entered again."""

HIDDEN = "原参保地登记的内容"

ENDED = Refusal("case_ended", "离上次输入身份证号已超过一小时，请重新输入。")
NAME_DIFFERS = Refusal(
    "name_differs", "这个身份证号已有登记的姓名，与填写的不一致，请对照证件核对。", "name"
)


@dataclass(frozen=True, slots=True, repr=False)
class Case:
    """A person and the clerk who serves them."""

    token: str
    clerk: Clerk
    person: PersonCard
    registration: RegistrationView | None

    @property
    def elsewhere(self) -> Division | None:
        """The person's division, if it is not one of this counter's divisions."""
        if self.registration is None or covers(self.clerk, self.registration.division.code):
            return None
        return self.registration.division

    @property
    def subject(self) -> AssessmentSubject:
        """The person as the subject of an assessment. Only for a registered person."""
        assert self.registration is not None
        return AssessmentSubject(self.person, self.registration, by_proxy=False)


def covers(clerk: Clerk, code: str) -> bool:
    """Whether a clerk serves a division, either directly or as part of a city."""
    place = divisions.find(code)
    return place is not None and bool({place.code, place.city_code} & set(clerk.divisions))


def find(*, clerk: Clerk, identity: IdentityNumber, at: datetime) -> str | Refusal | None:
    """Open a case for the person with this ID number and return its token; None if unknown.

    Refused if the clerk has looked up too many people.
    """
    refusal = _too_many(clerk, identity, at)
    if refusal is not None:
        return refusal
    person = people.find_person(identity)
    return None if person is None else _open(clerk, person, at)


def create(
    *, clerk: Clerk, identity: IdentityNumber, name: str, looked_at: str, at: datetime
) -> str | Refusal | None:
    """Create an unknown person whose ID card the clerk has seen, and return the token of a case.

    Return None and create nothing unless name and number have been shown in full (`looked_at` is
    their `reviewed` digest). If the person exists by now, the name must be the same.
    """
    refusal = why_not(clerk.actor.channel_kind, Action.REGISTER) or _too_many(
        clerk, identity, at, new=True
    )
    if refusal is not None:
        return refusal
    person = people.find_person(identity)
    if person is not None and not same_name(person.name, name):
        return NAME_DIFFERS
    if person is None:
        if looked_at != reviewed(identity, name):
            return None
        person = people.add_person(name=name, identity=identity, at=at)
        _note("counter.person_added", clerk, person, "person", at)
    return _open(clerk, person, at)


def reviewed(identity: IdentityNumber, name: str) -> str:
    """Return a digest of name and number, to verify that what was shown in full is what is
    stored.
    """
    return hashlib.sha256(f"{identity.value}\0{name}".encode()).hexdigest()[:32]


def case_of(*, token: str, clerk: Clerk) -> Case | Refusal | None:
    """Return the case with this token, a refusal if it has expired, or None if it is not this
    clerk's.
    """
    found = case_repository.case(token, clerk.id)
    if found is None:
        return None
    person_id, opened_at = found
    if not timedelta(0) <= utcnow() - opened_at <= CASE_LIFE:
        return ENDED
    person = people.person_by_id(person_id)
    assert person is not None
    return Case(token, clerk, person, registration.current(person_id))


def why_not_here(case: Case, action: Action) -> Refusal | None:
    """Return why this counter may not take this action for this person, or None."""
    refusal = why_not(case.clerk.actor.channel_kind, action)
    if refusal is not None or action is Action.REGISTER:
        return refusal
    if case.registration is None:
        return Refusal("not_registered", "还没有参保登记，请先办理登记，再来核定。")
    if case.elsewhere is not None:
        return Refusal(
            "other_division",
            f"参保地区是{case.elsewhere.name}，本窗口不能办理{action.label}；"
            f"请到{case.elsewhere.name}的社保服务大厅或用手机办理，要转来本地参保的先办变更登记。",
        )
    return None


def hand_over(
    case: Case, action: Action, typed: Mapping[str, str], *, at: datetime
) -> Refusal | None:
    """Store the entry so that the person can continue it on the phone. Return a refusal or None."""
    refusal = why_not_here(case, action)
    if refusal is not None:
        return refused(case, action, "hand_over", refusal, at)
    given = handover_codes.hand_over(
        person_id=case.person.id,
        action=action,
        place=Place.PHONE,
        typed=typed,
        actor=case.clerk.actor,
        at=at,
    )
    return given if isinstance(given, Refusal) else None


def go_on(case: Case, code: str, *, at: datetime) -> HandedOver | Refusal:
    """Take over what the person began on the phone, if this counter may do it."""
    actor = case.clerk.actor
    found = handover_codes.find(
        person_id=case.person.id, place=Place.COUNTER, code=code, actor=actor, at=at
    )
    if isinstance(found, Refusal):
        return found
    refusal = why_not_here(case, found.action) or handover_codes.redeem(
        case=found, person_id=case.person.id, actor=actor, at=at
    )
    return found if refusal is None else refusal


def continued(case: Case, number: int | None, action: Action) -> HandedOver | None:
    """Return the handed-over entry that this clerk continues for the person, or None."""
    return handover_codes.redeemed(
        number=number,
        person_id=case.person.id,
        action=action,
        actor=case.clerk.actor,
    )


def changes(case: Case, details: Details) -> tuple[Change, ...]:
    """Return the changes, old → new. Of a registration elsewhere only the division is shown."""
    if case.registration is None:
        return ()
    if case.elsewhere is None:
        return registration.changes(case.registration.details, details)
    # List every field, changed or not: leaving one out would reveal the value registered there.
    return (
        Change("参保地区", case.elsewhere.name, details.division.name),
        Change("民族", HIDDEN, details.ethnic_group.name),
        Change("通讯地址", HIDDEN, details.address),
        Change("统一社会信用代码", HIDDEN, details.credit_code or "无"),
    )


def register(
    *, case: Case, details: Details, at: datetime, today: date
) -> RegistrationView | Refusal:
    """Register the person or change the registration, into a division that the clerk serves."""
    refusal = why_not_here(case, Action.REGISTER) or _refuse_division(case.clerk, details)
    if refusal is not None:
        return refused(case, Action.REGISTER, "registration", refusal, at)
    return registration.register(
        person=case.person, details=details, actor=case.clerk.actor, at=at, today=today
    )


def action_of(kind: RateKind) -> Action:
    """Return the action that a counter must be capable of for an assessment at this rate."""
    return Action.SPECIAL if kind is RateKind.UNIT else Action.ASSESS


def months(case: Case, today: date) -> tuple[YearMonths, ...]:
    """Return the months of this year with their states.

    () for a person not registered in this counter's divisions.
    """
    if case.registration is None or case.elsewhere is not None:
        return ()
    cells = assessment.months_of_year(
        person=case.person, work_start=case.registration.work_start, year=today.year, today=today
    )
    return (YearMonths(today.year, cells),)


def record_of(case: Case, serial: str) -> Record | None:
    """Return the record with this serial, or None.

    None also if it is another person's, or the person is registered outside this counter's
    divisions.
    """
    record = assessment.find(serial)
    if record is None or record.person_id != case.person.id or case.elsewhere is not None:
        return None
    return record


def transmit(*, case: Case, record: Record, at: datetime) -> Record | Refusal:
    """Transmit a record of the person (传输)."""
    refusal = why_not_here(case, Action.TRANSMIT)
    if refusal is not None:
        return refused(case, Action.TRANSMIT, record.serial, refusal, at)
    return transmission.transmit(record=record, actor=case.clerk.actor, at=at)


def revoke(*, case: Case, record: Record, at: datetime) -> Record | Refusal:
    """Revoke a record of the person (撤销)."""
    refusal = why_not_here(case, Action.REVOKE)
    if refusal is not None:
        return refused(case, Action.REVOKE, record.serial, refusal, at)
    return assessment.transition(record=record, move=Move.REVOKE, actor=case.clerk.actor, at=at)


def ask_tax(*, case: Case, record: Record, reason: str, at: datetime) -> Record | Refusal:
    """Ask the tax bureau to revoke a record, with the person's reason (申请税务撤销)."""
    refusal = why_not_here(case, Action.REVOKE)
    if refusal is not None:
        return refused(case, Action.REVOKE, record.serial, refusal, at)
    return transmission.ask_tax_to_revoke(
        record=record, reason=reason, actor=case.clerk.actor, at=at
    )


def _refuse_division(clerk: Clerk, details: Details) -> Refusal | None:
    if covers(clerk, details.division.code):
        return None
    places = [divisions.find(code) for code in clerk.divisions]
    names = "、".join(place.name for place in places if place is not None)
    return Refusal(
        "other_division",
        f"本窗口只能登记到{names}；参保地区是{details.division.name}的，"
        f"请到{details.division.name}的经办窗口或用手机办理。",
        "division",
    )


def refused(case: Case, action: Action, subject: str, refusal: Refusal, at: datetime) -> Refusal:
    """Record an attempt without the right, and return the refusal. Views that only read do not call
    it.
    """
    data = {"what": action.value, "code": refusal.reason}
    _note("counter.refused", case.clerk, case.person, subject, at, data)
    return refusal


def _open(clerk: Clerk, person: PersonCard, at: datetime) -> str:
    token = secrets.token_urlsafe(16)
    case_repository.open_case(token=token, staff_id=clerk.id, person_id=person.id, at=utcnow())
    _note("counter.opened", clerk, person, "person", at)
    return token


def _too_many(
    clerk: Clerk, identity: IdentityNumber, at: datetime, *, new: bool = False
) -> Refusal | None:
    """Return a refusal if a clerk looks up too many people. Only the first refusal within the time
    window is recorded.

    `new`: the person is being stored. Creating a person takes up to three requests that count as
    one lookup.
    """
    pair = f"{clerk.id}\0{identity.value}"
    if 1 < rate_limit.hit(PERSON_AGAIN, pair) <= PERSON_AGAIN.most and new:
        return None
    number = rate_limit.hit(PEOPLE_FOUND, clerk.id)
    if number <= PEOPLE_FOUND.most:
        return None
    rate_limit.take_back(PERSON_AGAIN, pair)
    if number == PEOPLE_FOUND.most + 1:
        audit.record(
            action="counter.finding_limited",
            person_id=None,
            subject=f"staff:{clerk.id}",
            actor=clerk.actor,
            at=at,
        )
    wait = rate_limit.retry_after(PEOPLE_FOUND, clerk.id) or PEOPLE_FOUND.within
    return Refusal(
        "finding_limit",
        f"一小时内最多查 {PEOPLE_FOUND.most} 个身份证号，请{rate_limit.in_words(wait)}再查；"
        "确有需要的请联系经办机构。",
        "identity",
    )


def _note(
    action: str,
    clerk: Clerk,
    person: PersonCard,
    subject: str,
    at: datetime,
    data: dict[str, str] | None = None,
) -> None:
    audit.record(
        action=action, person_id=person.id, subject=subject, actor=clerk.actor, at=at, data=data
    )
