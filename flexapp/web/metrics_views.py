"""GET /metrics, for the bureau's own Prometheus only."""

from __future__ import annotations

import hmac

from flask import Response, abort, current_app, request

from flexapp.config import Settings
from flexapp.web import blueprint
from flexapp.web.access import Access, allow
from flexapp.web.metrics import exposition, gauges


@blueprint.get("/metrics")
@allow(Access.PUBLIC)
def show_metrics() -> Response:
    """The metrics, for requests with FLEXAPP_METRICS_TOKEN as bearer token.

    401 with another token or none; 404 if the setting is absent.
    """
    settings: Settings = current_app.config["SETTINGS"]
    if settings.metrics_token is None:
        abort(404)
    shown = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(shown, f"Bearer {settings.metrics_token}".encode()):
        return Response(status=401, headers={"WWW-Authenticate": "Bearer"})
    text, media_type = exposition(gauges())
    return Response(text, content_type=media_type)
