"""Load the visitor once per request and enforce the access that each view declares."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from flexapp.people import draft_decorators, repository, visitor_repository
from flexapp.people.service import Visitor, visitor_from
from flexapp.people.sessions import token_digest
from flexapp.web import errors, page_owner
from flexapp.web.access import Access, add_guard
from flexapp.web.clock import utcnow
from flexapp.web.navigation import is_local
from flexapp.web.unit_of_work import SAFE_METHODS, early_read, write_transaction

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=5)
"""Maximum age of "last seen" before it is updated, so that reading a page rarely writes."""

ANNOUNCED = timedelta(minutes=5)
"""How long before its end a session is announced to end; enough to read and press a button."""

KEPT_WHEN_EXPIRED = timedelta(days=7)
"""How long after a session expired a POST from its page is still saved as a draft.

A page may stay open over the holidays. After a sign-out nothing is saved.
"""

ENDS_IN = "Session-Ends-In"
"""Response header for htmx requests: seconds until the session ends; 0 if it has ended."""

DESTINATION_KEY = "going_to"
KEPT = "kept"
"""Key in the Flask session: a draft was saved before the redirect to the sign-in page."""

CHECKED_HERE = frozenset({Access.PUBLIC, Access.ACCOUNT, Access.PERSON, Access.MACHINE})
"""Accesses that this guard checks; staff have their own guard and session (staff/auth.py)."""

NOT_ACTIVITY = frozenset({"people.session_state"})
"""Endpoints that the page polls; a request to them does not extend the session."""


def init_app(app: Flask) -> None:
    """Register the guard and the template variables."""
    add_guard(app, CHECKED_HERE, _guard)
    app.context_processor(
        lambda: {
            "visitor": g.get("visitor"),
            "session_ends_in": seconds_left,
            "session_announced": int(ANNOUNCED.total_seconds()),
            "idle_hours": int(IDLE.total_seconds() // 3600),
        }
    )
    app.jinja_env.globals["is_drafted"] = _is_drafted
    # layouts/page.html includes it in every page.
    app.jinja_env.globals["session_notice"] = "people/_session.html"
    page_owner.loaded_by(app, CHECKED_HERE, lambda: _owner(_visitor_or_lapsed()))
    errors.on_stale_form(app, lambda: draft_decorators.keep_stale(_visitor_or_lapsed()))


def seconds_left(visitor: Visitor) -> int:
    """Return the seconds until the session expires without further activity."""
    ends = min(visitor.seen_at + IDLE, visitor.started_at + LONGEST)
    return max(0, int((ends - utcnow()).total_seconds()))


def can_be_extended(visitor: Visitor) -> bool:
    """Whether activity would extend the session by at least a minute."""
    return visitor.started_at + LONGEST - utcnow() > timedelta(seconds=seconds_left(visitor) + 60)


def extend_session() -> None:
    """Record activity of the visitor, which extends the session."""
    at = utcnow()
    _touch(g.visitor.sign_in_id, at)
    g.visitor = replace(g.visitor, seen_at=at)


def _guard(access: Access) -> AnyResponse | None:
    # Machine clients do not use cookies, so a cookie is ignored here.
    if access is Access.MACHINE:
        g.visitor = None
        return None
    g.visitor = _load_visitor()
    g.page_owner = _owner(g.visitor)
    if access is Access.PUBLIC:
        return None
    if g.visitor is None:
        return _to_sign_in()
    if access is Access.PERSON and g.visitor.person is None:
        remember_where()
        return redirect(url_for("people.real_name"), 303)
    return None


def _to_sign_in() -> AnyResponse:
    if g.expired_visitor is not None and draft_decorators.is_background_request():
        return make_response(render_template("people/session.html", fragment="late"))
    form = draft_decorators.keep_expired(g.expired_visitor)
    if form is None:
        remember_where()
    else:
        session[DESTINATION_KEY] = form
        if draft_decorators.is_autosave():
            return make_response("", 204)
        session[KEPT] = True
    return redirect(url_for("people.sign_in"), 303)


def _visitor_or_lapsed() -> Visitor | None:
    """Return the visitor, or the visitor of an expired session.

    Loads them if the guard has not run: the page of a stale form is rendered when the CSRF check
    fails, before the guard.
    """
    if "expired_visitor" not in g:
        g.visitor = _load_visitor()
    found: Visitor | None = g.visitor or g.expired_visitor
    return found


def _owner(who: Visitor | None) -> str | None:
    """Return the page owner of a visitor (web/page_owner.py)."""
    return None if who is None else f"account:{who.account_id}"


def _is_drafted(action: str) -> bool:
    """Whether input to the form with this action is saved as a draft for the current visitor."""
    return g.get("visitor") is not None and draft_decorators.is_drafted(action)


def session_end(response: Response) -> Response:
    """Add the header `ENDS_IN` to a response for htmx."""
    if "HX-Request" in request.headers and "expired_visitor" in g:
        visitor = g.get("visitor")
        response.headers[ENDS_IN] = str(0 if visitor is None else seconds_left(visitor))
    return response


def _load_visitor() -> Visitor | None:
    """Return the visitor, or None; sets `g.expired_visitor` if the session has expired."""
    g.expired_visitor = None
    token = session.get("sid")
    if not token:
        return None
    with early_read():
        reads = request.method in SAFE_METHODS
        row = visitor_repository.visitor(token_digest(token), joined=reads)
    if row is None:
        return None
    found, at = visitor_from(row), utcnow()
    if not token.startswith(f"{found.account_id}."):
        return None
    over = max(at - found.seen_at - IDLE, at - found.started_at - LONGEST)
    if over > timedelta(0):
        g.expired_visitor = found if over <= KEPT_WHEN_EXPIRED else None
        return None
    if at - found.seen_at > TOUCH_EVERY and request.endpoint not in NOT_ACTIVITY:
        _touch(found.sign_in_id, at)
        return replace(found, seen_at=at)
    return found


def _touch(sign_in_id: int, at: datetime) -> None:
    if request.method in SAFE_METHODS:
        with write_transaction():
            repository.touch(sign_in_id, at)
    else:
        repository.touch(sign_in_id, at)


def remember_where() -> None:
    """Store the page to return to after sign-in: the requested page, or the page of a POST.

    The POST itself is not repeated.
    """
    if "HX-Request" in request.headers:
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
    elif request.method == "GET":
        page = urlsplit(request.url)
    else:
        page = urlsplit(request.referrer or "")
    if page.netloc == request.host and is_local(page.path):
        session[DESTINATION_KEY] = page.path + (f"?{page.query}" if page.query else "")


def take_destination(default: str) -> str:
    """Return and clear the stored page to return to; `default` if there is none."""
    wanted = str(session.pop(DESTINATION_KEY, default))
    return wanted if is_local(wanted) else default
