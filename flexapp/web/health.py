"""For machines that watch: is the process alive, and can it do its work."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping

from alembic.script import ScriptDirectory
from flask import Blueprint, Flask, Response, current_app, jsonify, make_response
from sqlalchemy import text

from flexapp.config import PROJECT
from flexapp.db.session import db
from flexapp.web import assets
from flexapp.web.access import Access, allow

log = logging.getLogger(__name__)

blueprint = Blueprint("health", __name__)

Check = Callable[[], bool]


def add_check(app: Flask, name: str, check: Check) -> None:
    """One more thing that must hold; `name` is the one word by which /readyz says it does not."""
    app.extensions.setdefault("ready_checks", {})[name] = check


@blueprint.get("/healthz")
@allow(Access.PUBLIC)
def alive() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@allow(Access.PUBLIC)
def ready() -> Response:
    """Whether requests may come here; 503 with a word for each thing that does not hold.

    How long ago a sender was last at work is told as well. It makes no node unready: people go on
    registering and assessing while nothing is sent, and what they transmit waits.
    """
    reasons = _reasons()
    if reasons:
        log.warning("not ready: %s", ", ".join(reasons))
        return make_response(jsonify(status="not ready", reasons=reasons), 503)
    return jsonify(status="ok", sender_seconds=current_app.extensions["sender_age"]())


def _reasons() -> list[str]:
    try:
        found = db.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    except Exception:
        # Unreachable, or empty: nothing else can be asked of it.
        db.session.rollback()
        return ["database"]
    reasons = [] if found == newest_migration() else ["migration"]
    if not assets.are_there(current_app):
        reasons.append("static")
    if not reasons:  # what is stored can be read only where the tables are as the code knows them
        checks: Mapping[str, Check] = current_app.extensions.get("ready_checks", {})
        reasons = [name for name, check in checks.items() if not check()]
    return reasons


@functools.cache
def newest_migration() -> str | None:
    """The newest migration that this code brings along."""
    return ScriptDirectory(str(PROJECT / "flexapp" / "migrations")).get_current_head()
