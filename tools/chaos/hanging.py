"""Experiment: the tax bureau accepts requests but never answers; residents must not notice.

Two equal products run side by side: one with a working tax bureau and nothing to send, one with a
hanging tax bureau and a full outbox. Rounds alternate between them, so that other load on the
machine affects both.
"""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from flexapp.taxbureau.faults import Kind, Scope
from tools.bench import (
    load,
    prepare,
    serving,
)
from tools.bench.load import Expected
from tools.bench.prepare import Browser
from tools.chaos import books
from tools.chaos.result import Result
from tools.chaos.sender import working
from tools.chaos.site import TODAY, Site


@dataclass(frozen=True, slots=True)
class Extent:
    """The size of the experiment. `hang`: seconds that the tax bureau hangs on each call."""

    queued: int
    hang: float
    rounds: int
    requests: int
    looks: int
    """How often another writer takes the write lock, twenty times a second."""
    as_fast: float = 0.8
    """Minimum share of the normal request rate; the rest is measurement noise."""
    at_once: float = 0.5
    """Maximum seconds that another writer waits for the lock, however long the tax bureau hangs."""


LEASE = 60.0
CONNECTIONS = 4
PAGES = ("/", "/me", "/assessment/self", "/assessment/self/new")
RECOVERS_WITHIN = 180.0


def tax_bureau_silent(folder: Path, extent: Extent) -> Result:
    """Compare pages and 核定 of both products, and measure lock waits on the troubled one."""
    result = Result()
    calm, troubled = Site(folder / "calm"), Site(folder / "troubled")
    with ExitStack() as stack:
        for site in (calm, troubled):
            site.assessed(1)
            stack.enter_context(site.tax_bureau())
            stack.enter_context(_web(site))
        troubled.faults.switch_on(Kind.HANG, seconds=extent.hang, scope=Scope.ALL)
        serials = set(troubled.queued(extent.queued))
        with working(troubled.environ, lease=LEASE, count=2):
            _until_in_hand(troubled)
            _measure(result, calm, troubled, extent)
            waits = _lock_waits(troubled, extent.looks)
            worst = max(waits)
            result.lines.append(
                f"lock for another writer: median {statistics.median(waits) * 1000:.1f} ms,"
                f" worst {worst * 1000:.1f} ms of {len(waits)}"
            )
            result.require(worst < extent.at_once, f"a writer waited {worst:.2f} s for its lock")
            still = books.states(troubled, serials)["queued"]
            result.lines.append(
                f"{still} of {extent.queued} still queued after the last measurement"
            )
            result.require(bool(still), "the outbox was empty: nothing was shown")
            troubled.faults.switch_off()
            back = troubled.quiet_within(RECOVERS_WITHIN)
        result.lines.append(f"at rest {back:.0f} s after the tax bureau answered again")
        known = {str(s) for (s,) in troubled.ours("SELECT serial FROM outbox_message")}
        result.wrong += books.wrong(troubled, known)
    return result


@contextmanager
def _web(site: Site) -> Iterator[None]:
    """Run `python app.py` with its senders, as in the demo."""
    port = site.web_port
    environ = {**site.environ, "FLEXAPP_PORT": str(port)}
    log = site.folder / "web.log"
    with serving.serving(["app.py"], port, load.get("/healthz"), environ, log):
        yield


def _until_in_hand(site: Site) -> None:
    until = time.monotonic() + 30
    while not site.ours("SELECT 1 FROM outbox_message WHERE status = 'claimed'"):
        assert time.monotonic() < until, "no sender took anything in hand"
        time.sleep(0.05)


def _measure(result: Result, calm: Site, troubled: Site, extent: Extent) -> None:
    ratios = []
    for _ in range(extent.rounds):
        rates = [_pages(site, extent.requests, result) for site in (calm, troubled)]
        ratios.append(rates[1] / rates[0])
    ratio = statistics.median(ratios)
    result.lines.append(
        f"resident pages: {ratio:.2f} of the requests/s with the tax bureau in order"
        f" (rounds {', '.join(f'{each:.2f}' for each in ratios)})"
    )
    result.require(
        ratio >= extent.as_fast, f"pages are slower while the tax bureau hangs: {ratio:.2f}"
    )
    times = [_assess_times(site, 12, result) for site in (calm, troubled)]
    result.lines.append(
        f"核定: median {times[1] * 1000:.0f} ms, {times[0] * 1000:.0f} ms with it in order"
    )
    result.require(times[1] < times[0] * 2 + 0.05, f"核定 takes {times[1]:.2f} s meanwhile")


def _pages(site: Site, requests: int, result: Result) -> float:
    browser = site.browsers[0]
    wanted = [load.get(PAGES[n % len(PAGES)], cookie=browser.cookie) for n in range(requests)]
    outcome = load.run([site.web_port], wanted, connections=CONNECTIONS, expected=Expected())
    result.require(not outcome.failed, f"{outcome.failed} pages failed")
    return outcome.rate


def _assess_times(site: Site, count: int, result: Result) -> float:
    """Return the median time of `count` 核定 requests, each for one month of a new resident."""
    newcomer: Browser = prepare.residents(site.app, 1, first=20_000)[0]
    spent = []
    for month in range(1, count + 1):
        form = prepare.assessment_form(newcomer, year=int(TODAY[:4]), start=month, end=month)
        request = load.post("/assessment/self/new", form, cookie=newcomer.cookie)
        began = time.perf_counter()
        status = load.fetch(site.web_port, request).status
        spent.append(time.perf_counter() - began)
        result.require(status == 303, f"核定 answered {status}")
    return statistics.median(spent)


def _lock_waits(site: Site, times: int) -> list[float]:
    """Return the seconds that another program waits for the write lock, over some seconds."""
    waits = []
    with closing(sqlite3.connect(site.database, timeout=30, isolation_level=None)) as connection:
        for _ in range(times):
            began = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            waits.append(time.perf_counter() - began)
            connection.execute("ROLLBACK")
            time.sleep(0.05)
    return waits
