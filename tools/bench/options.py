"""Command line options of the benchmark."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import date

TODAY = date(2026, 6, 15)
PAGES = ("/", "/assessment/self/new", "/assessment/self", "/registration")
PARTS = ("floor", "rows", "nodes", "engines")


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a run.

    `large`: the URL of a database filled by `flask demo generate`; None creates one with `rows`
    assessments. `parts`: the comparisons to run.
    """

    rounds: int
    requests: int
    posts: int
    rows: int
    few: int
    large: str | None
    parts: frozenset[str]


def read(arguments: list[str] | None = None) -> Options:
    """Parse the command line; exits with an error message for invalid values."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench",
        description="The product against a bare page, large against small, nodes, engines.",
    )
    parser.add_argument("--rounds", type=int, default=9, help="of each contest (at least 3)")
    parser.add_argument("--requests", type=int, default=300, help="GETs of a round")
    parser.add_argument("--posts", type=int, default=80, help="POSTs of a round")
    parser.add_argument("--rows", type=int, default=50_000, help="assessments of the large one")
    parser.add_argument("--few", type=int, default=1_000, help="assessments of the small one")
    parser.add_argument("--large", help="a database filled before, in place of making one")
    parser.add_argument("--only", choices=PARTS, action="append", help="of the comparisons")
    told = parser.parse_args(arguments)
    if told.rounds < 3 or told.requests < 100 or told.posts < 32:
        parser.error("too few to mean anything: at least 3 rounds of 100 GETs and 32 POSTs")
    if told.rounds * told.posts > 20_000:
        parser.error("at most 20,000 POSTs: each needs a resident of its own")
    if told.few < 1000 or told.rows < told.few:
        parser.error("at least 1,000 assessments in the small one, and more in the large one")
    return Options(
        told.rounds,
        told.requests,
        told.posts,
        told.rows,
        told.few,
        told.large,
        frozenset(told.only or PARTS),
    )
