"""Parameters in force today, and the years open for declaration.

Each process caches the parameters, and a new publication must take effect in all processes at once.
So the query for the open years, which runs anyway, also counts the publications in force. If the
count differs from the cached one, the process reads the rows again. The count is a sufficient
version number, because publications in force are never removed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from flask import current_app

from flexapp.agency import repository
from flexapp.rules.parameters import ParameterBook, ParameterRow
from flexapp.services import AppValue, services

_KNOWN: AppValue[tuple[date, int, ParameterBook] | None] = AppValue(
    "parameters_in_force", lambda: None
)


@dataclass(frozen=True, slots=True)
class EffectiveParameters:
    """A snapshot of the years open for declaration and the parameters in force."""

    open_years: frozenset[int]
    book: ParameterBook


def effective_parameters(today: date) -> EffectiveParameters:
    """Return what is in force on a day. The current year is open unless the agency closed it."""
    years, number = repository.standing(today)
    return EffectiveParameters(
        frozenset(year for year, is_open in ({today.year: True} | years).items() if is_open),
        _book(today, number),
    )


def read_rows(stored: str) -> tuple[ParameterRow, ...]:
    """Parse the stored JSON rows of a publication; raises `ParameterError` if they are invalid."""
    return tuple(ParameterRow.from_record(record) for record in json.loads(stored))


def _book(today: date, number: int) -> ParameterBook:
    # One tuple, replaced atomically: concurrent threads see either the old or the new one.
    known = _KNOWN.get()
    if known is not None and known[:2] == (today, number):
        return known[2]
    base = services().parameters
    stored = repository.rows_in_force(today) if number else ()
    book = base.with_rows(row for each in stored for row in read_rows(each))
    # On PostgreSQL a publication may be confirmed between the two queries; then do not cache.
    if len(stored) == number:
        _KNOWN.set(current_app, (today, number, book))
    return book
