"""`python -m tests.bench`: requests/s of the product as ratios to the floor, and bytes sent.

Both run side by side, served the same way, and are measured in turns (A B A B …), so that whatever
else the machine does strikes both alike. Exit status 1 where a bar is missed or a request failed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from statistics import median

from flask import Flask

from tests.bench import floor, load, prepare, serving, sizes
from tests.bench.load import Expected, Outcome
from tests.bench.prepare import Browser

TODAY = date(2026, 6, 15)
BAR, AIM = 0.50, 0.60
CONNECTIONS = 16
WRITERS = 32
VISITORS = 40
"""Signed-in residents who read pages in turn."""

PAGES = ("/", "/assessment/self/new", "/assessment/self", "/registration")
CREATE = "/assessment/self/new"
MADE = Expected(303, "/assessment/self")
BUSIEST = 0.5
"""Of one processor; a load generator busier than this may have been what was measured."""


@dataclass(slots=True)
class Contest:
    """One thing that both do: how fast each was, round by round."""

    name: str
    product: list[Outcome] = field(default_factory=list)
    floor: list[Outcome] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """The product's rate over the floor's in the same round; the median of all rounds.

        Round by round, because a busy machine slows both sides of a round alike, but not all
        rounds.
        """
        return median(p.rate / f.rate for p, f in zip(self.product, self.floor, strict=True))

    @property
    def failed(self) -> int:
        """Requests that did not succeed, on either side."""
        return sum(o.failed for o in (*self.product, *self.floor))


def main() -> int:
    """Run the benchmark and print what it found."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="flexapp-bench-") as folder, ExitStack() as stack:
        bench = Bench(Path(folder), options, stack)
        contests = [bench.page(path) for path in PAGES]
        contests.append(bench.posts())
        writers, faults = bench.writers()
        transferred = sizes.measure(bench.product_port, bench.readers[0].cookie, PAGES)
    return _report(contests, writers, faults, transferred)


class Bench:
    """Both servers with their data, and the contests between them."""

    def __init__(self, folder: Path, options: argparse.Namespace, stack: ExitStack) -> None:
        self.rounds: int = options.rounds
        self.gets: int = options.requests
        self.post_count: int = options.posts
        self.product_port, self.floor_port = serving.free_port(), serving.free_port()
        environment = {
            "FLEXAPP_DATABASE_URL": f"sqlite:///{folder / 'product.sqlite3'}",
            "FLEXAPP_TAX_DATABASE": str(folder / "tax.sqlite3"),
            "FLEXAPP_TODAY": TODAY.isoformat(),
            "FLEXAPP_PORT": str(self.product_port),
        }
        self.app: Flask = prepare.product(environment)
        self.readers = prepare.residents(self.app, VISITORS, first=0, with_records=True)
        writers = prepare.residents(
            self.app, self.rounds * self.post_count + WRITERS * 10 + WRITERS, first=VISITORS
        )
        self.fresh = iter(writers)
        os.environ["BENCH_FLOOR_DATABASE"] = str(folder / "floor.sqlite3")
        self.floor_cookie = floor.prepare(floor.floor_app())
        stack.enter_context(
            serving.serving(
                ["-m", "tests.bench.floor", str(self.floor_port)],
                self.floor_port,
                load.get("/page/1000", cookie=self.floor_cookie),
                {},
                folder / "floor.log",
            )
        )
        stack.enter_context(
            serving.serving(
                ["app.py"],
                self.product_port,
                load.get("/readyz"),
                environment,
                folder / "product.log",
            )
        )

    def page(self, path: str) -> Contest:
        """A signed-in page against a bare page of as many bytes (before compression)."""
        size = len(self.plain(path, self.readers[0]))
        asked = [load.get(path, cookie=reader.cookie) for reader in self.readers]
        bare = [load.get(f"/page/{size}", cookie=self.floor_cookie)]
        return self._contest(
            f"GET {path} ({size:,} bytes)",
            lambda: self._run(self.product_port, _repeat(asked, self.gets), Expected()),
            lambda: self._run(self.floor_port, _repeat(bare, self.gets), Expected()),
            warm=(asked, bare * len(asked)),
        )

    def posts(self) -> Contest:
        """核定 of a whole year by residents who have none, against one bare row."""
        added = [load.post("/entry", {"value": "x"})] * self.post_count
        return self._contest(
            "POST 核定 (12 months)",
            lambda: self._run(self.product_port, self.creations(self.post_count), MADE),
            lambda: self._run(self.floor_port, added, Expected(303, "/page/1000")),
            warm=(self.creations(WRITERS), added[:WRITERS]),
        )

    def writers(self) -> tuple[Outcome, list[str]]:
        """核定 over 32 connections at once; and what is wrong in the database after all of it."""
        outcome = load.run(
            self.product_port,
            self.creations(WRITERS * 10),
            connections=WRITERS,
            expected=MADE,
        )
        return outcome, self.faults()

    def creations(self, count: int) -> list[bytes]:
        """Requests of residents who have not assessed yet."""
        return [
            load.post(CREATE, prepare.assessment_form(b, year=TODAY.year), cookie=b.cookie)
            for b in islice(self.fresh, count)
        ]

    def faults(self) -> list[str]:
        """What the database lacks of all that was answered with success; empty if nothing."""
        with self.app.app_context():
            return prepare.faults(
                assessments=2 * VISITORS + self.rounds * self.post_count + WRITERS * 11
            )

    def plain(self, path: str, reader: Browser) -> bytes:
        """A page as it is before compression."""
        answer = load.fetch(
            self.product_port, load.get(path, cookie=reader.cookie, accept="identity")
        )
        if answer.status != 200 or "测*".encode() not in answer.body:
            raise RuntimeError(f"{path} did not show the signed-in page: {answer.status}")
        return answer.body

    def _run(self, port: int, requests: Sequence[bytes], expected: Expected) -> Outcome:
        return load.run(port, requests, connections=CONNECTIONS, expected=expected)

    def _contest(
        self,
        name: str,
        product: Callable[[], Outcome],
        bare: Callable[[], Outcome],
        warm: tuple[Sequence[bytes], Sequence[bytes]],
    ) -> Contest:
        # Each worker process compiles templates and statements the first time it needs them.
        for port, requests in zip((self.product_port, self.floor_port), warm, strict=True):
            self._run(port, requests, Expected(303 if name.startswith("POST") else 200))
        contest = Contest(name)
        for _ in range(self.rounds):
            contest.product.append(product())
            contest.floor.append(bare())
        return contest


