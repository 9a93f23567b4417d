"""Remove what is past its time, by the register of personal information and nothing else.

The services forget by themselves, beside what they do anyway, what gets in their way. This is for
the rest: a sign-in of last year gets in nobody's way. Small transactions, so that a night's work
never makes anybody wait, and one that is broken off simply goes on the next time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flexapp.people import retention_repository as repository
from flexapp.rules.personal_information import Expiry, expiries
from flexapp.web.clock import now, utcnow
from flexapp.web.unit_of_work import read_transaction, write_transaction

BATCH = 500
"""Rows in one transaction."""


def run() -> Iterator[tuple[str, int]]:
    """Remove it, table by table; (table, how many rows are gone)."""
    for expiry in expiries():
        gone, last = 0, BATCH
        while last == BATCH:
            with write_transaction():
                last = repository.remove_over(*_past(expiry), BATCH)
            gone += last
        yield expiry.table, gone


def look() -> Iterator[tuple[str, int]]:
    """(table, how many rows would be gone), with nothing removed."""
    for expiry in expiries():
        with read_transaction():
            yield expiry.table, repository.number_over(*_past(expiry))


def _past(expiry: Expiry) -> tuple[str, str, datetime]:
    # Where the business date is pinned, some moments are real ones and some are not: the earlier
    # clock makes every row stay at least as long as it should.
    return expiry.table, expiry.column, min(utcnow(), now()) - expiry.kept
