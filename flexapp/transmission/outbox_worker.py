"""The outbox worker: a process (`flask transmission work`) or, in the demo, a thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask, current_app
from joserfc.jwk import KeySet

from flexapp import signing
from flexapp.config import Settings
from flexapp.services import services_of
from flexapp.transmission import (
    chain_ends,
    circuit_breaker,
    repository,
)
from flexapp.transmission.delivery import work_once
from flexapp.transmission.gateway import TaxGateway, TaxUnreachable
from flexapp.transmission.reconciliation import Finding, catch_up
from flexapp.web.clock import utcnow
from flexapp.web.unit_of_work import read_transaction, write_transaction

log = logging.getLogger(__name__)

PAUSE = 1.0
"""Seconds between checks of an outbox with nothing due."""

SEEN_EVERY = timedelta(seconds=30)
"""How often a worker updates `sender_seen_at`; more often would be needless writes."""

COMPARE_EVERY = timedelta(minutes=5)
"""How often any worker compares the changes at the tax bureau, to find those without an event."""


def gateway(app: Flask) -> TaxGateway:
    """Return the gateway to the tax bureau of this application."""
    return services_of(app).tax


def own_keys() -> KeySet:
    """Return every key that we sign or have signed messages with."""
    settings: Settings = current_app.config["SETTINGS"]
    return signing.known_set(settings.signing_keys)


class Sender:
    """One worker.

    It compares changes at the tax bureau before it sends anything: our database may be a restored
    older copy that does not know what was already sent.
    """

    def __init__(self, gateway: TaxGateway) -> None:
        self._gateway = gateway
        self._began = False
        self._noted: datetime | None = None
        self._end_noted: datetime | None = None

    def round(self) -> int:
        """Compare if it is time, then send what is due; return the number of messages claimed.

        Never raises, so that the next round always runs.
        """
        try:
            self._note()
            return work_once(self._gateway) if self._compared() else 0
        except Exception:
            log.exception("the sender stumbled")
            return 0

    def _note(self) -> None:
        """Record that a worker is running, for monitoring."""
        at = utcnow()
        if self._noted is None or at - self._noted >= SEEN_EVERY:
            with write_transaction():
                repository.update_link(sender_seen_at=at)
            self._noted = at

    def _note_end(self) -> None:
        """Log the head of the audit chain: the log is outside the database."""
        at = utcnow()
        if self._end_noted is None or at - self._end_noted >= COMPARE_EVERY:
            log.info("the audit chain ends at %s", chain_ends.end_to_tell())
            self._end_noted = at

    def _compared(self) -> bool:
        """Compare if it is time; return whether sending may continue."""
        if not _may_call(self._began):
            return False
        try:
            found = catch_up(
                self._gateway,
                own_keys(),
                not_since=COMPARE_EVERY if self._began else timedelta(0),
            )
        except TaxUnreachable as fault:
            log.warning("the books cannot be compared: %s", fault)
            with write_transaction():
                if fault.answered:
                    circuit_breaker.answered()
                else:
                    circuit_breaker.record_failure()
            return self._began
        self._began = True
        self._note_end()
        for finding in found:
            report(finding)
        return True


def report(finding: Finding) -> None:
    """Log a difference; as an error if it could not be fixed, so that somebody acts on it."""
    level = logging.INFO if finding.mended else logging.ERROR
    outcome = "mended" if finding.mended else "NOT mended"
    log.log(level, "%s: %s: %s", finding.serial, finding.difference, outcome)


def run(sender: Sender, go_on: Callable[[], bool] = lambda: True) -> None:
    """Run rounds until `go_on` returns False, with a pause after a round with nothing to do."""
    while go_on():
        if not sender.round():
            time.sleep(PAUSE)


def start_in_background(app: Flask) -> threading.Thread:
    """Start a worker thread that ends with this process. It also delivers the stand-in's events."""

    def go() -> None:
        sender = Sender(gateway(app))
        while True:
            with app.app_context():
                done = sender.round()
            done += deliver_events(app)
            if not done:
                time.sleep(PAUSE)

    thread = threading.Thread(target=go, name="sender", daemon=True)
    thread.start()
    return thread


def deliver_events(app: Flask) -> int:
    """Deliver the events of the embedded stand-in; return how many.

    0 if the tax bureau is a remote system.
    """
    deliver = services_of(app).deliver_tax_events
    if deliver is None:
        return 0
    try:
        return deliver()
    except Exception:
        log.exception("the stand-in's events could not be told")
        return 0


def _may_call(began: bool) -> bool:
    """Return whether the tax bureau may be called.

    After the first comparison the worker compares on schedule even while the tax bureau is down.
    """
    with read_transaction():
        seen = repository.link()
    return seen.paused_at is None and (began or circuit_breaker.allows_call(seen, utcnow()))
