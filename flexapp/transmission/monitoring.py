"""Metrics of the transmission: length and age of the outbox, state of the connection."""

from __future__ import annotations

from collections.abc import Iterator

from flexapp.transmission import repository
from flexapp.web.clock import now, utcnow
from flexapp.web.metrics import Gauge


def gauges() -> Iterator[Gauge]:
    """Yield the current metrics of the outbox and of the connection to the tax bureau."""
    counts = repository.undelivered()
    yield Gauge(
        "flexapp_outbox_messages",
        "Messages to the tax bureau that are not settled; parked ones need somebody.",
        [({"status": status}, count) for status, count in sorted(counts.items())],
    )
    oldest = repository.oldest_open()
    # `created_at` comes from the business clock, which the demo may pin.
    age = 0.0 if oldest is None else max(0.0, (now() - oldest).total_seconds())
    yield Gauge(
        "flexapp_outbox_oldest_seconds",
        "How long the message that waits longest has waited; 0 where none waits.",
        [({}, age)],
    )
    link = repository.link()
    yield Gauge(
        "flexapp_tax_bureau_down",
        "1 while the tax bureau does not answer.",
        [({}, float(link.down_since is not None))],
    )
    yield Gauge(
        "flexapp_tax_bureau_paused",
        "1 while an officer holds everything back.",
        [({}, float(link.paused_at is not None))],
    )
    seen = sender_age()
    if seen is not None:
        yield Gauge(
            "flexapp_sender_seconds", "How long ago a sender was last at work.", [({}, seen)]
        )


def sender_age() -> float | None:
    """Return the seconds since a worker last ran; None if none ever did."""
    seen = repository.sender_seen_at()
    if seen is None:
        return None
    return round(max(0.0, (utcnow() - seen).total_seconds()), 1)
