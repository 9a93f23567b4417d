"""The one clock: the business date can be pinned in the demo, the time of day never is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

from flask import current_app

BEIJING = timezone(timedelta(hours=8))
"""China has one civil time without summer time, so a fixed offset is exact."""


def utcnow() -> datetime:
    """The real moment, never pinned: for sessions, codes and leases, which must only move on."""
    return datetime.now(UTC)


def now() -> datetime:
    """The present moment, aware, in UTC; on the pinned date where one is set."""
    real = utcnow()
    pinned: date | None = current_app.config["SETTINGS"].today
    if pinned is None:
        return real
    local = real.astimezone(BEIJING)
    return datetime.combine(pinned, local.time(), BEIJING).astimezone(UTC)


def today() -> date:
    """The business date in Ningxia."""
    return now().astimezone(BEIJING).date()
