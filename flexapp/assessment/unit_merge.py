"""Move active assessments when their virtual unit is merged into another (design 2.6)."""

from __future__ import annotations

from datetime import datetime

from flexapp.assessment import repository
from flexapp.audit import service as audit
from flexapp.audit.service import Actor
from flexapp.registration.service import unit_at, unit_name
from flexapp.rules.rates import RateKind
from flexapp.rules.states import LIVE_STATES

_LIVE = sorted(state.value for state in LIVE_STATES)


def live_under(unit_id: int) -> int:
    """Count the active assessments under a unit."""
    return repository.count_under(unit_id, _LIVE)


def move_assessments(
    *, source_id: int, division: str, after: int, limit: int, actor: Actor, at: datetime
) -> tuple[int, int]:
    """Move up to `limit` active assessments to the division's unit for their rate, with an event
    each.

    Only ids above `after`. Returns (number moved, last id). Messages already sent to the tax bureau
    keep their content. Revoked assessments are history and stay under the old unit.
    """
    found = repository.under(source_id, _LIVE, after=after, limit=limit)
    old = unit_name(source_id)
    for kind in RateKind:
        rows = [row for row in found if row[3] == kind.value]
        if not rows:
            continue
        target = unit_at(division=division, kind=kind)
        repository.move_to_unit([row[0] for row in rows], target)
        names = {"from_unit": old, "to_unit": unit_name(target)}
        for _, serial, person_id, _ in rows:
            audit.record(
                action="assessment.unit_moved",
                person_id=person_id,
                subject=serial,
                actor=actor,
                at=at,
                data=names,
            )
    return len(found), found[-1][0] if found else after
