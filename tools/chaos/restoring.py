"""Experiment: an old backup is restored; reconciliation comes first and nothing is sent twice."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from flexapp.db.session import db
from flexapp.taxbureau import beijing_now
from flexapp.taxbureau.states import Move
from flexapp.taxbureau.store import Store
from flexapp.transmission.gateway import Accepted, Listing, TaxRefused
from flexapp.transmission.outbox_worker import Sender, gateway
from tools.chaos.result import Result
from tools.chaos.sender import working
from tools.chaos.site import Site

RECEIPTS = "SELECT count(*), count(DISTINCT serial) FROM history WHERE what = 'receive'"

AGREE = {
    ("transmitted", "received"),
    ("paid", "paid"),
    ("tax_revoked", "revoked"),
}


class Watched:
    """The real gateway, recording its calls in order."""

    def __init__(self, real: object) -> None:
        self._real = real
        self.submitted: Counter[str] = Counter()
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    def listing(self, after: int, limit: int) -> Listing:
        """Record the call and forward it."""
        self.calls.append("listing")
        found: Listing = self._real.listing(after, limit)  # type: ignore[attr-defined]
        return found

    def submit(self, serial: str, content: str) -> Accepted | TaxRefused:
        """Record the call and forward it."""
        self.calls.append("submit")
        self.submitted[serial] += 1
        found: Accepted | TaxRefused = self._real.submit(  # type: ignore[attr-defined]
            serial, content
        )
        return found


def old_backup(site: Site, each: int) -> Result:
    """Restore a backup after the tax bureau went on, with `each` assessments of six kinds.

    The kinds: settled before the backup; paid after it; revoked after it; waiting in it and sent
    after it; created before and transmitted after it; created after it.
    """
    result, backup = Result(), site.folder / "backup.sqlite3"
    with site.tax_bureau():
        with working(site.environ, lease=60):
            done, paid, revoked = (site.queued(each) for _ in range(3))
            site.quiet_within(60)
        waiting, assessed = site.queued(each), site.assessed(each)
        _copy(site.database, backup)
        for serial in assessed:
            site.transmit(serial)
        site.leave_rest()
        unknown = site.queued(each)
        with site.product(), working(site.environ, lease=60):
            site.quiet_within(60)
            clerk = Store(site.tax_database, beijing_now)
            for serial in paid:
                clerk.move(serial, Move.PAY)
            for serial in revoked:
                clerk.move(serial, Move.REVOKE, "单位已代缴")
            _until_told(site)
        held = {str(serial) for (serial,) in site.theirs("SELECT serial FROM assessments")}
        _put_back(site, backup)
        still_waiting = site.open_messages()
        watched = Watched(gateway(site.app))
        sender = Sender(watched)  # type: ignore[arg-type]
        with site.app.app_context():
            for _ in range(10):
                sender.round()
    again = {serial for serial in watched.submitted if serial in held}
    states = _by_serial(site.ours("SELECT serial, state FROM assessment"))
    theirs = _by_serial(site.theirs("SELECT serial, state FROM assessments"))
    pairs = Counter((states.get(serial, "unknown"), state) for serial, state in theirs.items())
    receipts = site.theirs(RECEIPTS)
    left = {str(serial) for (serial,) in site.ours("SELECT serial FROM tax_finding")}
    again_here = {serial for serial in map(str, unknown) if serial in states}
    result.lines += [
        f"{len(held)} at the tax bureau; in the backup {still_waiting} still waited to be sent",
        f"calls in order: {watched.calls[0]} first, then {dict(Counter(watched.calls[1:]))}",
        f"sent again though known there: {len(again)}; (ours, theirs) afterwards: {dict(pairs)}",
        f"lost here and made again from our messages: {len(again_here)} of {len(unknown)}",
    ]
    result.require(watched.calls[0] == "listing", "something was sent before comparing")
    result.require(not again, f"sent again: {sorted(again)[:3]}")
    result.require(receipts == [(len(held), len(held))], f"receipts there: {receipts}")
    result.require(still_waiting >= each, "the backup held nothing to be sent: nothing was shown")
    known = {serial for serial in theirs if serial in states}
    differ = {s for s in known if (states[s], theirs[s]) not in AGREE}
    result.require(not differ, f"the books differ: {sorted(map(str, differ))[:3]}")
    result.require(len(again_here) == len(unknown), f"lost: {set(map(str, unknown)) - again_here}")
    # The end of the audit chain sent since the backup is missing; an officer has to explain it.
    result.require(left == {"audit chain"}, f"left for a person: {sorted(left)[:3]}")
    result.require(not site.open_messages(), f"{site.open_messages()} messages still wait")
    result.require(
        {str(states[s]) for s in (*done, *waiting, *assessed)} == {"transmitted"},
        "what was only transmitted is something else now",
    )
    return result


def _by_serial(rows: list[tuple[object, ...]]) -> dict[str, str]:
    return {str(serial): str(state) for serial, state in rows}


def _until_told(site: Site) -> None:
    until = time.monotonic() + 60
    while not site.all_told():
        assert time.monotonic() < until, "the tax bureau does not tell"
        time.sleep(0.1)


def _copy(source: Path, target: Path) -> None:
    """Take an online backup as an operator would."""
    with closing(sqlite3.connect(source)) as ours, closing(sqlite3.connect(target)) as copy:
        ours.backup(copy)


def _put_back(site: Site, backup: Path) -> None:
    with site.app.app_context():
        db.engine.dispose()
    for ending in ("-wal", "-shm"):
        site.database.with_name(site.database.name + ending).unlink(missing_ok=True)
    shutil.copyfile(backup, site.database)
