"""Security headers of every response; the content security policy allows only our own files.

A full page also names the URL for violation reports, and has a second, stricter policy in
report-only mode, which blocks nothing: trusted types. Under it, text becomes markup only through
the policy of our script (static/src/app.js), and never becomes a script.

A fragment is subject to the policy of the page that fetched it. It carries only the enforced
policy, which keeps it small.
"""

from __future__ import annotations

from functools import lru_cache

from flask import Response, current_app, g

from flexapp.config import Settings
from flexapp.web.htmx import wants_fragment

POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
)

REPORTS = "/csp-reports"
REPORT_URI = f"report-uri {REPORTS}"
REPORT_TO = "; report-to csp"
"""Replaces `report-uri` in new browsers. They send such reports only over TLS.

It is therefore omitted without TLS: these browsers would send no reports at all.
"""

REPORT_ONLY = f"require-trusted-types-for 'script'; trusted-types default; {REPORT_URI}"

HEADERS = {
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Pages contain personal data and months that change, so no cache may store them.
    "Cache-Control": "no-store",
}

HTTPS_ONLY = "max-age=31536000; includeSubDomains"
"""One year during which a browser that has visited the site uses only TLS."""


@lru_cache(maxsize=64)
def content_security_policy(frame_ancestors: tuple[str, ...] = ()) -> str:
    """The enforced policy of a page; only these origins may show the page in a frame."""
    framed_by = " ".join(frame_ancestors) or "'none'"
    return "; ".join((*POLICY, f"frame-ancestors {framed_by}"))


def policies(
    settings: Settings, frame_ancestors: tuple[str, ...] = (), *, is_page: bool
) -> dict[str, str]:
    """The policy headers of a full page (`is_page`) or of a fragment."""
    return _policies(frame_ancestors, is_page=is_page, by_tls=_is_by_tls(settings))


def file_headers(settings: Settings) -> dict[str, str]:
    """The headers of all responses, including the built static files."""
    return _file_headers(by_tls=_is_by_tls(settings))


def _policies(frame_ancestors: tuple[str, ...], *, is_page: bool, by_tls: bool) -> dict[str, str]:
    enforced = content_security_policy(frame_ancestors)
    if not is_page:
        return {"Content-Security-Policy": enforced}
    report_to = REPORT_TO if by_tls else ""
    headers = {
        "Content-Security-Policy": f"{enforced}; {REPORT_URI}{report_to}",
        "Content-Security-Policy-Report-Only": f"{REPORT_ONLY}{report_to}",
    }
    return headers | ({"Reporting-Endpoints": f'csp="{REPORTS}"'} if report_to else {})


def _file_headers(*, by_tls: bool) -> dict[str, str]:
    headers = {"X-Content-Type-Options": "nosniff"}
    if by_tls:
        headers["Strict-Transport-Security"] = HTTPS_ONLY
    return headers


def _is_by_tls(settings: Settings) -> bool:
    return settings.public_url.startswith("https://")


@lru_cache(maxsize=64)
def _wanted(
    frame_ancestors: tuple[str, ...], *, is_page: bool, by_tls: bool
) -> tuple[tuple[str, str], ...]:
    """All security headers of a response; cached, because they are nearly always the same."""
    said = _policies(frame_ancestors, is_page=is_page, by_tls=by_tls)
    return tuple((said | HEADERS | _file_headers(by_tls=by_tls)).items())


def add(response: Response) -> Response:
    """Set the security headers that the response does not have."""
    headers = response.headers
    is_page = response.mimetype == "text/html" and not wants_fragment()
    by_tls = _is_by_tls(current_app.config["SETTINGS"])
    there = {name.lower() for name, _ in headers}
    # Only the pages in a channel's webview may be framed (channels/webview.py).
    for name, value in _wanted(g.get("frame_ancestors", ()), is_page=is_page, by_tls=by_tls):
        if name.lower() not in there:
            headers.add(name, value)
    return response
