"""Security headers of every answer; the policy allows nothing but our own files."""

from __future__ import annotations

from flask import Flask, Response

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Pages hold personal data and months that change; nothing keeps a copy of them.
    "Cache-Control": "no-store",
}


def init_app(app: Flask) -> None:
    """Set the headers on whatever leaves the application."""
    app.after_request(_add)


def _add(response: Response) -> Response:
    headers = response.headers
    for name, value in HEADERS.items():
        if name not in headers:
            headers.add(name, value)
    return response
