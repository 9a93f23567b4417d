"""Loads who of the staff is signed in, and keeps out whom the view does not allow."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from flexapp.counter import signing_in
from flexapp.web.access import Access, access_of, roles_of
from flexapp.web.clock import instant
from flexapp.web.unit_of_work import SAFE_METHODS, reading_ahead, write_transaction

TOUCH_EVERY = timedelta(minutes=1)

COOKIE = "staff"
"""The session's own key: a clerk's browser may hold a resident's session beside it."""


def init_app(app: Flask) -> None:
    """Stand before every view of the counters."""
    app.before_request(_guard)
    app.context_processor(lambda: {"counter_session": g.get("counter_session")})


def _guard() -> Response | None:
    if request.endpoint is None:
        return None
    access = access_of(current_app, request.endpoint)
    if access not in (Access.STAFF, Access.STAFF_BEGUN):
        return None
    g.counter_session = found = _load()
    if found is None:
        return redirect(url_for("counter.sign_in"), 303)
    if access is Access.STAFF_BEGUN:
        return None
    if not found.complete:
        return redirect(url_for(next_step(found)), 303)
    if found.clerk.role not in roles_of(current_app, request.endpoint):
        abort(403)
    return None


def next_step(found: signing_in.Session) -> str:
    """What is left of signing in, as an endpoint."""
    if found.must_change:
        return "counter.password"
    return "counter.code" if found.has_second_factor else "counter.enrol"


def _load() -> signing_in.Session | None:
    token = session.get(COOKIE)
    if not token:
        return None
    with reading_ahead():
        found = signing_in.find(token=token, at=instant())
    if found is not None and found.complete and instant() - found.seen_at > TOUCH_EVERY:
        if request.method in SAFE_METHODS:
            with write_transaction():
                signing_in.seen(token=token, at=instant())
        else:
            signing_in.seen(token=token, at=instant())
    return found
