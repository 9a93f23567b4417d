"""Delete expired rows by the register of personal information (rules/personal_information.py).

The services already delete expired rows that would affect them. This job deletes the rest, such as
sign-ins of last year. It uses small transactions, so that it blocks nobody. An interrupted run
continues the next time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flexapp.people import retention_repository as repository
from flexapp.rules.personal_information import Expiry, expiries
from flexapp.web.clock import now, utcnow
from flexapp.web.unit_of_work import read_transaction, write_transaction

BATCH = 500
"""Rows per transaction."""


def run() -> Iterator[tuple[str, int]]:
    """Delete expired rows; yields (table, number of rows deleted)."""
    for expiry in expiries():
        gone, last = 0, BATCH
        while last == BATCH:
            with write_transaction():
                last = repository.remove_over(*_past(expiry), BATCH)
            gone += last
        yield expiry.table, gone


def look() -> Iterator[tuple[str, int]]:
    """Yield (table, number of expired rows) without deleting anything."""
    for expiry in expiries():
        with read_transaction():
            yield expiry.table, repository.number_over(*_past(expiry))


def _past(expiry: Expiry) -> tuple[str, str, datetime]:
    # If the business date is pinned, some columns have real times and others business times. The
    # earlier clock ensures that no row is deleted too early.
    return expiry.table, expiry.column, min(utcnow(), now()) - expiry.kept
