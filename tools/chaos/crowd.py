"""Simulated residents over HTTP who assess and transmit month after month.

They record what the service confirmed. Without a response they do what the page says: look at the
list, and send the same form once more.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import httpx
from flask import Flask
from sqlalchemy import text

from flexapp.db.session import db
from flexapp.web.unit_of_work import read_transaction
from tools.bench import prepare
from tools.bench.prepare import Browser

FORM, RECORDS = "/assessment/self/new", "/assessment/self"
TRANSMIT = re.compile(r"/assessment/records/([0-9]{20})/transmit")
REFUSED = re.compile(r'role="alert"[^>]*>(?:\s*<[^>]+>)*\s*([^<]+)')
MONTHS = 12
BETWEEN_TRIES = 0.3
"""Seconds."""
SUPPLY = 10
"""Number of residents created at a time."""

NewClient = Callable[[], httpx.Client]


@dataclass(slots=True)
class Kept:
    """The actions that the service confirmed, and statistics of its responses."""

    assessed: set[tuple[int, str]] = field(default_factory=set)
    """(person, month) with a success page."""
    transmitted: set[str] = field(default_factory=set)
    """Serials whose transmission was confirmed."""
    answers: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    """The longest response time in seconds."""
    faults: list[str] = field(default_factory=list)
    """Responses and errors that must never occur."""


class Crowd:
    """`size` concurrent residents, each on a thread.

    `year`: the business year; `new_client` creates a resident's HTTP client.
    """

    def __init__(
        self, app: Flask, new_client: NewClient, *, size: int, year: int, first: int = 100
    ) -> None:
        self.kept = Kept()
        self._app = app
        self._new_client = new_client
        self._size = size
        self._year = year
        self._numbers = count(first, SUPPLY)
        self._waiting: list[tuple[int, Browser]] = []
        self._lock = threading.Lock()
        self._ends = threading.Event()

    @contextmanager
    def at_work(self) -> Iterator[Kept]:
        """Run the residents until the block ends; each finishes the current request."""
        self._supply(self._size)
        self._ends.clear()
        threads = [threading.Thread(target=self._go_on) for _ in range(self._size)]
        for thread in threads:
            thread.start()
        try:
            yield self.kept
        finally:
            self._ends.set()
            for thread in threads:
                thread.join()

    def _supply(self, least: int) -> None:
        """Create more residents through the product's services."""
        while len(self._waiting) < least:
            browsers = prepare.residents(self._app, SUPPLY, first=next(self._numbers))
            with self._app.app_context(), read_transaction():
                query = text("SELECT person_id FROM account ORDER BY id DESC LIMIT :most")
                found = list(db.session.execute(query, {"most": SUPPLY}).scalars())
            self._waiting += zip(reversed(found), browsers, strict=True)

    def _go_on(self) -> None:
        try:
            with self._new_client() as client:
                while not self._ends.is_set():
                    person, browser = self._next()
                    client.cookies.clear()
                    client.cookies.set("session", browser.cookie)
                    for month in range(1, MONTHS + 1):
                        if self._ends.is_set() or not self._one_month(
                            client, person, browser, month
                        ):
                            break
        except Exception as fault:
            self._note_fault(f"a resident gave up: {type(fault).__name__}: {fault}")

    def _next(self) -> tuple[int, Browser]:
        with self._lock:
            if not self._waiting:
                self._patiently(lambda: self._supply(1))
            return self._waiting.pop()

    def _patiently(self, act: Callable[[], None]) -> None:
        """Retry while the database is unavailable."""
        for _ in range(200):
            try:
                return act()
            except Exception:
                time.sleep(BETWEEN_TRIES)
        return act()

    def _one_month(self, client: httpx.Client, person: int, browser: Browser, month: int) -> bool:
        """Assess and transmit one month; return False if the form was not accepted.

        That is the case once the session has ended.
        """
        form = prepare.assessment_form(browser, year=self._year, start=month, end=month)
        if not self._until_answered(client, FORM, form):
            return False
        with self._lock:
            self.kept.assessed.add((person, f"{self._year}-{month:02d}"))
        found = self._look(client)
        for serial in TRANSMIT.findall(found)[:1]:
            wants = {"csrf_token": browser.csrf_token, "once": secrets.token_urlsafe(12)}
            if self._until_answered(client, f"/assessment/records/{serial}/transmit", wants):
                with self._lock:
                    self.kept.transmitted.add(serial)
        return True

    def _until_answered(self, client: httpx.Client, path: str, form: dict[str, str]) -> bool:
        """Send a form until it is answered; return whether it was accepted."""
        while True:
            answer = self._ask(lambda: client.post(path, data=form))
            if answer is not None and answer.status_code == 303:
                return "/sign-in" not in answer.headers["Location"]
            if answer is not None and answer.status_code in (403, 404, 409, 422):
                return False
            if self._ends.is_set():
                return False  # nothing was confirmed
            time.sleep(BETWEEN_TRIES)
            self._look(client)

    def _look(self, client: httpx.Client) -> str:
        answer = self._ask(lambda: client.get(RECORDS))
        return answer.text if answer is not None and answer.status_code == 200 else ""

    def _ask(self, ask: Callable[[], httpx.Response]) -> httpx.Response | None:
        began, answer = time.monotonic(), None
        try:
            answer = ask()
            outcome = f"{answer.request.method} {answer.status_code}"
            if answer.status_code == 422 and (said := REFUSED.search(answer.text)):
                outcome += f" {said[1].strip()}"
            if answer.status_code == 500:
                self._note_fault(f"a fault: {answer.request.url.path}")
        except httpx.TransportError as fault:
            outcome = type(fault).__name__
        with self._lock:
            self.kept.answers[outcome] += 1
            self.kept.slowest = max(self.kept.slowest, time.monotonic() - began)
        return answer

    def _note_fault(self, sentence: str) -> None:
        with self._lock:
            self.kept.faults.append(sentence)
