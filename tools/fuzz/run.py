"""Runs generated courses until enough requests were sent, and minimises failures."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.strategies import SearchStrategy

from tests.support import thrift
from tools.fuzz.course import (
    Courses,
    Finding,
    Tally,
)
from tools.fuzz.generate import Generator
from tools.fuzz.steps import Step
from tools.fuzz.world import World

BATCH = 30
"""Courses per hypothesis run; hypothesis keeps no knowledge between runs."""

Thing = TypeVar("Thing")
Pair = tuple[str, str]
Change = Callable[[list[Pair]], list[Step]]
MadeUp = SearchStrategy[list[Step]]
Say = Callable[[str], None]

SHRINKING = 60.0
"""Time limit of minimisation in seconds."""


@dataclass(frozen=True)
class Failure:
    """A finding and the shortest course found that causes it."""

    finding: Finding
    steps: Sequence[Step]
    seed: int


@dataclass
class Outcome:
    """The result of one process."""

    tally: Tally = field(default_factory=Tally)
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0
    routes: frozenset[str] = frozenset()


class _Wrong(Exception):
    def __init__(self, finding: Finding, steps: Sequence[Step]) -> None:
        super().__init__(finding.signature)
        self.finding, self.steps = finding, steps


def explore(
    courses: Courses,
    requests: int,
    first_seed: int,
    *,
    length: int = 40,
    say: Say = lambda _: None,
) -> Outcome:
    """Send at least `requests` requests; each fault is reported once."""
    began = time.monotonic()
    outcome = Outcome(courses.tally, routes=frozenset(courses.world.catalogue.routes))
    known: set[str] = set()
    made_up = Generator(courses.world).courses(length)
    number = first_seed
    while courses.tally.requests < requests:
        failed = _batch(courses, number, known, requests, made_up, say)
        if failed is not None:
            known.add(failed.finding.signature)
            outcome.failures.append(failed)
            say(f"WRONG: {failed.finding.signature}")
        number += 1
    outcome.seconds = time.monotonic() - began
    return outcome


def _batch(
    courses: Courses, number: int, known: set[str], requests: int, made_up: MadeUp, say: Say
) -> Failure | None:
    first: list[_Wrong] = []

    @seed(number)
    @settings(
        max_examples=BATCH,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(steps=made_up)
    def once(steps: list[Step]) -> None:
        if first:
            # hypothesis repeats a failing example; minimising is done by `_smaller`.
            raise first[0]
        if courses.tally.requests >= requests:
            return
        found = courses.run(steps)
        if found is not None and found.signature not in known:
            first.append(_Wrong(found, steps))
            raise first[0]

    try:
        once()
    except _Wrong as wrong:
        say(f"found, being made smaller: {wrong.finding.signature}")
        return _smaller(courses, wrong, number)
    return None


def _smaller(courses: Courses, wrong: _Wrong, number: int) -> Failure:
    """Minimise the steps, headers and fields that cause the same fault, within `SHRINKING` seconds.

    Whole steps are left out first. hypothesis would remove one drawn value at a time, and each
    attempt runs a whole course.
    """
    until = time.monotonic() + SHRINKING
    finding, steps = wrong.finding, list(wrong.steps)
    courses.counting = False

    def same(fewer: list[Step]) -> bool:
        nonlocal finding
        found = courses.run(fewer) if time.monotonic() < until else None
        if found is None or found.signature != finding.signature:
            return False
        finding = found
        return True

    def same_with(change: Change) -> Callable[[list[Pair]], bool]:
        return lambda some: same(change(some))

    try:
        steps = _fewer(steps, same)
        for n in range(len(steps)):
            headers = partial(_changed, steps, n, "headers")
            steps = headers(_fewer(list(steps[n].headers), same_with(headers)))
            fields = partial(_changed, steps, n, "fields")
            steps = fields(_fewer(list(steps[n].fields), same_with(fields)))
    finally:
        courses.counting = True
    return Failure(finding, steps, number)


def _changed(steps: list[Step], n: int, part: str, some: list[Pair]) -> list[Step]:
    """Return the steps with other headers or fields in the n-th."""
    step = steps[n]
    headers = tuple(some) if part == "headers" else step.headers
    fields = tuple(some) if part == "fields" else step.fields
    return [*steps[:n], replace(step, headers=headers, fields=fields), *steps[n + 1 :]]


def _fewer(things: list[Thing], same: Callable[[list[Thing]], bool]) -> list[Thing]:
    """Remove halves, quarters, … and single elements as long as `same` stays true."""
    chunk = len(things)
    while chunk:
        start = 0
        while start < len(things):
            without = things[:start] + things[start + chunk :]
            if same(without):
                things = without
            else:
                start += chunk
        chunk //= 2
    return things


def worker(requests: int, first_seed: int, length: int) -> Outcome:
    """Run `explore` in its own process on its own site."""
    thrift.begin()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        world = World(Path(folder))
        try:
            return explore(
                Courses(world),
                requests,
                first_seed,
                length=length,
                say=lambda text: print(f"  {text}", flush=True),
            )
        finally:
            world.close()
