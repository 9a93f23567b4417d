"""What other slices may ask of the agency's publications and years, and do to them."""

from __future__ import annotations

from flexapp.agency.officers import REASON_MAX
from flexapp.agency.publishing import (
    Publication,
    Status,
    confirm,
    find,
    listing,
    propose,
    state_of_the_book,
    withdraw,
)
from flexapp.agency.standing import InForce, in_force
from flexapp.agency.years import YearLine, close_year, open_year, years

__all__ = [
    "REASON_MAX",
    "InForce",
    "Publication",
    "Status",
    "YearLine",
    "close_year",
    "confirm",
    "find",
    "in_force",
    "listing",
    "open_year",
    "propose",
    "state_of_the_book",
    "withdraw",
    "years",
]
