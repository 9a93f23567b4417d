"""How often something may be tried within an hour, by somebody or about somebody."""

from __future__ import annotations

from datetime import timedelta

from flexapp.extensions import hold
from flexapp.people import try_repository as repository
from flexapp.web.clock import instant

HOUR = timedelta(hours=1)


def tried(key: str) -> int:
    """How often it was noted under this key since the first time within an hour.

    Where that may be followed by one try more, no other is let in between.
    """
    hold("tries", key)
    return repository.tried(key, instant() - HOUR)


def note(key: str) -> int:
    """Note that it was tried, in the caller's transaction; how often by now."""
    at = instant()
    return repository.note(key, at, at - HOUR)
