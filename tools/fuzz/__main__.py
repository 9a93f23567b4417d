"""`python -m tools.fuzz`: sends invalid and odd requests; exit status 1 if a check failed.

Each process has its own site. A failure is minimised and written to var/fuzz; repeat it with
`python -m tools.fuzz --replay FILE`. The same `--seed`, `--requests` and `--workers` produce the
same requests.
"""

from __future__ import annotations

import argparse
import logging
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from flexapp.config import PROJECT
from tests.support import thrift
from tools.fuzz import documents
from tools.fuzz.course import Courses, Tally
from tools.fuzz.run import Failure, worker
from tools.fuzz.steps import from_json, to_json
from tools.fuzz.world import World

ENOUGH = 20_000
"""Number of requests after which every route must have been reached."""

FOLDER = PROJECT / "var" / "fuzz"


def main(arguments: list[str]) -> int:
    """Run the fuzzer or a replay; return 0 if nothing failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000, help="in all (default 100000)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--seed", type=int, help="of the first process (default: by chance)")
    parser.add_argument("--length", type=int, default=40, help="of a course at most")
    parser.add_argument("--documents", type=int, default=500, help="schemathesis, for each call")
    parser.add_argument("--replay", type=Path, help="do what such a file says")
    asked = parser.parse_args(arguments)
    logging.getLogger().setLevel(logging.INFO)
    logging.getLogger("flexapp").setLevel(logging.DEBUG)
    logging.getLogger().addHandler(logging.NullHandler())
    if asked.replay:
        return _replay(asked.replay)
    seed = secrets.randbelow(1_000_000) * 1000 if asked.seed is None else asked.seed
    print(f"seed {seed}", flush=True)
    began = time.monotonic()
    tally, failures, routes = _explore(asked.requests, asked.workers, seed, asked.length)
    for line in told(tally, routes):
        print(f"  {line}")
    print(f"  {time.monotonic() - began:.0f} s", flush=True)
    wrong = len(failures)
    for number, failure in enumerate(failures, 1):
        _write(failure, number)
    missed = routes - tally.entered.keys()
    if missed and asked.requests >= ENOUGH:
        print(f"WRONG: never reached: {', '.join(sorted(missed))}")
        wrong += 1
    if asked.documents:
        wrong += _documents(asked.documents)
    print("nothing was wrong" if not wrong else f"{wrong} things were WRONG", flush=True)
    return 1 if wrong else 0


def told(tally: Tally, routes: frozenset[str]) -> list[str]:
    """Return a summary of the counts as lines of text."""
    lines = [f"{tally.requests} requests, {tally.linted} of their pages linted"]
    for role in sorted({role for role, _ in tally.answers}):
        each = {status: n for (who, status), n in sorted(tally.answers.items()) if who == role}
        said = ", ".join(f"{n} × {status}xx" for status, n in each.items())
        lines.append(f"{role:8} {said}")
    lines.append(
        f"of {len(routes)} addresses with their methods {len(routes & tally.entered.keys())} were"
        f" reached, {len(routes & tally.done.keys())} with success"
    )
    never = sorted(routes - tally.done.keys())
    if never:
        lines.append(f"never with success: {', '.join(never)}")
    return lines


def _explore(
    requests: int, workers: int, seed: int, length: int
) -> tuple[Tally, list[Failure], frozenset[str]]:
    """Run all processes, with seeds so far apart that they never overlap."""
    tally, routes = Tally(), frozenset[str]()
    failures: dict[str, Failure] = {}
    if requests <= 0:
        return tally, [], routes
    with ProcessPoolExecutor(workers) as pool:
        shares = [requests // workers + (n < requests % workers) for n in range(workers)]
        seeds = [seed + n * 1_000_000 for n in range(workers)]
        for outcome in pool.map(worker, shares, seeds, [length] * workers):
            tally.add(outcome.tally)
            routes |= outcome.routes
            for failure in outcome.failures:
                failures.setdefault(failure.finding.signature, failure)
    return tally, list(failures.values()), routes


def _documents(examples: int) -> int:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        answers, wrong = documents.ask_everything(Path(folder), examples)
    print(
        f"  schemathesis: {answers.total()} requests to {len({c for c, _ in answers})} calls of"
        f" the documents, {time.monotonic() - began:.0f} s"
    )
    for sentence in wrong:
        print(f"WRONG: {sentence}")
    return len(wrong)


def _write(failure: Failure, number: int) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / f"{failure.seed}-{number}.json"
    file.write_text(to_json(failure.steps))
    print(f"WRONG: {failure.finding.signature}\n{failure.finding.sentence}", flush=True)
    _recipe(failure)
    print(f"  again: python -m tools.fuzz --replay {file.relative_to(PROJECT)}", flush=True)


def _recipe(failure: Failure) -> None:
    for step in failure.steps:
        print(f"    {step}".encode(errors="backslashreplace").decode())


def _replay(file: Path) -> int:
    thrift.begin()
    steps: Sequence = from_json(file.read_text())  # type: ignore[type-arg]
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        world = World(Path(folder))
        courses = Courses(world)
        courses.counting = False  # lint every page
        found = courses.run(steps)
        world.close()
    print("nothing was wrong" if found is None else f"{found.signature}\n{found.sentence}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
