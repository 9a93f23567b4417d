"""Register a person, change a registration, read registrations (design 2.1)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from flexapp.agency.service import why_not_open
from flexapp.audit import service as audit
from flexapp.audit.service import Actor, ActorKind
from flexapp.db.session import advisory_lock
from flexapp.people import drafts, handover_codes
from flexapp.people.service import PersonCard
from flexapp.registration import repository
from flexapp.registration.models import Registration, VirtualUnit
from flexapp.registration.repository import WITH_PERSON as WITH_PERSON
from flexapp.registration.repository import current_places as current_places
from flexapp.registration.statistics import counts as counts
from flexapp.rules import divisions, ethnic_groups
from flexapp.rules.capabilities import Action, why_not
from flexapp.rules.credit_code import parse_credit_code
from flexapp.rules.divisions import Division
from flexapp.rules.ethnic_groups import EthnicGroup
from flexapp.rules.periods import Month
from flexapp.rules.postal_address import is_only_a_division
from flexapp.rules.rates import RateKind
from flexapp.rules.ratings import business_of
from flexapp.rules.refusal import Refusal
from flexapp.rules.text import has_private_use, normalise

FORM = "/registration"
"""Path of the resident's form, used as the key of its draft (people/drafts.py)."""

ADDRESS_MIN, ADDRESS_MAX = 4, 200
"""Length of an address in characters.

The shortest real address names a village. The maximum is twice what a form holds.
"""

YOUNGEST = 16
"""Minimum age in years for any employment (劳动法 第十五条)."""

NOTHING_CHANGED = Refusal("nothing_changed", "您填的内容和已登记的一样，不用再提交。")


@dataclass(frozen=True, slots=True)
class Details:
    """The declared details, validated by `check_details`."""

    division: Division
    ethnic_group: EthnicGroup
    address: str
    credit_code: str | None


@dataclass(frozen=True, slots=True)
class RegistrationView:
    """A registration, as other slices see it."""

    details: Details
    unit_id: int
    unit_name: str
    work_start: Month
    registered_at: datetime

    @property
    def division(self) -> Division:
        """The place of insurance (参保地区)."""
        return self.details.division


@dataclass(frozen=True, slots=True)
class Change:
    """The old and the new value of one field, as a review page shows them."""

    label: str
    old: str
    new: str


def check_details(
    *, division: str, ethnic_group: str, address: str, credit_code: str
) -> Details | tuple[Refusal, ...]:
    """Validate the declared details; return them, or all refusals, each with its field.

    Refusals: `division_unknown`, `ethnic_group_unknown`, `address_short`, `address_private_use`,
    `address_vague`, `address_long`, and those of `parse_credit_code`.
    """
    refusals: list[Refusal] = []
    place = divisions.find(division) if divisions.is_choosable(division) else None
    if place is None:
        refusals.append(Refusal("division_unknown", "请选择参保地区。", "division"))
    group = ethnic_groups.find(ethnic_group)
    if group is None:
        refusals.append(Refusal("ethnic_group_unknown", "请选择民族。", "ethnic_group"))
    address = normalise(address)
    if len(address) < ADDRESS_MIN or len(re.findall("[\u4e00-\u9fff]", address)) < 2:
        refusals.append(Refusal("address_short", "请输入通讯地址，写到村组或门牌号。", "address"))
    elif has_private_use(address):
        refusals.append(
            Refusal(
                "address_private_use",
                "通讯地址里有一个字是旧字库里的，别的系统认不出来，请重新输入这个字，或用同音字代替。",
                "address",
            )
        )
    elif is_only_a_division(address):
        sentence = "请写到村组或门牌号：只写到县区、乡镇或街道，信件送不到。"
        refusals.append(Refusal("address_vague", sentence, "address"))
    elif len(address) > ADDRESS_MAX:
        refusals.append(
            Refusal(
                "address_long",
                f"通讯地址最多 {ADDRESS_MAX} 个字，现在有 {len(address)} 个，请缩短后再提交。",
                "address",
            )
        )
    code = parse_credit_code(credit_code)
    if isinstance(code, Refusal):
        refusals.append(code)
    if place is None or group is None or isinstance(code, Refusal) or refusals:
        return tuple(refusals)
    return Details(place, group, address, code)


def current(person_id: int) -> RegistrationView | None:
    """Return the current registration of a person, or None."""
    row = repository.current_row(person_id)
    return None if row is None else _view_from(row)


def history(person_id: int) -> tuple[tuple[RegistrationView, datetime | None], ...]:
    """Return all registrations of a person, newest first, each with its `superseded_at`."""
    return tuple((_view_from(row), row["superseded_at"]) for row in repository.rows_of(person_id))


def rated_as(person_id: int) -> int | None:
    """Return the case number for ratings of the current registration; None if it is not rated.

    The number is that of the audit event.
    """
    done = ("registration.made", "registration.changed")
    for event in audit.about_person(person_id=person_id, actions=done, limit=1):
        if business_of(event.action, actor_kind=event.actor_kind, channel=event.channel):
            return event.seq
    return None


def changes(old: Details, new: Details) -> tuple[Change, ...]:
    """Return the fields that differ, in the order of the form."""
    none = "无"
    rows = (
        Change("参保地区", old.division.name, new.division.name),
        Change("民族", old.ethnic_group.name, new.ethnic_group.name),
        Change("通讯地址", old.address, new.address),
        Change("统一社会信用代码", old.credit_code or none, new.credit_code or none),
    )
    return tuple(row for row in rows if row.old != row.new)


