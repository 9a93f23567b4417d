"""A plugin: whatever is logged during the run must not tell of a person; the test that did fails.

It stands on the root logger and so reads what every logger writes, formatted, tracebacks included.
Looked for are the people of the demo and of the tests by name, number, phone and address, and
anything else that looks like an ID number or a mobile number.
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
"""Numbers of newcomers are not listed: they look like what they are."""

FOUND = re.compile("|".join(map(re.escape, KNOWN)) + "|" + PERSONAL.pattern)

HEX = re.compile(r"\b[0-9a-f]{32,}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
"""Random names: one in a thousand of them holds eleven digits that could be a phone number."""


class LogWatch(logging.Handler):
    """Reads everything that is logged; `told` holds (logger, place, what was found)."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.setFormatter(logging.Formatter("%(message)s"))
        self.told: list[tuple[str, str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Look into one record, and into what it carries besides its message."""
        text = f"{self.format(record)} {getattr(record, 'fields', '')}"
        found = FOUND.search(HEX.sub("", text))
        if found is not None:
            place = f"{record.pathname}:{record.lineno}"
            self.told.append((record.name, place, found[0]))


watch = LogWatch()


def pytest_configure() -> None:
    """From now on, at the level of a running service; our own loggers at every level."""
    root = logging.getLogger()
    root.addHandler(watch)
    root.setLevel(logging.INFO)
    logging.getLogger("flexapp").setLevel(logging.DEBUG)


def pytest_unconfigure() -> None:
    """The end."""
    logging.getLogger().removeHandler(watch)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """After a test and its fixtures: fail it by name if anything was told."""
    yield
    told, watch.told = watch.told, []
    if told:
        lines = [f"{name} ({place}) logged {found}" for name, place, found in told]
        pytest.fail(f"{item.nodeid} let personal data be logged:\n" + "\n".join(lines), False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What was logged behind the last test, or before the first where there was none."""
    if watch.told:
        for name, place, found in watch.told:
            print(f"\noutside of tests {name} ({place}) logged {found}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
