"""`python -m tools.chaos`: runs all fault-injection experiments and prints their results.

`--quick` runs fewer repetitions. Exit status 1 if an invariant was violated.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from tools.chaos import (
    clocks,
    dropping,
    full,
    hanging,
    kills,
    nodes,
    racing,
    restoring,
    telling,
)
from tools.chaos.hanging import Extent
from tools.chaos.nodes import ClusterBooks
from tools.chaos.result import Result
from tools.chaos.site import Site

NAMES = (
    *("points", "random", "dropping", "hanging", "racing", "telling", "restoring"),
    *("at_once", "database", "nodes", "disk_sqlite", "disk_postgresql", "clock", "soak"),
)
FULL_HANG = Extent(queued=100, hang=30, rounds=9, requests=600, looks=300)
QUICK_HANG = Extent(queued=20, hang=6, rounds=3, requests=60, looks=40, as_fast=0.3, at_once=3)


def main(arguments: list[str]) -> int:
    """Run the named experiments (default: all); return 0 if every invariant held."""
    parser = argparse.ArgumentParser(prog="python -m tools.chaos", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few of each")
    parser.add_argument("names", nargs="*", help=", ".join(NAMES))
    asked = parser.parse_args(arguments)
    experiments = _experiments(asked.quick)
    if unknown := set(asked.names) - experiments.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    wrong = 0
    for name, (title, experiment) in experiments.items():
        if not asked.names or name in asked.names:
            print(title, flush=True)
            wrong += _report(experiment)
    print("everything held" if not wrong else f"{wrong} things did NOT hold", flush=True)
    return 1 if wrong else 0


def _experiments(quick: bool) -> dict[str, tuple[str, Callable[[Path], Result]]]:
    kills_at, at_random, messages, races = (2, 10, 30, 50) if quick else (25, 100, 200, 1000)
    hang = QUICK_HANG if quick else FULL_HANG

    serials, times = (3, 20) if quick else (20, 100)
    rounds, ends, fills = (2, 3, 2) if quick else (20, 20, 5)
    phase, long = (4.0, 30.0) if quick else (20.0, 900.0)

    def with_tax_bureau(
        experiment: Callable[[Site], Result], *, product: bool = False
    ) -> Callable[[Path], Result]:
        def run(folder: Path) -> Result:
            site = Site(folder)
            with site.tax_bureau(), site.product() if product else nullcontext():
                return experiment(site)

        return run

    def over_nodes(experiment: Callable[[ClusterBooks], Result]) -> Callable[[Path], Result]:
        def run(_folder: Path) -> Result:
            with nodes.a_cluster() as site:
                return experiment(site)

        return run

    return {
        "points": (
            f"Senders killed at exact points, {kills_at} times each",
            with_tax_bureau(lambda site: kills.at_points(site, kills_at)),
        ),
        "random": (
            f"Senders killed at random under load, {at_random} times",
            with_tax_bureau(lambda site: kills.at_random(site, at_random), product=True),
        ),
        "dropping": (
            f"30 % of the tax bureau's answers lost after its commit, {messages} messages",
            with_tax_bureau(lambda site: dropping.answers_dropped(site, messages)),
        ),
        "hanging": (
            f"The tax bureau silent for {hang.hang:.0f} s a call, {hang.queued} queued",
            lambda folder: hanging.tax_bureau_silent(folder, hang),
        ),
        "racing": (
            f"撤销 against the claim, {races} times",
            lambda folder: racing.revoke_against_claim(Site(folder), races),
        ),
        "telling": (
            f"Each event delivered {times} times at once and shuffled",
            lambda folder: telling.many_times_at_once(Site(folder), serials, times),
        ),
        "restoring": (
            "An old backup put back while the tax bureau went on",
            lambda folder: restoring.old_backup(Site(folder), serials),
        ),
        "at_once": (
            f"{nodes.MANY} identical and {nodes.MANY} overlapping forms at once, {rounds} times",
            over_nodes(lambda site: nodes.same_form_at_once(site, rounds)),
        ),
        "database": (
            f"PostgreSQL ended without warning under load, {ends} times",
            over_nodes(lambda site: nodes.database_ended(site, ends)),
        ),
        "nodes": (
            f"A node killed in the middle of its requests behind nginx, {ends} times",
            over_nodes(lambda site: nodes.nodes_killed(site, ends)),
        ),
        "disk_sqlite": (
            f"SQLite may not grow under load, {fills} times",
            lambda folder: full.of_sqlite(folder, fills),
        ),
        "disk_postgresql": (
            f"PostgreSQL's disk full under load, {fills} times",
            lambda _folder: full.of_postgresql(fills),
        ),
        "clock": (
            f"The clock of nodes and senders moved, {phase:.0f} s each",
            lambda folder: clocks.moved(folder, phase),
        ),
        "soak": (
            f"Residents at work for {long:.0f} s, memory and open files watched",
            over_nodes(lambda site: nodes.soak(site, long)),
        ),
    }


def _report(experiment: Callable[[Path], Result]) -> int:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        result = experiment(Path(folder))
    for line in result.lines:
        print(f"  {line}")
    for sentence in result.wrong:
        print(f"  WRONG: {sentence}")
    print(f"  {time.monotonic() - began:.0f} s", flush=True)
    return len(result.wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
