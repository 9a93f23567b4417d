"""A bound around one outside system: how many requests may wait for it, and for how long.

A serving process has a few threads (app.py). Were all of them waiting for a system that has fallen
silent, no page would be answered any more. So each outside system gets a few of the threads at
most; whoever comes while those are taken is told at once to try again later. After some calls in a
row without an answer the circuit opens: for some seconds nobody waits at all, then one call tries
whether the system is back (a circuit breaker). Each process keeps its own state.
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
"""Calls in a row without an answer until the circuit opens."""

REST_FIRST, REST_MOST = 2.0, 30.0
"""Seconds until the next call is tried while the circuit is open: doubling."""


class NotReached(Exception):
    """Nothing was asked: all places are taken, the circuit is open, or there is no connection."""


class NoAnswer(Exception):
    """No answer in time; the system may have done what it was asked to do."""


class Bulkhead:
    """At most `at_once` calls of one outside system at a time, each of at most `patience` seconds.

    A call runs in a thread of its own and keeps its place until it really ends: one that outlasts
    its own timeouts (a slow name server, an answer that trickles in) is not waited for any longer
    than others, and still counts.
    """

    def __init__(self, name: str, *, at_once: int, patience: float) -> None:
        self.name, self.at_once, self.patience = name, at_once, patience
        self._lock = threading.Lock()
        self._under_way = 0
        self._silences = 0
        self._next_try = 0.0

    def call(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises; `NotReached` or `NoAnswer` in place of httpx's own."""
        self._enter()
        outcome: SimpleQueue[Callable[[], T]] = SimpleQueue()
        thread = threading.Thread(target=self._run, args=(work, outcome), daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the machine has no thread left
            self._leave()
            metrics.outside_failed(self.name, "busy")
            raise NotReached("no thread") from None
        try:
            result = outcome.get(timeout=self.patience)()
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            self._silent("no_connection")
            raise NotReached(type(error).__name__) from None
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
        """Give a place back."""
        with self._lock:
            self._under_way -= 1

    def _enter(self) -> None:
        """Take a place, or raise `NotReached`."""
        with self._lock:
            now = time.monotonic()
            refused = ""
            if self._under_way >= self.at_once:
                refused = "busy"
            elif self._silences >= OPENS_AFTER:
                if now < self._next_try:
                    refused = "open"
                else:
                    # One call tries; meanwhile the others go on being told to come later.
                    self._next_try = now + self.patience
            if not refused:
                self._under_way += 1
                return
        metrics.outside_failed(self.name, refused)
        raise NotReached(refused)

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
