"""Circuit breaker for calls to the tax bureau, shared by all workers through one database row.

Two consecutive calls without an answer open it. While it is open, single calls with growing
intervals test whether the tax bureau is back. Messages stay unclaimed in the outbox, and the pages
of their assessments say why.
"""

from __future__ import annotations

import logging
import random
from datetime import datetime, timedelta

from flexapp.assessment import service as assessment
from flexapp.transmission import repository
from flexapp.transmission.repository import Link
from flexapp.web.clock import utcnow

log = logging.getLogger(__name__)

DOWN_AFTER = 2
DELIVERS_FOR = timedelta(minutes=10)
"""How long after a delivered message the tax bureau counts as able to accept others."""

PROBE_FIRST, PROBE_MOST = 2.0, 20.0
"""Seconds between calls while it is down. The interval doubles; jitter spreads the workers."""


def allows_call(link: Link, at: datetime) -> bool:
    """Return whether a call may be made now."""
    if link.paused_at is not None:
        return False
    if link.down_since is None or link.probe_at is None:
        return True
    return link.probe_at <= at or link.probe_at > at + repository.PUT_OFF_AT_MOST


def delivers(link: Link, at: datetime) -> bool:
    """Return whether the tax bureau accepted or refused a message recently.

    If it did, a message that it does not accept is itself at fault.
    """
    return link.settled_at is not None and at - link.settled_at <= DELIVERS_FOR


def record_failure() -> None:
    """Record a call without an answer, in the caller's transaction."""
    link, at = repository.link(), utcnow()
    failures = link.failures + 1
    values: dict[str, object] = {"failures": failures}
    if failures >= DOWN_AFTER:
        wait = min(PROBE_MOST, PROBE_FIRST * 2 ** min(failures - DOWN_AFTER, 10))
        values["probe_at"] = at + timedelta(seconds=wait * random.uniform(0.5, 1.0))  # noqa: S311
        if link.down_since is None:
            log.warning("the tax bureau does not answer")
            values["down_since"] = at
            assessment.hold_up_all(down=True)
    repository.update_link(**values)


def record_success() -> None:
    """Record that a message was accepted or refused, in the caller's transaction."""
    answered()
    repository.update_link(settled_at=utcnow())


def answered() -> None:
    """Record that a call was answered, in the caller's transaction.

    Closes the circuit breaker: waiting messages become due at once.
    """
    link = repository.link()
    if not link.failures and link.down_since is None:
        return
    if link.down_since is not None:
        log.warning("the tax bureau answers again")
        if link.paused_at is None:
            _send_on()
    repository.update_link(failures=0, down_since=None, probe_at=None)


def hold_back(*, by: str, reason: str, at: datetime) -> bool:
    """Pause sending for an officer, in the caller's transaction; False if already paused."""
    if repository.link().paused_at is not None:
        return False
    log.warning("nothing is sent to the tax bureau any more: held back by an officer")
    assessment.hold_up_all(down=True)
    repository.update_link(paused_at=at, paused_by=by, pause_reason=reason)
    return True


def resume() -> bool:
    """End the pause, in the caller's transaction; False if sending is not paused."""
    link = repository.link()
    if link.paused_at is None:
        return False
    log.warning("messages go to the tax bureau again")
    repository.update_link(paused_at=None, paused_by="", pause_reason="", probe_at=utcnow())
    if link.down_since is None:
        _send_on()
    return True


def _send_on() -> None:
    """Make waiting messages due now, and remove the notice from the pages of their assessments."""
    assessment.hold_up_all(down=False)
    repository.retry_all_now(utcnow())
