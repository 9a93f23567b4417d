"""Merge legacy virtual units into the two of their area: move people and active assessments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flexapp.assessment.unit_merge import live_under, move_assessments
from flexapp.audit.service import Actor
from flexapp.registration import units
from flexapp.registration.service import unit_at
from flexapp.registration.units import Unit
from flexapp.rules import divisions
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal
from flexapp.web.clock import now
from flexapp.web.unit_of_work import read_transaction, write_transaction

CHUNK = 200
"""Rows in one transaction: few, so that other transactions wait only briefly."""


@dataclass(frozen=True, slots=True)
class Work:
    """What remains to be moved from one legacy unit."""

    unit: Unit
    people: int
    assessments: int

    @property
    def rows(self) -> int:
        """The number of rows, people and assessments together."""
        return self.people + self.assessments


def left(*, area: str | None) -> tuple[Work, ...] | Refusal:
    """Return every legacy unit that is not merged, or has received rows since.

    Refused for an unknown area.
    """
    if area is not None and divisions.find(area) is None:
        return Refusal("division_unknown", f"there is no area {area}")
    with read_transaction():
        found = [
            Work(unit, unit.people, live_under(unit.id))
            for unit in units.units(division=area)
            if unit.is_former
        ]
    return tuple(work for work in found if work.rows or work.unit.merged_at is None)


def merge(work: Work, *, actor: Actor) -> Iterator[int]:
    """Merge a legacy unit in transactions of `CHUNK` rows. Yields the number of rows moved by each.

    People move to the area's unit at the flexible rate, assessments to the unit of their own rate.

    An interrupted merge continues with the next run. A completed one has nothing left to do.
    """
    place = work.unit.division
    with write_transaction():
        target = unit_at(division=place, kind=RateKind.FLEXIBLE)
    moved = CHUNK
    while moved == CHUNK:
        with write_transaction():
            moved = units.move_people(
                source=work.unit, target_id=target, limit=CHUNK, actor=actor, at=now()
            )
        yield moved
    moved, last = CHUNK, 0
    while moved == CHUNK:
        with write_transaction():
            moved, last = move_assessments(
                source_id=work.unit.id,
                division=place,
                after=last,
                limit=CHUNK,
                actor=actor,
                at=now(),
            )
            if moved < CHUNK:
                units.finish(source=work.unit, actor=actor, at=now())
        yield moved