def review_digest(changes: tuple[Change, ...]) -> str:
    """Return a digest of the old and new values that a review page shows.

    If the registration changes after the review page, the digest differs and the review is shown
    again.
    """
    rows = [[row.label, row.old, row.new] for row in changes]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:32]


def register(
    *,
    person: PersonCard,
    details: Details,
    actor: Actor,
    at: datetime,
    today: date,
    work_start: Month | None = None,
) -> RegistrationView | Refusal:
    """Register a person, or change their registration (design 2.1).

    The first registration sets the work start (参加工作时间), by default 1 January of the current
    year; a change keeps it. Removes the person's pending handover code, and their draft if staff
    registers. Refusals: those of `why_not` and `why_not_open`, `too_young`, `nothing_changed`.
    """
    refusal = why_not(actor.channel_kind, Action.REGISTER) or why_not_open(
        division=details.division,
        actor=actor,
        action=Action.REGISTER,
        today=today,
        field="division",
    )
    if refusal is not None:
        return refusal
    if _age(person.birth_date, today) < YOUNGEST:
        return Refusal("too_young", f"未满 {YOUNGEST} 周岁，还不能以灵活就业人员身份参保。")
    advisory_lock("person", person.identity.value)
    before = repository.current(person.id)
    if before is not None and _details(before[0]) == details:
        return NOTHING_CHANGED
    start = Month(today.year, 1) if work_start is None else work_start
    if before is not None:
        start = Month.of(before[0].work_start)
        before[0].superseded_at = at
    unit, number = repository.unit_for_next(
        details.division.code,
        RateKind.FLEXIBLE.value,
        divisions.virtual_unit_name(details.division.code, RateKind.FLEXIBLE),
    )
    row = Registration(
        id=number,
        person_id=person.id,
        division=details.division.code,
        unit_id=unit.id,
        ethnic_group=details.ethnic_group.code,
        address=details.address,
        credit_code=details.credit_code,
        work_start=start.first_day,
        registered_at=at,
        superseded_at=None,
    )
    repository.add(row, before[0] if before is not None else None)
    handover_codes.finished(person_id=person.id, action=Action.REGISTER)
    if actor.kind is ActorKind.STAFF:
        drafts.overtaken(person_id=person.id, form=FORM)
    changed = changes(_details(before[0]), details) if before is not None else ()
    audit.record(
        action="registration.changed" if before is not None else "registration.made",
        person_id=person.id,
        subject="registration",
        actor=actor,
        at=at,
        data=_declared(details, changed),
    )
    return _view(row, unit)


class RegistrationSeed(NamedTuple):
    """The first registration of a person, for `register_all`."""

    person_id: int
    details: Details
    work_start: Month
    actor: Actor
    at: datetime


def register_all(firsts: Sequence[RegistrationSeed]) -> tuple[audit.Entry, ...]:
    """Register many people, none of whom is registered; return the events for the caller to record.

    Skips the checks of `register`. Only for generated people whose data is valid by construction.
    """
    places = {first.details.division.code for first in firsts}
    units = {code: unit_at(division=code, kind=RateKind.FLEXIBLE) for code in sorted(places)}
    if firsts:
        repository.add_all(
            [
                {
                    "person_id": first.person_id,
                    "division": first.details.division.code,
                    "unit_id": units[first.details.division.code],
                    "ethnic_group": first.details.ethnic_group.code,
                    "address": first.details.address,
                    "credit_code": first.details.credit_code,
                    "work_start": first.work_start.first_day,
                    "registered_at": first.at,
                    "superseded_at": None,
                }
                for first in firsts
            ]
        )
    return tuple(
        audit.Entry(
            "registration.made",
            first.person_id,
            "registration",
            first.actor,
            first.at,
            _declared(first.details, ()),
        )
        for first in firsts
    )


def _declared(details: Details, changed: Sequence[Change]) -> dict[str, str]:
    # Only the names of the changed fields, because their contents are personal data.
    return {
        "division": details.division.code,
        "changed": "、".join(change.label for change in changed),
    }


def unit_at(*, division: str, kind: RateKind) -> int:
    """Return the id of a division's virtual unit of this kind; create it on first use."""
    return repository.unit(division, kind.value, divisions.virtual_unit_name(division, kind)).id


def unit_name(unit_id: int) -> str:
    """Return the name of an existing virtual unit."""
    return repository.unit_by_id(unit_id).name


def _age(born: date, today: date) -> int:
    """Return the age in whole years; a birthday on 29 February counts on 1 March."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _details(row: Registration) -> Details:
    return _details_from(row.division, row.ethnic_group, row.address, row.credit_code)


def _details_from(
    division: str, ethnic_group: str, address: str, credit_code: str | None
) -> Details:
    place, group = divisions.find(division), ethnic_groups.find(ethnic_group)
    assert place is not None
    assert group is not None
    return Details(place, group, address, credit_code)


def _view_from(row: Mapping[str, Any]) -> RegistrationView:
    return RegistrationView(
        details=_details_from(
            row["division"], row["ethnic_group"], row["address"], row["credit_code"]
        ),
        unit_id=row["unit_id"],
        unit_name=row["unit_name"],
        work_start=Month.of(row["work_start"]),
        registered_at=row["registered_at"],
    )


def _view(row: Registration, unit: VirtualUnit) -> RegistrationView:
    return RegistrationView(
        details=_details(row),
        unit_id=unit.id,
        unit_name=unit.name,
        work_start=Month.of(row.work_start),
        registered_at=row.registered_at,
    )
