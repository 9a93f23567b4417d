"""/session: the remaining time of the visitor's session, polled by the page."""

from __future__ import annotations

from math import ceil
from urllib.parse import urlsplit

from flask import Response, g, make_response, render_template, request, session

from flexapp.people import blueprint, draft_decorators, drafts
from flexapp.people.auth import (
    ANNOUNCED,
    DESTINATION_KEY,
    LONGEST,
    can_be_extended,
    extend_session,
    remember_where,
    seconds_left,
)
from flexapp.web.access import Access, allow
from flexapp.web.clock import utcnow
from flexapp.web.htmx import wants_fragment
from flexapp.web.links import Page, page_url
from flexapp.web.navigation import is_local, see_other


@blueprint.get("/session")
@allow(Access.PUBLIC)
def session_state() -> Response:
    """Return an empty fragment, an announcement shortly before the end, or the notice of the end.

    The page polls instead of using a timer, because another tab or app may have extended the
    session, and timers stop while a phone sleeps. Polling does not extend the session.
    """
    if not wants_fragment():
        return see_other(page_url(Page.HOME))
    if g.visitor is None:
        return _ended()
    left = seconds_left(g.visitor)
    if left > ANNOUNCED.total_seconds():
        return make_response("")
    return make_response(
        render_template(
            "people/session.html",
            fragment="ending",
            minutes=max(1, ceil(left / 60)),
            can_be_put_off=can_be_extended(g.visitor),
            longest=int(LONGEST.total_seconds() // 3600),
        )
    )


@blueprint.post("/session/extend")
@allow(Access.ACCOUNT)
def stay_signed_in() -> Response:
    """Extend the session (继续使用)."""
    extend_session()
    if wants_fragment():
        return make_response(render_template("people/session.html", fragment="extended"))
    page = urlsplit(request.referrer or "")
    back = page.path + (f"?{page.query}" if page.query else "")
    ours = page.netloc == request.host and is_local(back)
    return see_other(back if ours else page_url(Page.ME))


def _ended() -> Response:
    form, kept = request.args.get("form", ""), False
    if g.expired_visitor is not None and draft_decorators.is_drafted(form):
        draft = drafts.find(account_id=g.expired_visitor.account_id, form=form, at=utcnow())
        kept = draft is not None
    if kept:
        # Not the URL of the page, because its query (months, base) would override the draft.
        session[DESTINATION_KEY] = form
    else:
        remember_where()
    return make_response(
        render_template(
            "people/session.html",
            fragment="ended",
            kept=kept,
            expired=g.expired_visitor is not None,
        )
    )
