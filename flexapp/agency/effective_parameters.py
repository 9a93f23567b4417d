"""What the agency has in force today: parameters, open years, the pilot and announcements.

Every page needs some of it and officers change it a few times a year, so each process keeps it
(`flexapp/db/reference.py`): a publication takes effect in all processes with their next request.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flexapp.agency import repository
from flexapp.agency.repository import PlaceRow
from flexapp.db.reference import reference
from flexapp.rules.parameters import ParameterBook, ParameterRow
from flexapp.services import services

SHOWN = 5
"""Maximum number of announcements on 首页; the newest are shown."""


@dataclass(frozen=True, slots=True)
class EffectiveParameters:
    """A snapshot of the years open for declaration and the parameters in force."""

    open_years: frozenset[int]
    book: ParameterBook


@dataclass(frozen=True, slots=True)
class InForce:
    """Everything of the agency that is in force on a day.

    `places`: the settings of the pilot by kind and code. `announced`: texts for 首页, newest first.
    """

    parameters: EffectiveParameters
    places: Mapping[tuple[str, str], PlaceRow]
    announced: tuple[str, ...]


def in_force(today: date) -> InForce:
    """Return what is in force on a day, as committed when this request began."""
    return reference("agency", today, lambda: _load(today))


def effective_parameters(today: date) -> EffectiveParameters:
    """Return what is in force on a day. The current year is open unless the agency closed it."""
    return in_force(today).parameters


def read_rows(stored: str) -> tuple[ParameterRow, ...]:
    """Parse the stored JSON rows of a publication; raises `ParameterError` if they are invalid."""
    return tuple(ParameterRow.from_record(record) for record in json.loads(stored))


def _load(today: date) -> InForce:
    years = {today.year: True} | repository.years()
    stored = repository.rows_in_force(today)
    book = services().parameters.with_rows(row for each in stored for row in read_rows(each))
    return InForce(
        parameters=EffectiveParameters(
            frozenset(year for year, is_open in years.items() if is_open), book
        ),
        places=repository.pilot_places(),
        announced=tuple(repository.announced(today, SHOWN)),
    )
