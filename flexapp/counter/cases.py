"""What a clerk does for a person in front of them, found by ID number and by nothing else.

Two bounds, both kept here and not by the pages alone. What the kind of counter may do is the table
of rules/capabilities.py. Where it may be done:

- Somebody not registered anywhere may be registered by any counter, into a division it works for.
- Somebody registered where the counter works may have everything done that it can do; they are not
  registered away from there by it: that is for a counter where they move to, or for the phone.
- Somebody registered elsewhere may be registered into a division of the counter (a change of
  registration, 变更登记). Until then nothing of theirs is shown but where they are insured, and
  nothing else is done.

A record follows the person, not the place it was made in: whoever may act for a person now may move
records from before they moved. A clerk of a city works for its counties and districts. What is
refused for want of a right leaves an event `counter.refused`; what is only wrongly filled in, none.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flexapp.assessment import service as assessment
from flexapp.assessment.service import Assessed, AssessmentSubject, Record, YearMonths
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
"""How long naming a person lasts at a counter; afterwards the ID number is asked for again."""

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
        """Where the person is insured, if that is none of this counter's divisions."""
        if self.registration is None or covers(self.clerk, self.registration.division.code):
            return None
        return self.registration.division

    @property
    def subject(self) -> AssessmentSubject:
        """The person as the one to assess for; only where they are registered."""
        assert self.registration is not None
        return AssessmentSubject(self.person, self.registration, by_proxy=False)


def covers(clerk: Clerk, code: str) -> bool:
    """Whether a clerk works for a division, by itself or with the rest of its city."""
    place = divisions.find(code)
    return place is not None and bool({place.code, place.city_code} & set(clerk.divisions))


def find(*, clerk: Clerk, identity: IdentityNumber, at: datetime) -> str | Refusal | None:
    """The token of a case for the person of this number; None where we know nobody of it."""
    refusal = _too_many(clerk, identity, at)
    if refusal is not None:
        return refusal
    person = people.find_person(identity)
    return None if person is None else _open(clerk, person, at)


def create(
    *, clerk: Clerk, identity: IdentityNumber, name: str, looked_at: str, at: datetime
) -> str | Refusal | None:
    """The token of a case for a person seen for the first time, whose ID card the clerk has seen.

    None, and nobody made, before name and number were shown whole (`looked_at`: their `reviewed`).
    Where somebody made the person meanwhile it must be the same name.
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
    """Equal for equal name and number: what was shown whole is what is stored."""
    return hashlib.sha256(f"{identity.value}\0{name}".encode()).hexdigest()[:32]


def case_of(*, token: str, clerk: Clerk) -> Case | Refusal | None:
    """The case of an address; a refusal where it is over; None where it is not this clerk's."""
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
    """Why this counter may not do that for this person, if so."""
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
    """Keep what was typed for the person to go on with on the phone."""
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
    """Take over what the person began on the phone, where this counter may do it."""
    actor = case.clerk.actor
    found = handover_codes.find(
        person_id=case.person.id, place=Place.COUNTER, code=code, actor=actor, at=at
    )
    if isinstance(found, Refusal):
        return found
    refusal = why_not_here(case, found.action) or handover_codes.take_over(
        case=found, person_id=case.person.id, actor=actor, at=at
    )
    return found if refusal is None else refusal


def continued(case: Case, number: int | None, action: Action) -> HandedOver | None:
    """What this clerk goes on with for the person."""
    return handover_codes.taken(
        number=number,
        person_id=case.person.id,
        action=action,
        actor=case.clerk.actor,
    )


def changes(case: Case, details: Details) -> tuple[Change, ...]:
    """What would change, old → new; of a registration elsewhere only its place is told."""
    if case.registration is None:
        return ()
    if case.elsewhere is None:
        return registration.changes(case.registration.details, details)
    # All of it, changed or not: what is left out would tell what is registered there.
    return (
        Change("参保地区", case.elsewhere.name, details.division.name),
        Change("民族", HIDDEN, details.ethnic_group.name),
        Change("通讯地址", HIDDEN, details.address),
        Change("统一社会信用代码", HIDDEN, details.credit_code or "无"),
    )


def register(
    *, case: Case, details: Details, at: datetime, today: date
) -> RegistrationView | Refusal:
    """登记 or 变更登记, into a division that the clerk works for."""
    refusal = why_not_here(case, Action.REGISTER) or _refuse_division(case.clerk, details)
    if refusal is not None:
        return refused(case, Action.REGISTER, "registration", refusal, at)
    return registration.register(
        person=case.person, details=details, actor=case.clerk.actor, at=at, today=today
    )


def assess(
    *,
    case: Case,
    start: str,
    end: str,
    base: str,
    at: datetime,
    today: date,
    kind: RateKind = RateKind.FLEXIBLE,
    shown: str = "",
) -> Assessed | tuple[Refusal, ...]:
    """核定 for the person, or every reason why not; `kind` UNIT: a make-up at the unit rate.

    `shown`: as for `assessment.assess`.
    """
    refusal = why_not_here(case, action_of(kind))
    if refusal is not None:
        return (refused(case, action_of(kind), "assessment", refusal, at),)
    return assessment.assess(
        subject=case.subject,
        start=start,
        end=end,
        base=base,
        actor=case.clerk.actor,
        at=at,
        today=today,
        kind=kind,
        shown=shown,
    )


def action_of(kind: RateKind) -> Action:
    """What a counter must be allowed to do for an assessment at that rate."""
    return Action.SPECIAL if kind is RateKind.UNIT else Action.ASSESS


def months(case: Case, today: date) -> tuple[YearMonths, ...]:
    """The months of this year with their states, of somebody registered where the counter works."""
    if case.registration is None or case.elsewhere is not None:
        return ()
    cells = assessment.months_of_year(
        person=case.person, work_start=case.registration.work_start, year=today.year, today=today
    )
    return (YearMonths(today.year, cells),)


def record_of(case: Case, serial: str) -> Record | None:
    """The record of that serial, if it is the person's and their counter may look at it."""
    record = assessment.find(serial)
    if record is None or record.person_id != case.person.id or case.elsewhere is not None:
        return None
    return record


def transmit(*, case: Case, record: Record, at: datetime) -> Record | Refusal:
    """传输."""
    refusal = why_not_here(case, Action.TRANSMIT)
    if refusal is not None:
        return refused(case, Action.TRANSMIT, record.serial, refusal, at)
    return transmission.transmit(record=record, actor=case.clerk.actor, at=at)


def revoke(*, case: Case, record: Record, at: datetime) -> Record | Refusal:
    """撤销."""
    refusal = why_not_here(case, Action.REVOKE)
    if refusal is not None:
        return refused(case, Action.REVOKE, record.serial, refusal, at)
    return assessment.transition(record=record, move=Move.REVOKE, actor=case.clerk.actor, at=at)


def ask_tax(*, case: Case, record: Record, reason: str, at: datetime) -> Record | Refusal:
    """申请税务撤销, with the person's reason."""
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
    """Note that somebody tried what they may not; people who only look never come here."""
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
    """Whether a clerk looks up more people than anybody serves; the first time is recorded.

    `new`: the person is being stored. Until then the clerk asks three times: that is one person.
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
        f"一小时内最多查 {PEOPLE_FOUND.most} 个身份证号，请{rate_limit.spoken(wait)}再查；"
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
