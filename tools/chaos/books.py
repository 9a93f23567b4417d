"""Consistency checks of the product's and the tax bureau's databases."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Set
from typing import Protocol

from flask import Flask

from flexapp.audit import verification
from flexapp.rules.periods import Month

RECEIVED = (
    "SELECT subject, count(*) FROM audit_event WHERE action = 'assessment.receive' GROUP BY 1"
)
HELD_MONTHS = """SELECT a.serial FROM assessment a
    LEFT JOIN assessed_month m ON m.assessment_id = a.id
    GROUP BY a.id HAVING count(m.month) != CASE a.state WHEN 'revoked' THEN 0 ELSE a.months END"""


LIVE = "SELECT person_id, start_month, months FROM assessment WHERE state != 'revoked'"
DISPATCHED = "SELECT serial FROM assessment WHERE state NOT IN ('assessed', 'revoked')"


UNTOLD = """SELECT a.serial FROM assessment a
    LEFT JOIN audit_event e ON e.subject = a.serial AND e.action = 'assessment.assess'
    GROUP BY a.id HAVING count(e.seq) != 1"""


class Ours(Protocol):
    """A product with direct read access to its database."""

    app: Flask

    def ours(self, query: str) -> list[tuple[object, ...]]:
        """Return the rows of a query on the product's database."""


class Books(ABC):
    """Direct read access to both databases of a service."""

    app: Flask
    """The product on the same database, for reading encrypted and audited data."""

    @abstractmethod
    def ours(self, query: str) -> list[tuple[object, ...]]:
        """Return the rows of a query on the product's database."""

    @abstractmethod
    def theirs(self, query: str) -> list[tuple[object, ...]]:
        """Return the rows of a query on the tax bureau's database."""

    def logged_faults(self) -> list[str]:
        """Return the unexpected errors in the service's logs, if they are available."""
        return []

    def open_messages(self) -> int:
        """Return the number of waiting and claimed outbox messages."""
        status = "SELECT count(*) FROM outbox_message WHERE status IN ('waiting', 'claimed')"
        return int(str(self.ours(status)[0][0]))

    def unsettled(self) -> int:
        """Return the number of open messages plus the number of assessments in 传输中."""
        queued = "SELECT count(*) FROM assessment WHERE state = 'queued'"
        return self.open_messages() + int(str(self.ours(queued)[0][0]))

    def quiet_within(self, seconds: float) -> float:
        """Wait until nothing is unsettled; return the seconds it took, at most `seconds`."""
        began = time.monotonic()
        while (passed := time.monotonic() - began) < seconds:
            if not self.unsettled():
                return passed
            time.sleep(0.1)
        return seconds


def states(site: Books, serials: set[str]) -> Counter[str]:
    """Return how many of these assessments are in each state."""
    rows = site.ours("SELECT serial, state FROM assessment")
    return Counter(str(state) for serial, state in rows if serial in serials)


def wrong(site: Books, serials: Set[str]) -> list[str]:
    """Return violated invariants of the transmitted assessments, one sentence per kind.

    Each assessment must be either transmitted, with one record and one receipt at the tax bureau
    and one audit event here; or revoked here and unknown at the tax bureau.
    """
    ours = {str(s): str(state) for s, state in site.ours("SELECT serial, state FROM assessment")}
    theirs = Counter(str(s) for (s,) in site.theirs("SELECT serial FROM assessments"))
    feed = Counter(
        str(s) for (s,) in site.theirs("SELECT serial FROM changes WHERE event = 'received'")
    )
    events = {str(s): n for s, n in site.ours(RECEIVED)}
    sent = {serial for serial in serials if ours[serial] == "transmitted"}
    revoked = {serial for serial in serials if ours[serial] == "revoked"}
    found = {
        "neither transmitted nor revoked": serials - sent - revoked,
        "transmitted, not exactly one record there": {s for s in sent if theirs[s] != 1},
        "transmitted, not taken in exactly once there": {s for s in sent if feed[s] != 1},
        "transmitted, not exactly one event of it here": {s for s in sent if events.get(s) != 1},
        "revoked here and known there": {s for s in revoked if theirs[s] or feed[s]},
        "revoked here with an event of its receipt": {s for s in revoked if s in events},
        "known there and never transmitted": set(theirs) - serials,
    }
    sentences = _sentences(found)
    if site.unsettled():
        sentences.append(f"{site.unsettled()} messages or assessments still wait")
    return sentences + always_wrong(site)


def always_wrong(site: Ours) -> list[str]:
    """Return violations of the invariants that hold at every moment, one sentence per kind."""
    sentences = _sentences(
        {
            "months held that should be free, or the other way round": {
                str(s) for (s,) in site.ours(HELD_MONTHS)
            },
            "assessed, not exactly one event of it": {str(s) for (s,) in site.ours(UNTOLD)},
        }
    )
    with site.app.app_context():
        verdict = verification.verify()
        broken = verdict.faults + verdict.rows
    if broken:
        sentences.append(f"the chain of audit events: {'; '.join(broken)}")
    return sentences


def _sentences(found: Mapping[str, Set[str]]) -> list[str]:
    return [f"{what}: {len(these)}, {min(these)} first" for what, these in found.items() if these]


def broken_promises(
    site: Books, *, assessed: Set[tuple[int, str]], transmitted: Set[str]
) -> list[str]:
    """Return confirmed actions that are missing in the database, and everything that `wrong` finds.

    `assessed`: (person, month) with a success page; `transmitted`: serials with a confirmed 传输.
    """
    rows = Counter(
        (int(str(person)), str(Month.parse(str(start)).plus(number)))
        for person, start, months in site.ours(LIVE)
        for number in range(int(str(months)))
    )
    dispatched = {str(serial) for (serial,) in site.ours(DISPATCHED)}
    found = {
        "months of a success page without a row": assessed - rows.keys(),
        "months in two live assessments": {each for each, number in rows.items() if number > 1},
        "serials whose transmission was confirmed and is not on its way": transmitted - dispatched,
    }
    sentences = [
        f"{what}: {len(these)}, {min(these)} first"  # type: ignore[type-var]
        for what, these in found.items()
        if these
    ]
    return sentences + wrong(site, dispatched)
