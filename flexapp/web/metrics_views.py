"""/metrics: what is counted, for the bureau's own Prometheus and for nobody else."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, abort, current_app, request

from flexapp.config import Settings
from flexapp.web.access import Access, allow
from flexapp.web.metrics import exposition

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
@allow(Access.PUBLIC)
def show() -> Response:
    """The figures, for the bearer of FLEXAPP_METRICS_TOKEN; without one set, no such page."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.metrics_token is None:
        abort(404)
    shown = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(shown, f"Bearer {settings.metrics_token}".encode()):
        return Response(status=401, headers={"WWW-Authenticate": "Bearer"})
    text, media_type = exposition(current_app.extensions["gauges"])
    return Response(text, content_type=media_type)
