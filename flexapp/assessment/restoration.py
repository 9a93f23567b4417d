"""由税务存档恢复: restore an assessment that the tax bureau has and we do not.

This happens after our database was restored from an older backup. The signed message that we sent
holds the person, the months and the figures. It does not hold what was typed, by whom and where,
and nothing is made up for these.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from flexapp.assessment import repository
from flexapp.assessment.queries import (
    RESTORED,
    Record,
    record_from,
)
from flexapp.assessment.transitions import reserve_serial
from flexapp.audit import service as audit
from flexapp.audit.service import SYSTEM
from flexapp.db.session import advisory_lock
from flexapp.people import service as people
from flexapp.registration.service import unit_at
from flexapp.rules.identity import IdentityNumber
from flexapp.rules.money import plain, to_fen
from flexapp.rules.periods import Month, Period
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import LIVE_STATES, State


def restore(
    *, content: Mapping[str, str], state: State, made_at: datetime, at: datetime
) -> Record | Refusal | None:
    """Restore an assessment in the caller's transaction: person, months, figures and an event.

    `content` is what we sent to the tax bureau (schema `Assessment`), `state` the present state
    there. Return None if another reconciliation has just restored it. Refused if a newer assessment
    reserves one of its months. An operator must decide which of the two is valid, so the refusal is
    addressed to operators.
    """
    serial = content["serial"]
    identity = IdentityNumber(content["id_number"])
    # Lock order: the person before the serial counter, as when an assessment is created.
    advisory_lock("person", identity.value)
    reserve_serial(serial)
    if repository.by_serial(serial) is not None:
        return None
    person = people.find_person(identity)
    if person is None:
        person = people.add_person(name=content["person_name"], identity=identity, at=at)
    period = Period(Month.parse(content["start_month"]), Month.parse(content["end_month"]))
    kind, total = RateKind(content["kind"]), Decimal(content["total"])
    row = {
        "serial": serial,
        "person_id": person.id,
        "unit_id": unit_at(division=content["division_code"], kind=kind),
        "division": content["division_code"],
        "kind": kind.value,
        "start_month": str(period.start),
        "end_month": str(period.end),
        "months": period.count,
        "entered": plain(Decimal(content["monthly_base"])),
        "meaning": "restored",
        "bound": "none",
        "monthly_base": to_fen(Decimal(content["monthly_base"])),
        "period_base": to_fen(Decimal(content["period_base"])),
        "monthly_amount": to_fen(total / period.count),
        "total": to_fen(total),
        "parameters": "[]",
        "made_by": None,
        "made_by_staff": None,
        "made_by_label": RESTORED,
        "by_proxy": False,
        "channel": "tax",
        "made_at": made_at,
        "state": state.value,
        "state_at": at,
        "claimed": False,
        "held_up": "",
        "origin": "tax_archive",
    }
    months = [str(month) for month in period.months] if state in LIVE_STATES else []
    if not repository.add(row, months):
        held = repository.reserved_months(person.id, str(period.start), str(period.end))
        others = ", ".join(sorted({each[1] for each in held}))
        return Refusal("month_taken", f"its months are held here by {others}")
    audit.record(
        action="assessment.restored",
        person_id=person.id,
        subject=serial,
        actor=SYSTEM,
        at=at,
        data={
            "start": str(period.start),
            "end": str(period.end),
            "total": plain(total),
            "to": state.value,
            "found_by": "reconcile",
        },
    )
    stored = repository.by_serial(serial)
    assert stored is not None
    return record_from(stored)
