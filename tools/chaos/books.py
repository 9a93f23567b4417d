"""Whether both books are right when everything has come to rest."""

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
    """A product, and what another program sees in its database."""

    app: Flask

    def ours(self, query: str) -> list[tuple[object, ...]]:
        """The rows of a query."""


class Books(ABC):
    """Both books of a service, as another program sees them."""

    app: Flask
    """The product on the same database, for what only it can read."""

    @abstractmethod
    def ours(self, query: str) -> list[tuple[object, ...]]:
        """What the product's database holds."""

    @abstractmethod
    def theirs(self, query: str) -> list[tuple[object, ...]]:
        """What the tax bureau's database holds."""

    def logged_faults(self) -> list[str]:
        """What the service said of what it had not expected, as far as it is known here."""
        return []

    def open_messages(self) -> int:
        """How many messages still wait or are in hand."""
        status = "SELECT count(*) FROM outbox_message WHERE status IN ('waiting', 'claimed')"
        return int(str(self.ours(status)[0][0]))

    def unsettled(self) -> int:
        """How many messages still wait, and assessments still are 传输中."""
        queued = "SELECT count(*) FROM assessment WHERE state = 'queued'"
        return self.open_messages() + int(str(self.ours(queued)[0][0]))

    def quiet_within(self, seconds: float) -> float:
        """Wait until nothing is unsettled; the seconds it took, or all of them if it never was."""
        began = time.monotonic()
        while (passed := time.monotonic() - began) < seconds:
            if not self.unsettled():
                return passed
            time.sleep(0.1)
        return seconds


def states(site: Books, serials: set[str]) -> Counter[str]:
    """How many of these assessments are in each state."""
    rows = site.ours("SELECT serial, state FROM assessment")
    return Counter(str(state) for serial, state in rows if serial in serials)


def wrong(site: Books, serials: Set[str]) -> list[str]:
    """What does not hold of the assessments that were transmitted: one sentence for each kind.

    Each is transmitted, with one record there, one receipt there and one event here; or revoked
    here, and unknown there.
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
    """What does not hold, of what holds at every moment: one sentence for each kind."""
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
    """What people were told that is not so: one sentence for each kind, and what `wrong` finds.

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
