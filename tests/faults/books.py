"""Whether both books are right when everything has come to rest."""

from __future__ import annotations

from collections import Counter

from flexapp.audit import verifying
from tests.faults.site import Site

RECEIVED = (
    "SELECT subject, count(*) FROM audit_event WHERE action = 'assessment.receive' GROUP BY 1"
)
HELD_MONTHS = """SELECT a.serial FROM assessment a
    LEFT JOIN assessed_month m ON m.assessment_id = a.id
    GROUP BY a.id HAVING count(m.month) != CASE a.state WHEN 'revoked' THEN 0 ELSE a.months END"""


def states(site: Site, serials: set[str]) -> Counter[str]:
    """How many of these assessments are in each state."""
    rows = site.ours("SELECT serial, state FROM assessment")
    return Counter(str(state) for serial, state in rows if serial in serials)


def wrong(site: Site, serials: set[str]) -> list[str]:
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
        "months held that should be free, or the other way round": {
            str(s) for (s,) in site.ours(HELD_MONTHS)
        },
    }
    sentences = [
        f"{what}: {len(these)}, {min(these)} first" for what, these in found.items() if these
    ]
    if site.unsettled():
        sentences.append(f"{site.unsettled()} messages or assessments still wait")
    with site.app.app_context():
        broken = verifying.verify().faults
    if broken:
        sentences.append(f"the chain of audit events: {'; '.join(broken)}")
    return sentences
