"""A pytest plugin that fails a test during which personal data was logged.

The handler is on the root logger, so it sees all formatted records, including tracebacks. It looks
for names, ID numbers, phones and addresses of the demo's and the tests' people, and for anything
that looks like an ID number or a mobile number.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Generator

import pytest

from flexapp.demo.residents import FICTIONAL_RESIDENTS
from flexapp.rules.personal_numbers import PERSONAL
from tests.support.walks import ADDRESS, newcomer

KNOWN = sorted(
    {
        text
        for person in FICTIONAL_RESIDENTS.values()
        for text in (person.name, person.identity, person.phone, person.address)
        if text
    }
    | {newcomer().name, ADDRESS},
    key=len,
    reverse=True,
)
"""Numbers of generated newcomers are not listed: the pattern finds them."""

FOUND = re.compile("|".join(map(re.escape, KNOWN)) + "|" + PERSONAL.pattern)

HEX = re.compile(r"\b[0-9a-f]{32,}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
"""Random hex tokens: one in a thousand contains eleven digits that look like a phone number."""


class LogWatch(logging.Handler):
    """Searches all log records; `told` collects (logger, source line, match)."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.setFormatter(logging.Formatter("%(message)s"))
        self.told: list[tuple[str, str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Search one record, including its extra fields."""
        text = f"{self.format(record)} {getattr(record, 'fields', '')}"
        found = FOUND.search(HEX.sub("", text))
        if found is not None:
            place = f"{record.pathname}:{record.lineno}"
            self.told.append((record.name, place, found[0]))


watch = LogWatch()


def pytest_configure() -> None:
    """Attach the handler at INFO level; the product's own loggers at DEBUG."""
    root = logging.getLogger()
    root.addHandler(watch)
    root.setLevel(logging.INFO)
    logging.getLogger("flexapp").setLevel(logging.DEBUG)


def pytest_unconfigure() -> None:
    """Detach the handler."""
    logging.getLogger().removeHandler(watch)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Fail the test after its fixtures were torn down if anything was logged."""
    yield
    told, watch.told = watch.told, []
    if told:
        lines = [f"{name} ({place}) logged {found}" for name, place, found in told]
        pytest.fail(f"{item.nodeid} let personal data be logged:\n" + "\n".join(lines), False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run for anything logged before the first or after the last test."""
    if watch.told:
        for name, place, found in watch.told:
            print(f"\noutside of tests {name} ({place}) logged {found}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
