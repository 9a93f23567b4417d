"""The journeys' browser and site."""

from __future__ import annotations

from tests.journeys.conftest import browser, database_for, scripted

__all__ = ["browser", "database_for", "scripted"]
