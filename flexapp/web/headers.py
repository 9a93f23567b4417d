"""Security headers of every answer; the policy allows nothing but our own files."""

from __future__ import annotations

from functools import lru_cache

from flask import Flask, Response, g

POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
)

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Pages hold personal data and months that change; nothing keeps a copy of them.
    "Cache-Control": "no-store",
}


@lru_cache(maxsize=64)
def content_security_policy(frame_ancestors: tuple[str, ...] = ()) -> str:
    """The policy of a page that these origins, and no others, may show in a frame."""
    framed_by = " ".join(frame_ancestors) or "'none'"
    return "; ".join((*POLICY, f"frame-ancestors {framed_by}"))


def init_app(app: Flask) -> None:
    """Set the headers on whatever leaves the application."""
    app.after_request(_add)


def _add(response: Response) -> Response:
    headers = response.headers
    if "Content-Security-Policy" not in headers:
        # Set only for what a channel's webview shows (channels/embedding.py).
        policy = content_security_policy(g.get("frame_ancestors", ()))
        headers.add("Content-Security-Policy", policy)
    for name, value in HEADERS.items():
        if name not in headers:
            headers.add(name, value)
    return response
