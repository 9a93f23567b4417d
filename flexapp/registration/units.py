"""Virtual units (虚拟单位): each area has two; former ones are merged into them (design 2.6)."""

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

CUTOFF = date(2020, 1, 1)
"""Former units were opened before this day, because the notice of 2019 forbids new ones."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A virtual unit and the number of people registered under it.

    `is_former` is true for units other than the two regular ones. `merged_at` is set once a former
    unit is merged and empty.
    """

    id: int
    division: str
    name: str
    is_former: bool
    merged_at: datetime | None
    people: int


def units(*, division: str | None = None) -> tuple[Unit, ...]:
    """Return the units of a division, or of all, each with its number of people."""
    return tuple(_unit(row) for row in unit_repository.units(division))


def adopt_unit(
    *, division: str, name: str, opened_on: date, actor: Actor, at: datetime
) -> int | Refusal:
    """Import a unit from before the notice of 2019, to be merged later; return its id.

    This is the only way to create a unit beside the two regular ones. Refusals:
    `division_unknown`, `unit_new`, `units_merged`, `unit_name`, `unit_known`.
    """
    if divisions.find(division) is None:
        return Refusal("division_unknown", "没有这个地区代码。")
    if opened_on >= CUTOFF:
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


def adopt_person(
    *,
    person: PersonCard,
    details: Details,
    unit_id: int,
    work_start: Month,
    actor: Actor,
    at: datetime,
) -> Refusal | None:
    """Import the registration of a person under a former unit.

    Refusals: `unit_not_former`, `already_registered`.
    """
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
    """Move up to `limit` people to another unit, each with an event.

    Returns the number of people found, which may exceed the number moved. The old registration is
    kept as superseded, like after any change. A person whose own change ends the registration under
    this unit while the locks are acquired is found but not moved.
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
    """Mark a former unit as merged once it is empty; no effect if it is already merged."""
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