def _repeat(requests: Sequence[bytes], count: int) -> list[bytes]:
    return [requests[i % len(requests)] for i in range(count)]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="of each contest (at least 3)")
    parser.add_argument("--requests", type=int, default=300, help="GETs of a round")
    parser.add_argument("--posts", type=int, default=80, help="POSTs of a round")
    options = parser.parse_args()
    if options.rounds < 3 or options.requests < 100 or options.posts < WRITERS:
        parser.error("too few to mean anything: at least 3 rounds of 100 GETs and 32 POSTs")
    if options.rounds * options.posts > 20_000:
        parser.error("at most 20,000 POSTs: each needs a resident of its own")
    return options


def _report(
    contests: Sequence[Contest],
    writers: Outcome,
    faults: Sequence[str],
    transferred: Sequence[sizes.Transfer],
) -> int:
    good = True
    print(f"{'requests/s, medians':44}{'product':>9}{'floor':>9}{'ratio':>8}{'failed':>8}")
    for contest in contests:
        reached = contest.ratio >= BAR and contest.failed == 0
        good &= reached
        word = "aim met" if contest.ratio >= AIM else "bar met"
        print(
            f"{contest.name:44}{median(o.rate for o in contest.product):9.0f}"
            f"{median(o.rate for o in contest.floor):9.0f}{contest.ratio:8.0%}"
            f"{contest.failed:8d}  {word if reached else 'MISSED'}"
        )
    print(
        f"ratio: the median over {len(contests[0].product)} rounds; "
        f"bar: {BAR:.0%} of the floor, aim: {AIM:.0%}, no failed request"
    )
    good &= writers.failed == 0 and not faults
    print(
        f"{WRITERS} writers at once: {writers.requests} × 核定, {writers.rate:.0f}/s, "
        f"failed {writers.failed}{'' if writers.failed == 0 else '  MISSED'}"
    )
    for fault in faults:
        print(f"in the database: {fault}  MISSED")
    for transfer in transferred:
        good &= transfer.within
        print(transfer)
    busiest = max(o.own_share for c in contests for o in (*c.product, *c.floor))
    print(f"load generator: at most {busiest:.0%} of one processor")
    if busiest > BUSIEST:
        good = False
        print("the load generator may have been what was measured  MISSED")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
