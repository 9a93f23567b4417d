"""`python -m tools.bench`: request rate and CPU time as ratios, and bytes sent.

Both sides of a comparison run at the same time, are served the same way, and are measured in
alternation (A B A B …), so that other load on the machine affects both alike. Exit status 1 if a
ratio or size misses its limit or a request failed.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tools.bench import (
    comparing,
    engines,
    options,
    scale,
    sizes,
)
from tools.bench.against_floor import WRITERS, Bench
from tools.bench.comparing import Contest
from tools.bench.options import PAGES, Options

BAR, AIM = 0.50, 0.60
FLAT = 0.75
"""Minimum request rate of the large database relative to the small one."""

BUSIEST = 0.5
"""Share of one CPU above which the load generator itself may have been the bottleneck."""


def main() -> int:
    """Run the selected parts and print the results; return the exit status."""
    told = options.read()
    print(
        f"{os.cpu_count()} processors, shared by servers, databases and the load generator:"
        " only the ratios mean anything"
    )
    print(
        f"rate: requests/s over those of the other, the median of {told.rounds} rounds;"
        " cpu: the other's processor time a request over ours"
    )
    good = True
    parts = {"floor": _floor, "rows": _rows, "nodes": _nodes, "engines": _engines}
    for name, part in parts.items():
        if name in told.parts:
            with tempfile.TemporaryDirectory(prefix="flexapp-bench-") as folder, ExitStack() as s:
                good &= part(Path(folder), told, s)
    return 0 if good else 1


def _floor(folder: Path, told: Options, stack: ExitStack) -> bool:
    bench = Bench(folder, told, stack)
    print(comparing.heading("against a bare page or row", "product", "floor"))
    contests = [bench.page(path) for path in PAGES] + [bench.posts()]
    good = _report(contests, bar=BAR, aim=AIM)
    print(f"bar: {BAR:.0%} of the floor's rate, aim: {AIM:.0%}, no failed request")
    writers, faults = bench.writers()
    good &= writers.failed == 0 and not faults
    print(
        f"{WRITERS} writers at once: {writers.requests} × 核定, {writers.rate:.0f}/s, "
        f"failed {writers.failed}{'' if writers.failed == 0 else '  MISSED'}"
    )
    for fault in faults:
        print(f"in the database: {fault}  MISSED")
    for transfer in sizes.measure(bench.port, bench.readers[0].cookie, PAGES):
        good &= transfer.within
        print(transfer)
    return good


def _rows(folder: Path, told: Options, stack: ExitStack) -> bool:
    large = "as given" if told.large else f"{told.rows:,}"
    print(comparing.heading(f"assessments: {large} against {told.few:,}", "large", "small"))
    return _report(scale.contests(folder, told, stack), bar=FLAT)


def _nodes(folder: Path, told: Options, stack: ExitStack) -> bool:
    print(comparing.heading("two nodes against one, PostgreSQL", "two", "one"))
    return _report(engines.nodes(folder, told, stack))


def _engines(folder: Path, told: Options, stack: ExitStack) -> bool:
    print(comparing.heading("the engines, two workers each", "PostgreSQL", "SQLite"))
    return _report(engines.engines(folder, told, stack))


def _report(contests: Sequence[Contest], *, bar: float = 0.0, aim: float | None = None) -> bool:
    good = True
    for contest in contests:
        reached = contest.ratio >= bar and contest.failed == 0
        good &= reached
        word = "aim met" if aim is not None and contest.ratio >= aim else "bar met" if bar else ""
        print(f"{contest}  {word if reached else 'MISSED'}".rstrip(), flush=True)
        if contest.own_share > BUSIEST:
            good = False
            print(
                f"the load generator used {contest.own_share:.0%} of a processor and may have been"
                " what was measured  MISSED"
            )
    return good


if __name__ == "__main__":
    sys.exit(main())
