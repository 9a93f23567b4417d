"""Security headers of every answer; the policy allows nothing but our own files.

A whole page also says where to report what its policy blocks, and has a stricter one tried on it,
which blocks nothing: trusted types, by which a text becomes markup only through the one policy of
the script (static/src/app.js), and never a script. A fragment is text to the page that fetched it:
that page's policy decides, so it carries the enforced one alone, and stays small.
"""

from __future__ import annotations

from functools import lru_cache

from flask import Flask, Response, current_app, g

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
"""New browsers take it in place of the address, but by TLS alone: else they report nothing."""

TRIED = f"require-trusted-types-for 'script'; trusted-types default; {REPORT_URI}"

HEADERS = {
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Pages hold personal data and months that change; nothing keeps a copy of them.
    "Cache-Control": "no-store",
}

HTTPS_ONLY = "max-age=31536000; includeSubDomains"
"""A year, in which a browser that was here once asks by nothing but TLS."""


@lru_cache(maxsize=64)
def content_security_policy(frame_ancestors: tuple[str, ...] = ()) -> str:
    """The policy of a page that these origins, and no others, may show in a frame."""
    framed_by = " ".join(frame_ancestors) or "'none'"
    return "; ".join((*POLICY, f"frame-ancestors {framed_by}"))


def policies(
    settings: Settings, frame_ancestors: tuple[str, ...] = (), *, is_page: bool
) -> dict[str, str]:
    """The headers of what a browser shows as a page of its own, or of a fragment."""
    return _policies(frame_ancestors, is_page=is_page, by_tls=_is_by_tls(settings))


def file_headers(settings: Settings) -> dict[str, str]:
    """What every answer says, and the built files too."""
    return _file_headers(by_tls=_is_by_tls(settings))


def _policies(frame_ancestors: tuple[str, ...], *, is_page: bool, by_tls: bool) -> dict[str, str]:
    enforced = content_security_policy(frame_ancestors)
    if not is_page:
        return {"Content-Security-Policy": enforced}
    report_to = REPORT_TO if by_tls else ""
    headers = {
        "Content-Security-Policy": f"{enforced}; {REPORT_URI}{report_to}",
        "Content-Security-Policy-Report-Only": f"{TRIED}{report_to}",
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
    """All that an answer says: the same for nearly every one."""
    said = _policies(frame_ancestors, is_page=is_page, by_tls=by_tls)
    return tuple((said | HEADERS | _file_headers(by_tls=by_tls)).items())


def init_app(app: Flask) -> None:
    """Set the headers on whatever leaves the application."""
    app.after_request(_add)


def _add(response: Response) -> Response:
    headers = response.headers
    is_page = response.mimetype == "text/html" and not wants_fragment()
    by_tls = _is_by_tls(current_app.config["SETTINGS"])
    there = {name.lower() for name, _ in headers}
    # Somebody may frame only what a channel's webview shows (channels/webview.py).
    for name, value in _wanted(g.get("frame_ancestors", ()), is_page=is_page, by_tls=by_tls):
        if name.lower() not in there:
            headers.add(name, value)
    return response
