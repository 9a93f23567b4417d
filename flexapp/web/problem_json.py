"""Refusals and faults as `application/problem+json` (RFC 9457): what other systems are answered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus

from flask import Response, request

from flexapp.web import metrics

MACHINE_PATHS = (
    "/tax/",
    "/open/v1/",
    "/open/launches/openapi.json/",
    "/open/tax/keys/",
    "/open/tax/openapi.json/",
    "/csp-reports/",
    "/healthz/",
    "/readyz/",
    "/metrics/",
)
"""Here and below these, other systems speak to us and nobody looks at a page."""


def wants_problem() -> bool:
    """Whether whoever asks is a system, not a person."""
    return f"{request.path}/".startswith(MACHINE_PATHS)


def problem(
    status: int, reason: str, detail: str, errors: Sequence[tuple[str, str]] = ()
) -> Response:
    """A problem document: `reason` is a stable code, `detail` a sentence; (field, sentence) each
    in `errors`."""
    metrics.refused(reason)
    document: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "reason": reason,
        "detail": detail,
    }
    if errors:
        document["errors"] = [
            {"field": field, "reason": "invalid_field", "detail": sentence}
            for field, sentence in errors
        ]
    text = json.dumps(document, ensure_ascii=False)
    return Response(text, status, content_type="application/problem+json")
