"""Bulkhead and circuit breaker for one external system.

A serving process has a few threads (app.py). If all of them waited for a system that does not
respond, the process could not serve any page. So only a few calls of each external system may be
in progress at once (the bulkhead); further calls fail immediately.

After `OPENS_AFTER` consecutive failures the circuit opens. Calls then fail immediately for some
seconds, after which a single call tests whether the system is back. The state is per process.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

import httpx

from flexapp.web import metrics

log = logging.getLogger(__name__)

T = TypeVar("T")

OPENS_AFTER = 3
"""Consecutive calls without a response after which the circuit opens."""

REST_FIRST, REST_MOST = 2.0, 30.0
"""Seconds until the next test call while the circuit is open: first delay (then doubled), limit."""


class Unreachable(Exception):
    """No request was sent: too many calls in progress, circuit open, no connection or no thread."""


class NoAnswer(Exception):
    """No response in time; the system may have carried out the request nevertheless."""


class Bulkhead:
    """At most `at_once` concurrent calls of one external system, each with a timeout of `patience`.

    `patience` is in seconds. Each call runs in its own thread. A call that exceeds its HTTP
    timeouts (slow DNS, a response that trickles in) is abandoned after `patience` like any other,
    but it counts as in progress until its thread ends.
    """

    def __init__(self, name: str, *, at_once: int, patience: float) -> None:
        self.name, self.at_once, self.patience = name, at_once, patience
        self._lock = threading.Lock()
        self._under_way = 0
        self._silences = 0
        self._next_try = 0.0

    def call(self, work: Callable[[], T]) -> T:
        """Run `work` and return its result; its exceptions propagate.

        Transport errors of httpx and a timeout become `Unreachable` or `NoAnswer`.
        """
        self._enter()
        outcome: SimpleQueue[Callable[[], T]] = SimpleQueue()
        thread = threading.Thread(target=self._run, args=(work, outcome), daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the operating system cannot start another thread
            self._leave()
            metrics.outside_failed(self.name, "busy")
            raise Unreachable("no thread") from None
        try:
            result = outcome.get(timeout=self.patience)()
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            self._silent("no_connection")
            raise Unreachable(type(error).__name__) from None
        except (httpx.TransportError, Empty) as error:
            self._silent("no_answer")
            raise NoAnswer(type(error).__name__) from None
        except Exception:
            self._answered()
            raise
        self._answered()
        return result

    def _run(self, work: Callable[[], T], outcome: SimpleQueue[Callable[[], T]]) -> None:
        try:
            result = work()
        except Exception as error:
            fault = error

            def fail() -> T:
                raise fault

            outcome.put(fail)
        else:
            outcome.put(lambda: result)
        finally:
            self._leave()

    def _leave(self) -> None:
        """Decrement the number of calls in progress."""
        with self._lock:
            self._under_way -= 1

    def _enter(self) -> None:
        """Increment the number of calls in progress, or raise `Unreachable`."""
        with self._lock:
            now = time.monotonic()
            refused = ""
            if self._under_way >= self.at_once:
                refused = "busy"
            elif self._silences >= OPENS_AFTER:
                if now < self._next_try:
                    refused = "open"
                else:
                    # This call is the test. Moving the time keeps others failing meanwhile.
                    self._next_try = now + self.patience
            if not refused:
                self._under_way += 1
                return
        metrics.outside_failed(self.name, refused)
        raise Unreachable(refused)

    def _silent(self, how: str) -> None:
        with self._lock:
            self._silences += 1
            over = self._silences - OPENS_AFTER
            if over >= 0:
                rest = min(REST_MOST, REST_FIRST * 2 ** min(over, 10))
                self._next_try = time.monotonic() + rest
        metrics.outside_failed(self.name, how)
        if over == 0:
            log.warning("%s does not answer (%s): it is asked now and then only", self.name, how)

    def _answered(self) -> None:
        with self._lock:
            was_open, self._silences = self._silences >= OPENS_AFTER, 0
        if was_open:
            log.warning("%s answers again", self.name)
