"""Bulk storage of generated assessments together with their state transitions and audit events.

For generated people only: none of the checks of `assess` run. The stored rows are those that
`assess` and `transition` would store one after the other. Transitions follow `rules/states.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from flexapp.assessment import repository
from flexapp.audit.service import Actor, Entry
from flexapp.rules.money import from_fen
from flexapp.rules.periods import Period
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move, State, apply
from flexapp.web.clock import BEIJING


class SeededTransition(NamedTuple):
    """One transition: the move, the actor and the time. `data` is stored in its audit event."""

    move: Move
    actor: Actor
    at: datetime
    data: Mapping[str, str]


class SeededAssessment(NamedTuple):
    """One assessment and its transitions in order. `figures` come from `creation.figures_of`."""

    person_id: int
    division: str
    unit_id: int
    period: Period
    figures: Mapping[str, object]
    actor: Actor
    by_proxy: bool
    at: datetime
    steps: Sequence[SeededTransition]


def add_all(stories: Sequence[SeededAssessment]) -> list[Entry]:
    """Store the assessments and return their audit events, which the caller has to record.

    Raises `ValueError` for a transition that `rules/states.py` does not allow.
    """
    entries: list[Entry] = []
    rows: list[dict[str, object]] = []
    months: list[Sequence[str]] = []
    for story, serial in zip(stories, _serials(stories), strict=True):
        entries.append(_made(story, serial))
        state, since = State.ASSESSED, story.at
        for step in story.steps:
            entry = _moved(story, serial, state, step)
            state, since = State(entry.data["to"]), step.at
            entries.append(entry)
        rows.append(_row(story, serial, state, since))
        held = () if state is State.REVOKED else story.period.months
        months.append([str(month) for month in held])
    if rows:
        repository.add_all(rows, months)
    return entries


def _serials(stories: Sequence[SeededAssessment]) -> list[str]:
    """Return one serial per assessment: division, day, and a running number in input order."""
    places = [(story.division, _day(story.at)) for story in stories]
    next_one = {
        place: repository.take_numbers(*place, count) - count
        for place, count in sorted(Counter(places).items())
    }
    serials = []
    for division, day in places:
        next_one[division, day] += 1
        serials.append(f"{division}{day:%Y%m%d}{next_one[division, day]:06d}")
    return serials


def _day(at: datetime) -> date:
    return at.astimezone(BEIJING).date()


def _made(story: SeededAssessment, serial: str) -> Entry:
    total = story.figures["total"]
    assert isinstance(total, int)
    data = {
        "start": str(story.period.start),
        "end": str(story.period.end),
        "total": str(from_fen(total)),
        "by_proxy": "yes" if story.by_proxy else "no",
    }
    return Entry("assessment.assess", story.person_id, serial, story.actor, story.at, data)


def _moved(story: SeededAssessment, serial: str, state: State, step: SeededTransition) -> Entry:
    target = apply(state, step.move)
    if isinstance(target, Refusal):
        raise ValueError(f"{step.move} from {state}")
    data = {
        "from": state.value,
        "to": target.value,
        "start": str(story.period.start),
        "end": str(story.period.end),
        **step.data,
    }
    return Entry(
        f"assessment.{step.move.value}", story.person_id, serial, step.actor, step.at, data
    )


def _row(story: SeededAssessment, serial: str, state: State, since: datetime) -> dict[str, object]:
    return {
        **story.figures,
        "start_month": str(story.period.start),
        "end_month": str(story.period.end),
        "serial": serial,
        "person_id": story.person_id,
        "unit_id": story.unit_id,
        "division": story.division,
        "kind": RateKind.FLEXIBLE.value,
        "made_by": story.actor.id,
        "made_by_staff": None,
        "made_by_label": story.actor.label,
        "by_proxy": story.by_proxy,
        "channel": story.actor.channel,
        "made_at": story.at,
        "state": state.value,
        "state_at": since,
        "claimed": False,
        "held_up": "",
    }
