"""The product's one clock, stopped and moved by hand."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

import pytest

from flexapp.web import clock as product_clock


class Clock:
    """Stands still until moved. Replaces what `flexapp.web.clock` reads the time from."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.elapsed = timedelta(0)
        start, owner = datetime.now().astimezone(), self

        class Stopped(datetime):
            """`datetime`, but for the moment it is."""

            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return (start + owner.elapsed).astimezone(tz)

        monkeypatch.setattr(product_clock, "datetime", Stopped)

    def advance(self, **how_long: float) -> None:
        """Let time pass: `advance(minutes=5)`."""
        self.elapsed += timedelta(**how_long)
