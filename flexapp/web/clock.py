"""The application's clock. The demo can pin the business date; the time of day is always real."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

from flask import current_app

BEIJING = timezone(timedelta(hours=8))
"""China has a single time zone without daylight saving time, so a fixed offset is exact."""


def utcnow() -> datetime:
    """The real current time, aware, in UTC; it ignores a pinned date.

    For sessions, codes and leases, whose time must never jump.
    """
    return datetime.now(UTC)


def now() -> datetime:
    """The current business time, aware, in UTC; on the pinned date if one is set."""
    real = utcnow()
    pinned: date | None = current_app.config["SETTINGS"].today
    if pinned is None:
        return real
    local = real.astimezone(BEIJING)
    return datetime.combine(pinned, local.time(), BEIJING).astimezone(UTC)


def today() -> date:
    """The business date in Ningxia."""
    return now().astimezone(BEIJING).date()
