"""Public API of this slice for the other slices."""

from __future__ import annotations

from flexapp.agency.announcements import (
    SHOWN,
    Announcement,
    Stage,
    announce,
    announcements,
    shown,
    take_down,
)
from flexapp.agency.effective_parameters import EffectiveParameters, effective_parameters
from flexapp.agency.permissions import (
    REASON_MAX,
    read_reason,
    require_officer,
)
from flexapp.agency.pilot import (
    AREAS,
    Kind,
    Place,
    PlaceStatus,
    close_places,
    open_places,
    pilot,
    where_not_open,
    why_not_open,
)
from flexapp.agency.publications import (
    Publication,
    Status,
    book_version,
    confirm,
    find,
    listing,
    propose,
    withdraw,
)
from flexapp.agency.years import YearLine, close_year, open_year, years

__all__ = [
    "AREAS",
    "REASON_MAX",
    "SHOWN",
    "Announcement",
    "EffectiveParameters",
    "Kind",
    "Place",
    "PlaceStatus",
    "Publication",
    "Stage",
    "Status",
    "YearLine",
    "announce",
    "announcements",
    "book_version",
    "close_places",
    "close_year",
    "confirm",
    "effective_parameters",
    "find",
    "listing",
    "open_places",
    "open_year",
    "pilot",
    "propose",
    "read_reason",
    "require_officer",
    "shown",
    "take_down",
    "where_not_open",
    "why_not_open",
    "withdraw",
    "years",
]
