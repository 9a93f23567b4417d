"""Whether the tax bureau can be reached: noticed by the senders, seen by everybody.

Two calls in a row without an answer mean that it is down. From then on one call now and then asks
whether it is back; the messages stay with us, not taken in hand, and their pages say why.
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
"""How long after it took a message the tax bureau counts as able to take others."""

PROBE_FIRST, PROBE_MOST = 2.0, 20.0
"""Seconds between calls while it is down: doubling, and with jitter so that workers spread out."""


def allows_call(link: Link, at: datetime) -> bool:
    """Whether a call is allowed, and worth it, now."""
    if link.paused_at is not None:
        return False
    if link.down_since is None or link.probe_at is None:
        return True
    return link.probe_at <= at or link.probe_at > at + repository.PUT_OFF_AT_MOST


def delivers(link: Link, at: datetime) -> bool:
    """Whether it takes messages: then one that it does not take is to blame itself."""
    return link.settled_at is not None and at - link.settled_at <= DELIVERS_FOR


def record_failure() -> None:
    """A call had no answer. In the caller's transaction."""
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
    """A message was taken or refused. In the caller's transaction."""
    answered()
    repository.update_link(settled_at=utcnow())


def answered() -> None:
    """A call was answered: what was held up goes out at once. In the caller's transaction."""
    link = repository.link()
    if not link.failures and link.down_since is None:
        return
    if link.down_since is not None:
        log.warning("the tax bureau answers again")
        if link.paused_at is None:
            _send_on()
    repository.update_link(failures=0, down_since=None, probe_at=None)


def hold_back(*, by: str, reason: str, at: datetime) -> bool:
    """An officer holds everything back; False where that is so already. In the caller's
    transaction."""
    if repository.link().paused_at is not None:
        return False
    log.warning("nothing is sent to the tax bureau any more: held back by an officer")
    assessment.hold_up_all(down=True)
    repository.update_link(paused_at=at, paused_by=by, pause_reason=reason)
    return True


def resume() -> bool:
    """What was held back by an officer goes out; False where nothing was. In the caller's
    transaction."""
    link = repository.link()
    if link.paused_at is None:
        return False
    log.warning("messages go to the tax bureau again")
    repository.update_link(paused_at=None, paused_by="", pause_reason="", probe_at=utcnow())
    if link.down_since is None:
        _send_on()
    return True


def _send_on() -> None:
    """What waited goes out at once, and its pages do not say any more that it waits."""
    assessment.hold_up_all(down=False)
    repository.hurry(utcnow())
