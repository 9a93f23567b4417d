"""Health checks for monitoring: /healthz (liveness) and /readyz (readiness)."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable

from alembic.script import ScriptDirectory
from flask import Flask, Response, current_app, jsonify, make_response
from sqlalchemy import text

from flexapp.config import PROJECT
from flexapp.db.session import db
from flexapp.services import AppValue
from flexapp.web import assets, blueprint
from flexapp.web.access import Access, allow

log = logging.getLogger(__name__)

Check = Callable[[], bool]

_CHECKS: AppValue[dict[str, Check]] = AppValue("ready_checks", dict)
_SENDER_AGE: AppValue[Callable[[], float | None]] = AppValue("sender_age")


def add_check(app: Flask, name: str, check: Check) -> None:
    """Register a readiness check; `name` is the word that /readyz returns if the check fails."""
    _CHECKS.of(app)[name] = check


def report_sender(app: Flask, age: Callable[[], float | None]) -> None:
    """Register the seconds since an outbox sender was last active; None if none ever was."""
    _SENDER_AGE.set(app, age)


@blueprint.get("/healthz")
@allow(Access.PUBLIC)
def alive() -> Response:
    """Liveness: 200 while the process can respond."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@allow(Access.PUBLIC)
def ready() -> Response:
    """Readiness: 200, or 503 with a word for each failed check.

    The response includes the seconds since an outbox sender was last active. A stopped sender does
    not make the node unready: people can still register and assess, and their transmissions wait
    in the outbox.
    """
    reasons = _reasons()
    if reasons:
        log.warning("not ready: %s", ", ".join(reasons))
        return make_response(jsonify(status="not ready", reasons=reasons), 503)
    return jsonify(status="ok", sender_seconds=_SENDER_AGE.get()())


def _reasons() -> list[str]:
    try:
        found = db.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    except Exception:
        # The database is unreachable or empty, so no other check makes sense.
        db.session.rollback()
        return ["database"]
    reasons = [] if found == newest_migration() else ["migration"]
    if not assets.are_there(current_app):
        reasons.append("static")
    if not reasons:  # the checks read stored data, which needs the current schema
        reasons = [name for name, check in _CHECKS.get().items() if not check()]
    return reasons


@functools.cache
def newest_migration() -> str | None:
    """The newest migration (Alembic head) of this version of the code."""
    return ScriptDirectory(str(PROJECT / "flexapp" / "migrations")).get_current_head()
