"""What this service counts and measures, for Prometheus.

Every process counts for itself and puts its figures into a folder they share; whichever answers
/metrics adds them up (the library's multiprocess mode). The library decides at its import whether
there is such a folder, so it is imported when something is first counted, after `share`.

No label tells of a person: endpoints by name, never addresses; refusals by their reason codes.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flask import g, has_request_context

from flexapp.config import Settings
from flexapp.web import metrics_files

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Histogram
    from prometheus_client.metrics_core import Metric

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable by which the library is told of the folder."""

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Gauge:
    """A figure that is looked up when somebody asks: (labels, value) each in `values`."""

    name: str
    meaning: str
    values: Sequence[tuple[Mapping[str, str], float]]


Gauges = Callable[[], Iterable[Gauge]]


def enable_multiprocess(settings: Settings) -> None:
    """Count into the folder that the processes of this service share, where /metrics is read.

    For a process of the service, before it counts anything; those it starts follow.
    """
    if settings.metrics_token is not None:
        settings.metrics_dir.mkdir(parents=True, exist_ok=True)
        os.environ[FOLDER] = str(settings.metrics_dir)


def cleanup_dead_workers(settings: Settings) -> None:
    """Remove what processes that are gone have counted; for the start of a server.

    Not while it runs: its sums would fall when a worker is replaced. A sender that goes on keeps
    what is its own.
    """
    metrics_files.remove_of_the_dead(settings.metrics_dir)


def answered(*, endpoint: str | None, method: str, status: int, seconds: float) -> None:
    """A request was answered."""
    own = _instruments()
    where = endpoint or "none"
    how = method if method in METHODS else "other"
    own.requests.labels(where, how, f"{status // 100}xx").inc()
    own.durations.labels(where, how).observe(seconds)


def refused(reason: str) -> None:
    """An expected "no" was said: `reason` is its code, which the request's line says too."""
    _say_in_log(reason)
    _instruments().refusals.labels(reason).inc()


def busy() -> None:
    """Somebody was told that the system is busy, because the database was."""
    _instruments().busy.inc()


def limited(limit: str) -> None:
    """A limit was used up for somebody who wanted once more: `limit` is its name."""
    _say_in_log(limit)
    _instruments().limited.labels(limit).inc()


def counts_absent() -> None:
    """Redis did not answer when it was asked for a count."""
    _instruments().counts_absent.inc()


def csp_reported(directive: str, disposition: str) -> None:
    """A browser reported something against the security policy, "enforce" or "report" only."""
    _instruments().csp_reports.labels(directive, disposition).inc()


def signed_in(by: str) -> None:
    """A session began: by "phone", "app" or as "staff"."""
    _instruments().sign_ins.labels(by).inc()


def sms(outcome: str) -> None:
    """A code was handed to the provider ("sent") or was not taken there ("failed")."""
    _instruments().sms.labels(outcome).inc()


def outside_failed(system: str, how: str) -> None:
    """A call of an outside system (web/bulkhead.py) came to nothing: "busy" and "open" were not
    made, "no_connection" and "no_answer" were."""
    _instruments().outside_failed.labels(system, how).inc()


def tax_called(*, call: str, outcome: str, seconds: float) -> None:
    """The tax bureau was called; `outcome` is how it ended (transmission/gateway.py)."""
    own = _instruments()
    own.tax_calls.labels(call, outcome).inc()
    own.tax_seconds.labels(call).observe(seconds)


def exposition(gauges: Iterable[Gauges]) -> tuple[bytes, str]:
    """What Prometheus reads, and its media type."""
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

    counted = _instruments().registry
    if folder := os.environ.get(FOLDER):
        counted = CollectorRegistry()
        counted.register(metrics_files.SharedFiles(Path(folder)))
    looked_up = CollectorRegistry()
    looked_up.register(_LookedUp(gauges))
    return generate_latest(counted) + generate_latest(looked_up), CONTENT_TYPE_LATEST


def _say_in_log(reason: str) -> None:
    """The line of the request in hand (watching.py) says why it was refused."""
    if has_request_context():
        g.refused = reason


class _LookedUp:
    """The gauges in the library's terms."""

    def __init__(self, gauges: Iterable[Gauges]) -> None:
        self._gauges = gauges

    def describe(self) -> Iterable[Metric]:
        """Nothing ahead of time: it would be looked up to be described."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Each with all its values."""
        from prometheus_client.metrics_core import GaugeMetricFamily

        for look in self._gauges:
            for gauge in look():
                names = list(gauge.values[0][0]) if gauge.values else []
                family = GaugeMetricFamily(gauge.name, gauge.meaning, labels=names)
                for labels, value in gauge.values:
                    family.add_metric(list(labels.values()), value)
                yield family


@dataclass(frozen=True, slots=True)
class _Instruments:
    registry: CollectorRegistry
    requests: Counter
    durations: Histogram
    refusals: Counter
    busy: Counter
    limited: Counter
    counts_absent: Counter
    csp_reports: Counter
    sign_ins: Counter
    sms: Counter
    outside_failed: Counter
    tax_calls: Counter
    tax_seconds: Histogram


_making = threading.Lock()


def _instruments() -> _Instruments:
    """Made once in a process, when something is first counted, by whichever thread that is."""
    with _making:
        return _make_instruments()


@functools.cache
def _make_instruments() -> _Instruments:
    from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

    if folder := os.environ.get(FOLDER):
        metrics_files.remove_left_by_namesake(Path(folder))
    # When each series began: nobody asks, and it doubles the page.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()

    def counter(name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"flexapp_{name}", meaning, labels, registry=registry)

    def seconds(name: str, meaning: str, *labels: str) -> Histogram:
        return Histogram(f"flexapp_{name}", meaning, labels, registry=registry, buckets=SECONDS)

    return _Instruments(
        registry=registry,
        requests=counter("requests", "Requests answered.", "endpoint", "method", "status"),
        durations=seconds("request_seconds", "How long they took.", "endpoint", "method"),
        refusals=counter("refusals", "Refusals shown, by reason code.", "reason"),
        busy=counter("database_busy", "Answers that the system is busy: the database was."),
        limited=counter("limited", "Turned away because a limit was used up.", "limit"),
        counts_absent=counter("counts_absent", "Redis did not answer: the database counted."),
        csp_reports=counter(
            "csp_reports", "Reports about the security policy.", "directive", "disposition"
        ),
        sign_ins=counter("sign_ins", "Sessions begun.", "by"),
        sms=counter("sms", "Sign-in codes handed to the provider.", "outcome"),
        outside_failed=counter(
            "outside_failed", "Calls of outside systems that came to nothing.", "system", "how"
        ),
        tax_calls=counter("tax_calls", "Calls to the tax bureau.", "call", "outcome"),
        tax_seconds=seconds("tax_call_seconds", "How long they took.", "call"),
    )
