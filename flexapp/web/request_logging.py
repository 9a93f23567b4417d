"""Count and time every request, and write one log line for it with its endpoint.

The URL is never logged, because URLs contain serials and single-use codes. The line contains no
personal data: neither the signed-in person nor the client address.
"""

from __future__ import annotations

import logging
import time

from flask import Response, g, request

from flexapp.web import metrics, request_ids
from flexapp.web.logs import FIELDS

log = logging.getLogger("flexapp.requests")

PROBES = frozenset({"web.alive", "web.ready", "web.show_metrics"})
"""Endpoints that monitoring calls every few seconds; logged at DEBUG only."""


def begin() -> None:
    """Give the request its id, and note when it began."""
    request_ids.begin()
    g.began = time.perf_counter()


def answered(response: Response) -> Response:
    """Log the request, and name it in its response."""
    _note(response.status_code)
    request_ids.name(response)
    return response


def ended(_fault: BaseException | None) -> None:
    """Log a request without a response, and forget the id."""
    # No response passed the after-request hooks, so the server responds with 500.
    if "began" in g:
        _note(500)
    request_ids.end()


def _note(status: int) -> None:
    began: float | None = g.pop("began", None)
    if began is None:
        return
    seconds = time.perf_counter() - began
    endpoint, method = request.endpoint, request.method
    metrics.answered(endpoint=endpoint, method=method, status=status, seconds=seconds)
    level = logging.DEBUG if endpoint in PROBES else logging.INFO
    if log.isEnabledFor(level):
        fields = {
            "endpoint": endpoint or "none",
            "method": method if method in metrics.METHODS else "other",
            "status": status,
            "ms": round(seconds * 1000, 1),
            "refused": g.get("refused", ""),
            "channel": getattr(g.get("visitor"), "channel", ""),
        }
        log.log(level, "request", extra={FIELDS: fields})
