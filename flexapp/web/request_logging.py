"""Count and time every request, and write one log line for it with its endpoint.

The URL is never logged, because URLs contain serials and single-use codes. The line contains no
personal data: neither the signed-in person nor the client address.
"""

from __future__ import annotations

import logging
import time

from flask import Flask, Response, g, request

from flexapp.web import metrics
from flexapp.web.logs import FIELDS

log = logging.getLogger("flexapp.requests")

PROBES = frozenset({"web.alive", "web.ready", "web.show_metrics"})
"""Endpoints that monitoring calls every few seconds; logged at DEBUG only."""


def init_app(app: Flask) -> None:
    """Install the hooks, outside all others except those of the request id."""
    app.before_request(_begin)
    app.after_request(_answered)
    app.teardown_request(_ended)


def _begin() -> None:
    g.began = time.perf_counter()


def _answered(response: Response) -> Response:
    _note(response.status_code)
    return response


def _ended(_fault: BaseException | None) -> None:
    # No response passed the after-request hooks, so the server responds with 500.
    if "began" in g:
        _note(500)


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
