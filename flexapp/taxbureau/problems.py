"""Refusals and faults as `application/problem+json` (RFC 9457), for the machine API."""

import json
from collections.abc import Iterable
from http import HTTPStatus

from flask import Response

from flexapp.rules.refusal import Refusal
from flexapp.taxbureau.signatures import HEADER

#: What each reason means over HTTP; a reason that is not here is a wrong content (422).
STATUSES: dict[str, int] = {
    "unauthenticated": 401,
    "unknown_serial": 404,
    "content_differs": 409,
    "request_differs": 409,
    "cannot_request": 409,
    "unsupported_media_type": 415,
}


def problem(refusal: Refusal, more: Iterable[Refusal] = ()) -> Response:
    """The answer for `refusal`; with `more`, one entry in `errors` for each wrong field."""
    errors = [
        {"field": each.field, "reason": each.reason, "detail": each.sentence} for each in more
    ]
    response = respond(STATUSES.get(refusal.reason, 422), refusal.reason, refusal.sentence, errors)
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = HEADER
    return response


def invalid(refusals: tuple[Refusal, ...]) -> Response:
    """422 for content with at least one wrong field; `detail` names the first of them."""
    first = refusals[0]
    place = f"{first.field}：" if first.field else ""
    return problem(Refusal("invalid", f"内容有误，没有保存。{place}{first.sentence}"), refusals)


def respond(
    status: int, reason: str, detail: str, errors: list[dict[str, str | None]] | None = None
) -> Response:
    """A problem document; `reason` is the stable code, `detail` a sentence in Chinese."""
    document: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "reason": reason,
        "detail": detail,
    }
    if errors:
        document["errors"] = errors
    return Response(
        json.dumps(document, ensure_ascii=False), status, content_type="application/problem+json"
    )
