"""Experiment: responses are lost after the tax bureau's commit; each unknown must be resolved."""

from __future__ import annotations

from flexapp.taxbureau.faults import Kind, Scope
from tools.chaos import books
from tools.chaos.result import Result
from tools.chaos.sender import working
from tools.chaos.site import Site

LEASE = 60.0
WITHIN = 180.0
"""Seconds. A third of the queries is lost too, and each retry waits twice as long."""

OUTCOMES = """SELECT count(*), coalesce(sum(maybe_sent), 0), max(attempt)
    FROM outbox_message WHERE status IN ('done', 'dropped')"""


def answers_dropped(site: Site, messages: int, percent: int = 30) -> Result:
    """Send `messages` while `percent` of all responses are lost, with two senders."""
    result = Result()
    serials = set(site.queued(messages))
    site.faults.switch_on(Kind.DROP, percent=percent, scope=Scope.ALL)
    with working(site.environ, lease=LEASE, count=2):
        seconds = site.quiet_within(WITHIN)
    site.faults.switch_off()
    done, unknown, most = site.ours(OUTCOMES)[0]
    result.lines += [
        f"{messages} messages, {unknown} of them once unknown, {done} settled"
        f" after at most {most} tries, at rest after {seconds:.1f} s",
        f"states here: {dict(books.states(site, serials))};"
        f" records there: {site.theirs('SELECT count(*) FROM assessments')[0][0]}",
    ]
    result.require(bool(unknown), "no answer was lost: nothing was shown")
    states = books.states(site, serials)
    result.require(states["transmitted"] == messages, f"not all transmitted: {dict(states)}")
    result.wrong += books.wrong(site, serials)
    return result
