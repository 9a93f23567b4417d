"""Parse reports about the content security policy, and drop everything about a person.

A report contains the full URL of the page, with its query, and may quote the page's content. Only
these are kept: the directive; whether the policy was enforced or report-only; the endpoint of the
page; what was blocked, as its kind or its host.

Two formats, both untrusted: `report-uri` sends one object (application/csp-report), the Reporting
API sends a list (application/reports+json).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import current_app
from werkzeug.exceptions import HTTPException

MEDIA_TYPES = frozenset({"application/csp-report", "application/reports+json"})

MAX_VIOLATIONS = 10
"""Maximum number of reports read from one list; the rest is ignored."""

OTHER = "other"

DIRECTIVES = frozenset(
    {
        "base-uri",
        "connect-src",
        "default-src",
        "font-src",
        "form-action",
        "frame-ancestors",
        "frame-src",
        "img-src",
        "manifest-src",
        "media-src",
        "object-src",
        "require-trusted-types-for",
        "script-src",
        "script-src-attr",
        "script-src-elem",
        "style-src",
        "style-src-attr",
        "style-src-elem",
        "trusted-types",
        "worker-src",
    }
)
"""Accepted directives. Any other becomes "other", so that clients cannot create metric labels."""

KINDS = frozenset({"inline", "eval", "wasm-eval", "self", "data", "blob"})
SINKS = frozenset({"trusted-types-sink", "trusted-types-policy"})
HOST = re.compile(r"[a-z0-9.-]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Violation:
    """The part of one report that is logged and counted."""

    directive: str
    disposition: str
    endpoint: str
    blocked: str


def read(media_type: str, body: bytes) -> tuple[Violation, ...]:
    """The violations in a request body; empty if the body cannot be parsed."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    return tuple(_read(report) for report in _reports(media_type, told))


def _reports(media_type: str, told: object) -> Iterator[Mapping[str, object]]:
    """Each report's body, with the field names of the Reporting API."""
    if media_type == "application/csp-report":
        report = told.get("csp-report") if isinstance(told, dict) else None
        if isinstance(report, dict):
            yield {
                "effectiveDirective": report.get("effective-directive")
                or report.get("violated-directive"),
                "disposition": report.get("disposition"),
                "documentURL": report.get("document-uri"),
                "blockedURL": report.get("blocked-uri"),
            }
        return
    for report in told[:MAX_VIOLATIONS] if isinstance(told, list) else ():
        if isinstance(report, dict) and report.get("type") == "csp-violation":
            body = report.get("body")
            if isinstance(body, dict):
                yield body


def _read(report: Mapping[str, object]) -> Violation:
    # Old browsers report the whole directive, including its sources.
    directive = _text(report, "effectiveDirective").partition(" ")[0]
    return Violation(
        directive=directive if directive in DIRECTIVES else OTHER,
        disposition="report" if _text(report, "disposition") == "report" else "enforce",
        endpoint=_endpoint(_text(report, "documentURL")),
        blocked=_blocked(_text(report, "blockedURL")),
    )


def _text(report: Mapping[str, object], name: str) -> str:
    value = report.get(name)
    return value if isinstance(value, str) else ""


def _endpoint(url: str) -> str:
    """The endpoint of a page URL, or "none".

    The URL itself is not kept, because URLs contain serials and single-use codes.
    """
    try:
        found, _ = current_app.url_map.bind("").match(urlsplit(url).path, method="GET")
    except (HTTPException, ValueError):
        return "none"
    return str(found)


def _blocked(url: str) -> str:
    if url in KINDS | SINKS:
        return url
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return OTHER
    if parts.scheme in KINDS:
        return parts.scheme
    return host if HOST.fullmatch(host) else OTHER
