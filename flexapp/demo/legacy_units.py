"""Former virtual units with fictional people (marked 演示), for trying unit merges. Demo only."""

from __future__ import annotations

from datetime import date, datetime

from flexapp.assessment.creation import (
    Assessed,
    AssessmentSubject,
    assess,
)
from flexapp.audit.service import SYSTEM, Actor, ActorKind
from flexapp.people import service as people
from flexapp.registration import service as registration
from flexapp.registration import units
from flexapp.registration.service import Details
from flexapp.rules.identity import IdentityNumber
from flexapp.rules.periods import Month
from flexapp.rules.refusal import Refusal

UNITS = (
    ("640104", "兴庆区第二灵活就业虚拟单位（演示）"),
    ("640104", "兴庆区补缴虚拟单位（演示）"),
    ("640202", "大武口区个体工商户虚拟单位（演示）"),
)
PEOPLE_EACH = 4
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def load(*, at: datetime, today: date) -> int:
    """Add the missing units with people and assessments; return the number of units added."""
    known = {unit.name for unit in units.units()}
    added = 0
    for number, (division, name) in enumerate(UNITS):
        if name in known:
            continue
        unit_id = units.adopt_unit(
            division=division,
            name=name,
            opened_on=date(2012, 1, 1),
            actor=SYSTEM,
            at=at,
        )
        if isinstance(unit_id, Refusal):
            continue  # the division's units are merged already
        for each in range(PEOPLE_EACH):
            _person(number * PEOPLE_EACH + each, division, unit_id, at=at, today=today)
        added += 1
    return added


def _person(number: int, division: str, unit_id: int, *, at: datetime, today: date) -> None:
    identity = IdentityNumber(
        _fictional_number(f"{division}1988{number % 12 + 1:02d}01{number:03d}")
    )
    person = people.add_person(name="演示某", identity=identity, at=at)
    phone = f"199000090{number:02d}"
    account = people.add_account(phone=phone, person=person, at=at)
    details = registration.check_details(
        division=division, ethnic_group="01", address=f"演示路{number + 10}号", credit_code=""
    )
    assert isinstance(details, Details), details
    refusal = units.adopt_person(
        person=person,
        details=details,
        unit_id=unit_id,
        work_start=Month(2012, 1),
        actor=SYSTEM,
        at=at,
    )
    assert refusal is None, refusal
    view = registration.current(person.id)
    assert view is not None
    made = assess(
        subject=AssessmentSubject(person, view, by_proxy=False),
        start=f"{today.year}-01",
        end=f"{today.year}-03",
        base="60",
        actor=Actor(ActorKind.ACCOUNT, account, f"演**（{people.mask_phone(phone)}）"),
        at=at,
        today=today,
    )
    assert isinstance(made, Assessed), made


def _fictional_number(first_17: str) -> str:
    """Return an ID number that nobody has: its check digit is wrong under GB 11643."""
    total = sum(int(digit) * weight for digit, weight in zip(first_17, WEIGHTS, strict=True))
    return first_17 + "10X98765432"[(total + 1) % 11]
