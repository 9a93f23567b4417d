"""Experiment: each event of the tax bureau is delivered many times; it must have one effect."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx

from flexapp.transmission.protocol import EVENTS, HEADER
from tests.support.tax import event, event_signature
from tools.chaos.result import Result
from tools.chaos.sender import working
from tools.chaos.site import Site

THREADS = 16
COURSE = ("received", "paid")

MOVES = """SELECT action, count(*) FROM audit_event
    WHERE action IN ('assessment.receive', 'assessment.pay') GROUP BY 1"""


def many_times_at_once(site: Site, serials: int, times: int) -> Result:
    """Deliver receipt and payment of `serials` assessments `times` times each, shuffled.

    The stand-in delivers no events itself: while it runs, the product does not listen.
    """
    result = Result()
    sent = site.queued(serials)
    with site.tax_bureau(), working(site.environ, lease=60):
        site.quiet_within(60)
    events = [event(serial, name, n) for serial in sent for n, name in enumerate(COURSE, 1)]
    deliveries = [each for each in events for _ in range(times)]
    random.shuffle(deliveries)
    local = threading.local()

    def deliver(told: dict[str, object]) -> str:
        if not hasattr(local, "client"):
            local.client = httpx.Client(
                base_url=f"http://127.0.0.1:{site.web_port}", timeout=60, trust_env=False
            )
        body = json.dumps(told).encode()
        headers = {HEADER: event_signature(body), "Content-Type": "application/json"}
        answer = local.client.post(EVENTS, content=body, headers=headers)
        return str(answer.status_code)

    with site.product(), ThreadPoolExecutor(THREADS) as pool:
        answers = Counter(pool.map(deliver, deliveries))
    moves = {str(action): count for action, count in site.ours(MOVES)}
    kept = site.ours("SELECT count(*) FROM tax_event")[0][0]
    result.lines += [
        f"{len(events)} events, {times} deliveries each, {THREADS} at a time: {dict(answers)}",
        f"audit events: {moves}; events kept: {kept}",
    ]
    result.require(answers == {"200": len(deliveries)}, f"not all answered 200: {dict(answers)}")
    result.require(
        moves == {"assessment.receive": serials, "assessment.pay": serials},
        f"not one transition each: {moves}",
    )
    result.require(kept == len(events), f"{kept} events kept")
    paid = site.ours("SELECT count(*) FROM assessment WHERE state = 'paid'")[0][0]
    result.require(paid == serials, f"{paid} paid of {serials}")
    return result
