"""Error responses to other systems as `application/problem+json` (RFC 9457)."""

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
"""Path prefixes that only other systems call, never a person with a browser."""


def wants_problem() -> bool:
    """Whether the client is another system, judged by the path."""
    return f"{request.path}/".startswith(MACHINE_PATHS)


def problem(
    status: int, reason: str, detail: str, errors: Sequence[tuple[str, str]] = ()
) -> Response:
    """A problem document; also counts the refusal in the metrics.

    `reason` is a stable code, `detail` a sentence, `errors` a list of (field, sentence).
    """
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
