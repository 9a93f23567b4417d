"""What is in force today: the figures that are published, and the years that are open.

Several processes serve the same site, and a publication holds in all of them at once: each asks the
database how many publications are in force, with the question it asks anyhow (which years are
open), and reads their rows anew only where that number is not the one it knows. Publications in
force are only ever added, so the number tells them apart.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from flask import current_app

from flexapp.agency import repository
from flexapp.rules.parameters import ParameterBook, ParameterRow
from flexapp.services import services

KNOWN = "parameters_in_force"


@dataclass(frozen=True, slots=True)
class EffectiveParameters:
    """Years open for declaration, and the figures that hold: one look at one moment."""

    open_years: frozenset[int]
    book: ParameterBook


def effective_parameters(today: date) -> EffectiveParameters:
    """What holds today. The current year is open unless the agency closed it."""
    years, number = repository.standing(today)
    return EffectiveParameters(
        frozenset(year for year, is_open in ({today.year: True} | years).items() if is_open),
        _book(today, number),
    )


def read_rows(stored: str) -> tuple[ParameterRow, ...]:
    """The rows of a publication; `ParameterError` where they are not what was stored."""
    return tuple(ParameterRow.from_record(record) for record in json.loads(stored))


def _book(today: date, number: int) -> ParameterBook:
    # One tuple, put in place at once: threads that read it meanwhile see the old one or the new.
    known: tuple[date, int, ParameterBook] | None = current_app.extensions.get(KNOWN)
    if known is not None and known[:2] == (today, number):
        return known[2]
    base = services().parameters
    stored = repository.rows_in_force(today) if number else ()
    book = base.with_rows(row for each in stored for row in read_rows(each))
    if len(stored) == number:  # PostgreSQL: another may have been confirmed between the two looks
        current_app.extensions[KNOWN] = (today, number, book)
    return book
