"""Experiment: senders are killed at exact points, and at random under load."""

from __future__ import annotations

import contextlib
import random
import signal
import threading
import time
from collections import Counter
from multiprocessing.connection import Connection

from flexapp.assessment import service as assessment
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move
from flexapp.taxbureau.faults import Kind
from flexapp.web.clock import now
from flexapp.web.unit_of_work import write_transaction
from tools.chaos import books
from tools.chaos.result import Result
from tools.chaos.sender import (
    TAKEN,
    Plan,
    Point,
    start,
    working,
)
from tools.chaos.site import Site, owner

LEASE = 2.0
"""Seconds that a claim of these senders is valid."""
GRACE = 30.0
"""Seconds beyond the lease after which a message counts as stuck."""
DIES_WITHIN = 30.0
SENDERS = 3
IN_HAND = 30
"""Maximum number of waiting messages while senders are killed at random."""


def at_points(site: Site, kills: int) -> Result:
    """Kill `kills` senders at each point; then a healthy sender must settle everything."""
    result, serials = Result(), set[str]()
    for point in Point:
        died = 0
        for _ in range(kills):
            fresh = site.assessed(random.randint(2, 4))
            serials.update(fresh)
            own = point is Point.COMMITTED
            if not own:
                for serial in fresh:
                    site.transmit(serial)
            occasion = {Point.COMMITTED: len(fresh), Point.CLAIMED: 1}.get(
                point, random.randint(1, len(fresh))
            )
            hand_in = tuple(fresh) if own else ()
            process, _begins = start(Plan(site.environ, LEASE, point, occasion, hand_in))
            process.join(DIES_WITHIN)
            died += process.exitcode == -signal.SIGKILL
            if process.is_alive():
                process.kill()
        result.require(died == kills, f"{point.value}: {died} killed of {kills}")
        result.lines.append(f"{point.value}: {died} killed")
        # Make the dead senders' messages due first, with expired leases. The healthy sender then
        # asks the tax bureau itself instead of learning the result from an event.
        site.put_off_waiting()
        time.sleep(LEASE)
        _come_to_rest(site, serials, result)
    return result


def at_random(site: Site, kills: int, *, race: bool = True) -> Result:
    """Kill `kills` of several senders while one thread transmits and another one revokes.

    `race`: require that 撤销 both succeeded and was refused.
    """
    result, serials, stop = Result(), set[str](), threading.Event()
    outcomes: Counter[str] = Counter()
    site.faults.switch_on(Kind.SLOW, seconds=0.05)
    people = [
        threading.Thread(target=_transmit_on, args=(site, serials, stop)),
        threading.Thread(target=_revoke_at_random, args=(site, serials, stop, outcomes)),
    ]
    for thread in people:
        thread.start()
    try:
        killed, in_hand = _kill_at_random(site, kills)
    finally:
        stop.set()
        for thread in people:
            thread.join()
        site.faults.switch_off()
    result.lines.append(
        f"{killed} killed, {in_hand} of them with a message in hand;"
        f" {len(serials)} transmitted by people meanwhile"
    )
    result.lines.append(f"撤销 pressed {outcomes.total()} times: {dict(outcomes)}")
    if killed != kills:
        result.wrong.append(f"{kills - killed} senders ended by themselves")
    if race and not (outcomes["revoked"] and outcomes.total() > outcomes["revoked"]):
        result.wrong.append(f"the race for 撤销 had one outcome only: {dict(outcomes)}")
    _come_to_rest(site, serials, result)
    until = time.monotonic() + GRACE
    while not site.all_told() and time.monotonic() < until:
        time.sleep(0.2)
    told = {str(a): n for a, n in site.ours("SELECT outcome, count(*) FROM tax_event GROUP BY 1")}
    result.lines.append(f"events told by the tax bureau meanwhile: {told}")
    result.require(site.all_told(), "the tax bureau still has something to tell")
    return result


def _come_to_rest(site: Site, serials: set[str], result: Result) -> None:
    """Run a healthy sender until nothing is open; then both databases must be consistent."""
    left, again_before = site.open_messages(), _taken_up_again(site)
    with working(site.environ, lease=LEASE):
        seconds = site.quiet_within(LEASE + GRACE)
    result.wrong += books.wrong(site, serials)
    result.lines += [
        f"  {left} messages left open, at rest after {seconds:.1f} s (at most"
        f" {LEASE + GRACE:.0f}), {_taken_up_again(site) - again_before} taken up from the dead",
        f"  {len(serials)} so far: {dict(books.states(site, serials))};"
        f" at the tax bureau: {site.theirs('SELECT count(*) FROM assessments')[0][0]}",
    ]


def _taken_up_again(site: Site) -> int:
    again = "SELECT count(*) FROM outbox_message WHERE attempt > 1"
    return int(str(site.ours(again)[0][0]))


def _kill_at_random(site: Site, kills: int) -> tuple[int, int]:
    """Keep senders running and kill them in turn; return the kills, and those with a claim."""
    killed = in_hand = 0
    plan = Plan(site.environ, LEASE, compares=True, tells=True)
    running = [start(plan) for _ in range(SENDERS)]
    for number in range(kills):
        process, begins = running.pop(0)
        if begins.poll(DIES_WITHIN):
            begins.recv()
        time.sleep(random.uniform(0, 0.5))
        process.kill()
        process.join(DIES_WITHIN)
        killed += process.exitcode == -signal.SIGKILL
        in_hand += _last_said(begins) == TAKEN
        if number < kills - SENDERS:
            running.append(start(plan))
    for process, _begins in running:
        process.kill()
        process.join(DIES_WITHIN)
    return killed, in_hand


def _last_said(begins: Connection) -> object:
    """Return the last object that a dead process sent."""
    said: object = None
    with contextlib.suppress(EOFError):
        while begins.poll():
            said = begins.recv()
    return said


def _transmit_on(site: Site, serials: set[str], stop: threading.Event) -> None:
    while not stop.is_set():
        if site.open_messages() < IN_HAND:
            (serial,) = site.assessed(1)
            serials.add(serial)
            site.transmit(serial)
        else:
            stop.wait(0.02)


def _revoke_at_random(
    site: Site, serials: set[str], stop: threading.Event, outcomes: Counter[str]
) -> None:
    """Revoke (撤销) random assessments that were just transmitted."""
    with site.app.app_context():
        while not stop.wait(random.uniform(0, 0.4)):
            newest = site.ours("SELECT serial FROM assessment WHERE state = 'queued' LIMIT 20")
            mine = [str(serial) for (serial,) in newest if serial in serials]
            if mine:
                outcomes[revoke(random.choice(mine))] += 1


def revoke(serial: str) -> str:
    """Revoke as the page does; return "revoked" or the reason of the refusal."""
    with write_transaction():
        record = assessment.find(serial)
        assert record is not None
        moved = assessment.transition(
            record=record, move=Move.REVOKE, actor=owner(record.made_by), at=now()
        )
    return moved.reason if isinstance(moved, Refusal) else "revoked"
