"""Prometheus metrics of this service.

Each process counts for itself and writes its values to a shared folder; the process that serves
/metrics adds them up (the library's multiprocess mode). The library reads the folder's name when it
is imported. It is therefore imported at the first metric, after `enable_multiprocess`.

No label identifies a person: requests are labelled with endpoint names instead of URLs, refusals
with reason codes.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, g, has_request_context

from flexapp.config import Settings
from flexapp.services import AppValue
from flexapp.web import metrics_files

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Histogram
    from prometheus_client.metrics_core import Metric

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable with which the library is configured to use the shared folder."""

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histogram buckets, in seconds."""

METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Gauge:
    """A value that is read when /metrics is requested; `values` holds (labels, value) pairs."""

    name: str
    meaning: str
    values: Sequence[tuple[Mapping[str, str], float]]


Gauges = Callable[[], Iterable[Gauge]]

_GAUGES: AppValue[list[Gauges]] = AppValue("gauges", list)


def enable_multiprocess(settings: Settings) -> None:
    """Count into the shared folder of this service's processes, if /metrics is enabled.

    Call it in a process of the service before the first metric. Child processes inherit it.
    """
    if settings.metrics_token is not None:
        settings.metrics_dir.mkdir(parents=True, exist_ok=True)
        os.environ[FOLDER] = str(settings.metrics_dir)


def cleanup_dead_workers(settings: Settings) -> None:
    """Remove the counts of processes that no longer exist; call it when a server starts.

    Do not call it while the server runs: the sums would drop when a worker is replaced. Counts of
    an outbox sender that is still running are kept.
    """
    metrics_files.remove_files_of_dead_workers(settings.metrics_dir)


def answered(*, endpoint: str | None, method: str, status: int, seconds: float) -> None:
    """Count and time a response."""
    own = _instruments()
    where = endpoint or "none"
    how = method if method in METHODS else "other"
    own.requests.labels(where, how, f"{status // 100}xx").inc()
    own.durations.labels(where, how).observe(seconds)


def refused(reason: str) -> None:
    """Count a refusal; `reason` is its code, which is also added to the request's log line."""
    _say_in_log(reason)
    _instruments().refusals.labels(reason).inc()


def busy() -> None:
    """Count a "system is busy" response caused by the database."""
    _instruments().busy.inc()


def limited(limit: str) -> None:
    """Count an attempt refused by a rate limit; `limit` is its name."""
    _say_in_log(limit)
    _instruments().limited.labels(limit).inc()


def counts_absent() -> None:
    """Count a failed access to the rate limit counts in Redis."""
    _instruments().counts_absent.inc()


def csp_reported(directive: str, disposition: str) -> None:
    """Count a violation of the security policy; `disposition` is "enforce" or "report" (only)."""
    _instruments().csp_reports.labels(directive, disposition).inc()


def signed_in(by: str) -> None:
    """Count a new session; `by` is "phone", "app" or "staff"."""
    _instruments().sign_ins.labels(by).inc()


def sms(outcome: str) -> None:
    """Count a code passed to the SMS provider ("sent"), or rejected by it ("failed")."""
    _instruments().sms.labels(outcome).inc()


def outside_failed(system: str, how: str) -> None:
    """Count a failed call of an external system (web/bulkhead.py).

    `how`: "busy" or "open" if the call was not attempted, else "no_connection" or "no_answer".
    """
    _instruments().outside_failed.labels(system, how).inc()


def tax_called(*, call: str, outcome: str, seconds: float) -> None:
    """Count and time a call to the tax bureau; `outcome`: its result (transmission/gateway.py)."""
    own = _instruments()
    own.tax_calls.labels(call, outcome).inc()
    own.tax_seconds.labels(call).observe(seconds)


def add_gauges(app: Flask, found: Gauges) -> None:
    """Register gauges whose values are looked up for each exposition."""
    _GAUGES.of(app).append(found)


def gauges() -> Sequence[Gauges]:
    """The gauges of the current application."""
    return _GAUGES.get()


def exposition(gauges: Iterable[Gauges]) -> tuple[bytes, str]:
    """The metrics in the Prometheus text format, and the media type."""
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

    counted = _instruments().registry
    if folder := os.environ.get(FOLDER):
        counted = CollectorRegistry()
        counted.register(metrics_files.SharedFiles(Path(folder)))
    looked_up = CollectorRegistry()
    looked_up.register(_ComputedGauges(gauges))
    return generate_latest(counted) + generate_latest(looked_up), CONTENT_TYPE_LATEST


def _say_in_log(reason: str) -> None:
    """Add the reason to the log line of the current request (web/request_logging.py)."""
    if has_request_context():
        g.refused = reason


class _ComputedGauges:
    """Collector that exposes the gauges to the library."""

    def __init__(self, gauges: Iterable[Gauges]) -> None:
        self._gauges = gauges

    def describe(self) -> Iterable[Metric]:
        """Empty, so that registering the collector does not read the values."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Read every gauge with all its values."""
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
    """The metrics of this process, created once at the first use; thread-safe."""
    with _making:
        return _make_instruments()


@functools.cache
def _make_instruments() -> _Instruments:
    from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

    if folder := os.environ.get(FOLDER):
        metrics_files.remove_files_of_same_pid(Path(folder))
    # The `_created` series are not needed, and they double the size of /metrics.
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
