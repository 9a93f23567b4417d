"""A frozen clock for the product."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

import pytest

from flexapp.web import clock as product_clock


class Clock:
    """Replaces the source of time of `flexapp.web.clock`; it stands still until advanced."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.elapsed = timedelta(0)
        start, owner = datetime.now().astimezone(), self

        class Stopped(datetime):
            """`datetime` with a replaced `now`."""

            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return (start + owner.elapsed).astimezone(tz)

        monkeypatch.setattr(product_clock, "datetime", Stopped)

    def advance(self, **how_long: float) -> None:
        """Advance the clock, for example `advance(minutes=5)`."""
        self.elapsed += timedelta(**how_long)
