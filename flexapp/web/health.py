"""For machines that watch: is the process alive, and can it do its work."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, make_response
from sqlalchemy import text

from flexapp.extensions import db
from flexapp.web.access import Access, allow

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@allow(Access.PUBLIC)
def alive() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@allow(Access.PUBLIC)
def ready() -> Response:
    """The database answers and holds a migrated schema; 503 otherwise."""
    try:
        db.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    except Exception:
        return make_response(jsonify(status="database not ready"), 503)
    return jsonify(status="ok")
