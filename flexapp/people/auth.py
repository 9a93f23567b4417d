"""Loads who is signed in, once a request, and keeps out whom the view does not allow."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from flexapp.people import draft_decorators, repository
from flexapp.people.service import Visitor, visitor_from
from flexapp.people.sessions import token_digest
from flexapp.web import page_owner
from flexapp.web.access import Access, access_of
from flexapp.web.clock import utcnow
from flexapp.web.navigation import is_ours
from flexapp.web.unit_of_work import SAFE_METHODS, early_read, write_transaction

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=5)
"""How stale "last seen" may be, so that reading a page seldom writes."""

ANNOUNCED = timedelta(minutes=5)
"""How long before its end a session is announced to end: time to read, and to press a button."""

TAKEN_LATE = timedelta(days=7)
"""How long after the end of a session what its page still sends is kept as a draft: a page may be
left open over the holidays. A session that the person ended takes nothing."""

ENDS_IN = "Session-Ends-In"
"""Header of every answer to the script: seconds until the session ends, 0 when it has."""

GOING_TO = "going_to"
KEPT = "kept"
"""In the cookie: what was typed was kept before the person was sent to sign in."""

STAFFED = frozenset({Access.STAFF_BEGUN, Access.STAFF})
"""Whose guard is that of the counters."""

NO_SIGN_OF_LIFE = frozenset({"session.show"})
"""Endpoints that the page asks by itself."""


def init_app(app: Flask) -> None:
    """Stand before every view."""
    app.before_request(_guard)
    app.after_request(_say_when)
    app.context_processor(
        lambda: {
            "visitor": g.get("visitor"),
            "session_ends_in": seconds_left,
            "session_announced": int(ANNOUNCED.total_seconds()),
            "idle_hours": int(IDLE.total_seconds() // 3600),
        }
    )
    app.jinja_env.globals["is_drafted"] = _is_drafted
    page_owner.loaded_by(app, frozenset(Access) - STAFFED, lambda: _owner(_visitor_or_lapsed()))
    # The page of a stale form is drawn below this slice (web/errors.py).
    app.extensions["keep_stale"] = lambda: draft_decorators.keep_stale(_visitor_or_lapsed())


def seconds_left(visitor: Visitor) -> int:
    """How long the session still lasts if nothing is done."""
    ends = min(visitor.seen_at + IDLE, visitor.started_at + LONGEST)
    return max(0, int((ends - utcnow()).total_seconds()))


def can_be_extended(visitor: Visitor) -> bool:
    """Whether a sign of life would make the session last longer, by a minute at least."""
    return visitor.started_at + LONGEST - utcnow() > timedelta(seconds=seconds_left(visitor) + 60)


def extend_session() -> None:
    """The visitor is still there, and says so."""
    at = utcnow()
    _touch(g.visitor.sign_in_id, at)
    g.visitor = replace(g.visitor, seen_at=at)


def _guard() -> AnyResponse | None:
    # No endpoint: no such address, and the error page follows.
    access = access_of(current_app, request.endpoint) if request.endpoint else Access.PUBLIC
    # A system holds no cookie, and one that a browser sends means nothing; staff have a guard and a
    # session of their own (staff/auth.py), and are no resident meanwhile.
    if access in STAFFED or access is Access.MACHINE:
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
        return make_response(render_template("people/_asked_late.html"))
    form = draft_decorators.keep_late(g.expired_visitor)
    if form is None:
        remember_where()
    else:
        session[GOING_TO] = form
        if draft_decorators.is_autosave():
            return make_response("", 204)
        session[KEPT] = True
    return redirect(url_for("people.sign_in"), 303)


def _visitor_or_lapsed() -> Visitor | None:
    """Who is signed in, or was until the session ended by itself.

    For the page of a stale form: the check of the token comes before the guard.
    """
    if "expired_visitor" not in g:
        g.visitor = _load_visitor()
    found: Visitor | None = g.visitor or g.expired_visitor
    return found


def _owner(who: Visitor | None) -> str | None:
    """The owner of what is drawn for somebody (web/page_owner.py)."""
    return None if who is None else f"account:{who.account_id}"


def _is_drafted(action: str) -> bool:
    """Whether what is typed into the form of that address is kept for who is signed in."""
    return g.get("visitor") is not None and draft_decorators.is_drafted(action)


def _say_when(response: Response) -> Response:
    if "HX-Request" in request.headers and "expired_visitor" in g:
        visitor = g.get("visitor")
        response.headers[ENDS_IN] = str(0 if visitor is None else seconds_left(visitor))
    return response


def _load_visitor() -> Visitor | None:
    """Who is signed in; `g.lapsed` is who was, until the session ended by itself."""
    g.expired_visitor = None
    token = session.get("sid")
    if not token:
        return None
    with early_read():
        row = repository.visitor(token_digest(token))
    if row is None:
        return None
    found, at = visitor_from(row), utcnow()
    if not token.startswith(f"{found.account_id}."):
        return None
    over = max(at - found.seen_at - IDLE, at - found.started_at - LONGEST)
    if over > timedelta(0):
        g.expired_visitor = found if over <= TAKEN_LATE else None
        return None
    if at - found.seen_at > TOUCH_EVERY and request.endpoint not in NO_SIGN_OF_LIFE:
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
