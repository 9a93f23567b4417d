"""Experiments on several nodes with PostgreSQL: residents work while parts are killed."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import MappingProxyType

import httpx
import psycopg

from flexapp.config import load
from flexapp.factory import create_app
from tests.support.at_once import at_once
from tools.bench import prepare
from tools.chaos import altered, books
from tools.chaos.books import Books
from tools.chaos.crowd import FORM, Crowd
from tools.chaos.result import Result
from tools.cluster.cluster import (
    DATABASE,
    Cluster,
    started,
)

TODAY = "2026-11-24"
YEAR = 2026
RESIDENTS = 8
SETTLED_WITHIN = 150.0
"""Seconds. The claim of a dead sender is taken over after a minute."""
MANY = 32
NOTHING: Mapping[str, str] = MappingProxyType({})


class ClusterBooks(Books):
    """Access to a cluster's databases; the tax bureau's is a SQLite file."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.app = create_app(load(cluster.environ))

    def ours(self, query: str) -> list[tuple[object, ...]]:
        """Return the rows of a query on the product's database."""
        address = self.cluster.database.address(DATABASE)
        with psycopg.connect(address, autocommit=True) as connection:
            return connection.execute(query.encode()).fetchall()

    def logged_faults(self) -> list[str]:
        """Return the most frequent errors in the nodes' logs."""
        lines = [
            json.loads(line)
            for log in self.cluster.folder.glob("node-*.log")
            for line in log.read_text().splitlines()
            if line.startswith("{") and '"level": "ERROR"' in line
        ]
        told = Counter(
            f"{line['message']}: {str(line.get('fault')).splitlines()[-1][:200]}" for line in lines
        )
        return [f"logged {number} times: {what}" for what, number in told.most_common(10)]

    def theirs(self, query: str) -> list[tuple[object, ...]]:
        """Return the rows of a query on the tax bureau's database."""
        with closing(sqlite3.connect(self.cluster.tax_database, timeout=10)) as connection:
            return connection.execute(query).fetchall()


@contextmanager
def a_cluster(
    environ: Mapping[str, str] = NOTHING, *, parent: Path | None = None
) -> Iterator[ClusterBooks]:
    """Run a cluster for one or several experiments.

    `environ`: variables of `altered.py`; without them, the normal product is served. `parent`: the
    folder for PostgreSQL's files.
    """
    wrapped = altered.__name__ if environ else None
    with started(today=TODAY, parent=parent, wrapped=wrapped, environ=environ) as cluster:
        yield ClusterBooks(cluster)


def database_ended(site: ClusterBooks, times: int) -> Result:
    """Crash and restart PostgreSQL while residents work."""

    def strike() -> None:
        server = site.cluster.database
        time.sleep(random.uniform(0.5, 1.5))
        server.end_immediately()
        time.sleep(random.uniform(0.1, 1.0))
        server.start()

    return _under(site, strike, times, "PostgreSQL ended and started")


def nodes_killed(site: ClusterBooks, times: int) -> Result:
    """Kill and restart the nodes in turn while they handle requests."""
    nodes, struck = site.cluster.nodes, iter(range(times))

    def strike() -> None:
        node = nodes[next(struck) % len(nodes)]
        time.sleep(random.uniform(0.3, 1.0))
        node.kill()
        time.sleep(random.uniform(0.1, 0.5))
        node.start()

    result = _under(site, strike, times, "nodes killed behind nginx")
    lines = [json.loads(line) for line in _access_log(site.cluster).splitlines()]
    twice = [line for line in lines if line["method"] == "POST" and _begun(line) > 1]
    result.lines.append(
        f"{len(lines)} requests through nginx; forms given to two nodes: {len(twice)}"
    )
    result.require(not twice, f"a form was given to two nodes: {twice[:1]}")
    return result


def same_form_at_once(site: ClusterBooks, rounds: int) -> Result:
    """Post 32 identical forms, then 32 overlapping ones, at the same moment to both nodes."""
    result = Result()
    people = prepare.residents(site.app, 2 * rounds, first=9000)
    outcomes: dict[str, list[tuple[int, ...]]] = {"identical": [], "overlapping": []}
    for number, browser in enumerate(people):
        if number % 2:
            kind, starts = "overlapping", [each % 6 + 1 for each in range(MANY)]
            forms = [
                prepare.assessment_form(browser, year=YEAR, start=start, end=6) for start in starts
            ]
        else:
            kind = "identical"
            forms = [prepare.assessment_form(browser, year=YEAR, start=1, end=6)] * MANY
        outcomes[kind].append(_posted_at_once(site.cluster, browser.cookie, forms))
    result.require(
        set(outcomes["identical"]) == {(303,) * MANY}, f"identical: {outcomes['identical']}"
    )
    result.require(
        set(outcomes["overlapping"]) == {(303,) + (422,) * (MANY - 1)},
        f"overlapping: {outcomes['overlapping']}",
    )
    made = site.ours(
        "SELECT person_id, count(*) FROM assessment WHERE person_id IN"
        f" (SELECT person_id FROM account ORDER BY id DESC LIMIT {2 * rounds}) GROUP BY 1"
    )
    result.require(
        sorted(int(str(number)) for _, number in made) == [1] * (2 * rounds),
        f"assessments a person: {made}",
    )
    result.lines.append(
        f"{rounds} times {MANY} identical forms: one assessment each, all led to it;"
        f" {rounds} times {MANY} overlapping ones: one assessed, {MANY - 1} told why not"
    )
    result.wrong += books.broken_promises(site, assessed=set(), transmitted=set())
    return result


