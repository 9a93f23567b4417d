"""Loads who is signed in, once a request, and keeps out whom the view does not allow."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import Flask, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from flexapp.people import repository
from flexapp.people.service import Visitor, visitor_from
from flexapp.people.signing_in import token_digest
from flexapp.web.access import Access, access_of
from flexapp.web.clock import instant
from flexapp.web.navigation import is_ours
from flexapp.web.unit_of_work import SAFE_METHODS, reading_ahead, write_transaction

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=5)
"""How stale "last seen" may be, so that reading a page seldom writes."""

GOING_TO = "going_to"


def init_app(app: Flask) -> None:
    """Stand before every view."""
    app.before_request(_guard)
    app.context_processor(lambda: {"visitor": g.get("visitor")})


def _guard() -> Response | None:
    # No endpoint: no such address, and the error page follows.
    access = access_of(current_app, request.endpoint) if request.endpoint else Access.PUBLIC
    # A system holds no cookie, and one that a browser sends means nothing; staff have a guard and a
    # session of their own (counter/guard.py), and are no resident meanwhile.
    if access in (Access.MACHINE, Access.STAFF_BEGUN, Access.STAFF):
        g.visitor = None
        return None
    g.visitor = _load_visitor()
    if access is Access.PUBLIC:
        return None
    if g.visitor is None:
        _remember_where()
        return redirect(url_for("people.sign_in"), 303)
    if access is Access.PERSON and g.visitor.person is None:
        _remember_where()
        return redirect(url_for("people.real_name"), 303)
    return None


def _load_visitor() -> Visitor | None:
    token = session.get("sid")
    if not token:
        return None
    with reading_ahead():
        row = repository.visitor(token_digest(token))
    if row is None:
        return None
    found, at = visitor_from(row), instant()
    if at - found.seen_at > IDLE or at - found.started_at > LONGEST:
        return None
    if at - found.seen_at > TOUCH_EVERY:
        _touch(found.sign_in_id, at)
    return found


def _touch(sign_in_id: int, at: datetime) -> None:
    if request.method in SAFE_METHODS:
        with write_transaction():
            repository.touch(sign_in_id, at)
    else:
        repository.touch(sign_in_id, at)


def _remember_where() -> None:
    """Keep the page the person was going to, or on; a POST is not repeated after signing in."""
    if "HX-Request" in request.headers:
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
    elif request.method == "GET":
        page = urlsplit(request.url)
    else:
        page = urlsplit(request.referrer or "")
    if page.netloc == request.host and is_ours(page.path):
        session[GOING_TO] = page.path + (f"?{page.query}" if page.query else "")


def take_destination(default: str) -> str:
    """Where the person was going, once."""
    wanted = str(session.pop(GOING_TO, default))
    return wanted if is_ours(wanted) else default
