"""The virtual units (虚拟单位) of each area: two that stand, former ones merged into them (2.6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flexapp.audit import service as audit
from flexapp.audit.service import Actor
from flexapp.db.session import advisory_lock
from flexapp.people.service import PersonCard, people_by_ids
from flexapp.registration import repository, unit_repository
from flexapp.registration.models import FormerUnit, Registration
from flexapp.registration.service import Details
from flexapp.rules import divisions
from flexapp.rules.periods import Month
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal
from flexapp.rules.text import normalise_prose

OPENED_BEFORE = date(2020, 1, 1)
"""The notice is of 2019 and forbids new ones: nothing opened since can be a former unit."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A virtual unit. A former one is none of the two; `merged_at`: since when it is empty."""

    id: int
    division: str
    name: str
    is_former: bool
    merged_at: datetime | None
    people: int


def units(*, division: str | None = None) -> tuple[Unit, ...]:
    """The units of an area, or of all, with how many people are under each."""
    return tuple(_unit(row) for row in unit_repository.units(division))


def take_over(
    *, division: str, name: str, opened_on: date, actor: Actor, at: datetime
) -> int | Refusal:
    """Take over a further unit from before the notice, so that it can be merged; its number.

    The only way a unit other than the two comes to be; refused for anything new.
    """
    if divisions.find(division) is None:
        return Refusal("division_unknown", "没有这个地区代码。")
    if opened_on >= OPENED_BEFORE:
        return Refusal(
            "unit_new", "每个地区只有两个虚拟单位，不能再新增；这里只接收 2019 年通知以前已有的。"
        )
    if unit_repository.merging_begun(division):
        return Refusal("units_merged", "这个地区的虚拟单位已经归并，不能再接收别的虚拟单位。")
    name = normalise_prose(name)
    if not 4 <= len(name) <= 60:
        return Refusal("unit_name", "虚拟单位名称应为 4 至 60 个字。")
    fixed = {divisions.virtual_unit_name(division, kind) for kind in RateKind}
    if name in fixed or unit_repository.name_taken(name):
        return Refusal("unit_known", "已经有这个名称的虚拟单位。")
    unit_id = unit_repository.add_former(
        FormerUnit(division=division, name=name, opened_on=opened_on)
    )
    _note("unit.taken_over", unit_id, actor, at, {"division": division, "name": name})
    return unit_id


def take_over_person(
    *,
    person: PersonCard,
    details: Details,
    unit_id: int,
    work_start: Month,
    actor: Actor,
    at: datetime,
) -> Refusal | None:
    """Take over somebody who was insured under a former unit, as they were registered there."""
    unit = unit_repository.one(unit_id)
    if unit is None or not unit.former or unit.merged_at is not None:
        return Refusal("unit_not_former", "只能接收到尚未归并的原有虚拟单位。")
    if unit.division != details.division.code or repository.current(person.id) is not None:
        return Refusal("already_registered", "这个人已经登记，或不属于这个虚拟单位的地区。")
    repository.add(
        Registration(
            person_id=person.id,
            division=details.division.code,
            unit_id=unit_id,
            ethnic_group=details.ethnic_group.code,
            address=details.address,
            credit_code=details.credit_code,
            work_start=work_start.first_day,
            registered_at=at,
            superseded_at=None,
        )
    )
    audit.record(
        action="registration.taken_over",
        person_id=person.id,
        subject="registration",
        actor=actor,
        at=at,
        data={"division": unit.division, "to_unit": unit.name},
    )
    return None


def move_people(*, source: Unit, target_id: int, limit: int, actor: Actor, at: datetime) -> int:
    """Move up to `limit` people to another unit, each with an event; how many were found to move.

    The registration they had stays, superseded: a change like any other. Whoever changed their
    registration themselves while we waited for them is found and not moved.
    """
    target = repository.unit_by_id(target_id).name
    found = unit_repository.registered_under(source.id, limit)
    cards = people_by_ids({each.person_id for each in found})
    for identity in sorted(card.identity.value for card in cards.values()):
        advisory_lock("person", identity)
    for old in unit_repository.registered_under(source.id, limit):
        if old.person_id not in cards:
            continue
        old.superseded_at = at
        repository.add(
            Registration(
                person_id=old.person_id,
                division=old.division,
                unit_id=target_id,
                ethnic_group=old.ethnic_group,
                address=old.address,
                credit_code=old.credit_code,
                work_start=old.work_start,
                registered_at=at,
                superseded_at=None,
            ),
            old,
        )
        audit.record(
            action="registration.unit_moved",
            person_id=old.person_id,
            subject="registration",
            actor=actor,
            at=at,
            data={"from_unit": source.name, "to_unit": target},
        )
    return len(found)


def finish(*, source: Unit, actor: Actor, at: datetime) -> None:
    """A former unit is merged: nobody is under it, and nothing comes to it any more."""
    if source.merged_at is not None:
        return
    unit_repository.mark_merged(source.id, at)
    _note("unit.merged", source.id, actor, at, {"from_unit": source.name})


def _unit(row: unit_repository.Row) -> Unit:
    return Unit(
        id=row.id,
        division=row.division,
        name=row.name,
        is_former=row.former,
        merged_at=row.merged_at,
        people=unit_repository.people_of(row.id),
    )


def _note(action: str, unit_id: int, actor: Actor, at: datetime, data: dict[str, str]) -> None:
    audit.record(
        action=action, person_id=None, subject=f"unit:{unit_id}", actor=actor, at=at, data=data
    )