def _posted_at_once(cluster: Cluster, cookie: str, forms: list[dict[str, str]]) -> tuple[int, ...]:
    """Post the forms at the same moment; return the sorted statuses."""
    statuses: list[int] = []

    def post(number: int) -> None:
        # Directly to the nodes: nginx would rate-limit so many requests from one address.
        port = cluster.node_ports[number % len(cluster.node_ports)]
        answer = httpx.post(
            f"http://127.0.0.1:{port}{FORM}",
            data=forms[number],
            cookies={"session": cookie},
            timeout=40,
            verify=False,  # plain HTTP; creating a TLS context takes long
        )
        statuses.append(answer.status_code)

    at_once(len(forms), post)
    return tuple(sorted(statuses))


def soak(site: ClusterBooks, seconds: float) -> Result:
    """Let residents work for a while and watch the memory and open files of every process."""
    result = Result()
    seen: dict[str, list[tuple[int, int]]] = {}
    crowd = crowd_of(site)
    with crowd.at_work():
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(seconds / 20)
            for part in site.cluster.parts:
                seen.setdefault(part.name, []).append(_weight(part.pid))
    for name, weights in seen.items():
        # The first quarter fills caches and pools.
        rest = weights[len(weights) // 4 :]
        memory, files = [each[0] for each in rest], [each[1] for each in rest]
        result.lines.append(
            f"{name}: {memory[0] / 1024:.0f} to {memory[-1] / 1024:.0f} MB,"
            f" {min(files)} to {max(files)} open files"
        )
        result.require(memory[-1] <= memory[0] * 1.15 + 8 * 1024, f"{name} grew: {memory} kB")
        result.require(max(files) <= files[0] + 40, f"{name} holds more and more files: {files}")
    conclude(site, crowd, result)
    return result


def _under(site: ClusterBooks, strike: Callable[[], None], times: int, what: str) -> Result:
    """Call `strike` repeatedly while residents work; then the service must recover."""
    result, crowd = Result(), crowd_of(site)
    with crowd.at_work() as kept:
        for _ in range(times):
            strike()
        before = len(kept.assessed)
        until = time.monotonic() + 20
        while len(kept.assessed) < before + RESIDENTS and time.monotonic() < until:
            time.sleep(0.1)
        result.require(len(kept.assessed) > before, "nobody got on afterwards")
    result.lines.append(f"{times} times: {what}")
    conclude(site, crowd, result)
    return result


def crowd_of(site: ClusterBooks) -> Crowd:
    """Return residents who use nginx; different ones on each call."""
    ((accounts,),) = site.ours("SELECT count(*) FROM account")
    return Crowd(
        site.app, site.cluster.browser, size=RESIDENTS, year=YEAR, first=100 + int(str(accounts))
    )


def conclude(site: Books, crowd: Crowd, result: Result) -> None:
    """Wait until everything is settled, report what was done, and check the invariants."""
    took = site.quiet_within(SETTLED_WITHIN)
    result.lines.append(f"everything at rest after {took:.1f} s")
    result.require(took < SETTLED_WITHIN, "it did not come to rest")
    kept = crowd.kept
    if kept.faults:
        result.lines += site.logged_faults()
    result.lines.append(
        f"promised and kept: {len(kept.assessed)} months assessed,"
        f" {len(kept.transmitted)} transmitted; slowest answer {kept.slowest:.1f} s"
    )
    result.lines.append(f"answers: {dict(sorted(kept.answers.items()))}")
    result.wrong += sorted(set(kept.faults))
    result.require(bool(kept.assessed and kept.transmitted), "nothing was done: no experiment")
    result.wrong += books.broken_promises(
        site, assessed=kept.assessed, transmitted=kept.transmitted
    )


def _access_log(cluster: Cluster) -> str:
    return (cluster.folder / "nginx" / "access.log").read_text()


def _begun(line: Mapping[str, object]) -> int:
    """Count the nodes that may have started the request, that is, did not refuse the connection."""
    # nginx logs 502 for a node that refused the connection, then tries the next node.
    statuses = str(line["node_status"]).split(", ")
    return sum(status != "502" for status in statuses)


def _weight(pid: int) -> tuple[int, int]:
    """Return memory (kB) and open files of a process and all its descendants."""
    memory = files = 0
    for each in (pid, *_children(pid)):
        try:
            status = Path(f"/proc/{each}/status").read_text()
            files += len(list(Path(f"/proc/{each}/fd").iterdir()))
        except OSError:
            continue  # ended meanwhile
        memory += int(status.partition("VmRSS:")[2].split()[0])
    return memory, files


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *_children(child)]
    return found
