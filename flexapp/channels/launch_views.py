"""POST /open/v1/launches for vendors' servers, /launch/<code> for residents.

The request has `Content-Type: application/jose`; its body is the compact JWS and nothing else. The
answer is 201 `{"launch_url", "expires_at"}`, or problem+json with a reason of `launch_errors`.
"""

from __future__ import annotations

from datetime import UTC

from flask import Response, current_app, g, jsonify, make_response, request, session
from werkzeug.exceptions import RequestEntityTooLarge

from flexapp.channels import blueprint, launch
from flexapp.channels.launch_errors import LAUNCH_ERRORS
from flexapp.channels.pages import LaunchPage, LaunchRefusedPage
from flexapp.channels.webview import enter_webview
from flexapp.config import Settings
from flexapp.db.session import csrf
from flexapp.rules.refusal import Refusal
from flexapp.services import services
from flexapp.web import (
    client_ip,
    metrics,
    rate_limit,
)
from flexapp.web.access import Access, allow
from flexapp.web.clock import now, today, utcnow
from flexapp.web.forms import RESUBMIT
from flexapp.web.htmx import render
from flexapp.web.idempotency import idempotent
from flexapp.web.navigation import see_other
from flexapp.web.origin_check import CHANNEL, first_in_webview
from flexapp.web.problem_json import problem
from flexapp.web.unit_of_work import write_transaction

MEDIA_TYPE = "application/jose"
MAX_BODY = 8 * 1024
"""Bytes; a valid message has about an eighth of it."""

STATUS = {"launch_unknown": 404, "launch_used": 410, "launch_expired": 410}
"""HTTP status of a refused link, by reason; 403 for any other, such as an unusable app."""


@blueprint.post("/open/v1/launches")
@allow(Access.MACHINE)
def create_launch() -> Response:
    """Create a single-use link for the person named in a vendor's signed message."""
    if request.mimetype != MEDIA_TYPE:
        return _refused("content_type")
    request.max_content_length = MAX_BODY
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        return _refused("too_large")
    outcome = launch.accept(
        message=body.decode("ascii", "replace").strip(),
        sender=client_ip.client(),
        registry=services().population,
        at=utcnow(),
        today=today(),
    )
    if isinstance(outcome, launch.Link):
        settings: Settings = current_app.config["SETTINGS"]
        answer = jsonify(
            launch_url=f"{settings.public_url}/launch/{outcome.code}",
            expires_at=outcome.expires_at.astimezone(UTC).isoformat(timespec="seconds"),
        )
        return make_response(answer, 201)
    faults = [(refusal.field, refusal.sentence) for refusal in outcome if refusal.field]
    if faults:
        return _refused("invalid_claims", [(field or "", text) for field, text in faults])
    answer = _refused(outcome[0].reason)
    if isinstance(outcome[0], launch.TooMany):
        answer.headers["Retry-After"] = str(rate_limit.seconds(outcome[0].within))
    return answer


# Reads no cookie: the signature authenticates the caller.
csrf.exempt(create_launch)


@blueprint.get("/launch/<code>")
@allow(Access.PUBLIC)
def show_launch(code: str) -> Response:
    """Show whom the link is for. Webviews prefetch addresses, so this does not use up the link."""
    waiting = launch.look(code=code, at=utcnow())
    if isinstance(waiting, Refusal):
        if waiting == launch.EXPIRED:
            with write_transaction():
                launch.forget(at=utcnow())
        return _refused_page(code, waiting, STATUS.get(waiting.reason, 403))
    enter_webview(waiting.app.code)
    page = LaunchPage.of(code, waiting, g.visitor)
    return render("channels/launch.html", page=page)


@blueprint.post("/launch/<code>")
@allow(Access.PUBLIC)
@first_in_webview
@idempotent
def follow_launch(code: str) -> Response:
    """继续: use up the link, begin a new session, and redirect to the target page."""
    if RESUBMIT in request.form:
        return show_launch(code)
    entered = launch.go_on(code=code, instead_of=session.get("sid"), at=now(), begins_at=utcnow())
    if isinstance(entered, Refusal):
        return _refused_page(code, entered, 422)
    # Drop everything of the previous session: no session fixation, and a new CSRF secret.
    session.clear()
    enter_webview(entered.channel)
    session["sid"] = entered.token
    session[CHANNEL] = entered.channel
    return see_other(entered.target)


@blueprint.post("/launch/<code>/decline")
@allow(Access.PUBLIC)
@first_in_webview
def decline_launch(code: str) -> Response:
    """不是我: use up the link. The browser's open session is kept."""
    channel = launch.channel_of(code)
    if channel is not None:
        enter_webview(channel)
    launch.decline(code=code, at=utcnow())
    return render("channels/declined.html")


@blueprint.get("/leave")
@allow(Access.PUBLIC)
def leave() -> Response:
    """Target of 返回 App if the script cannot close the webview."""
    return render("channels/leave.html")


def _refused(reason: str, errors: list[tuple[str, str]] | None = None) -> Response:
    status, sentence = LAUNCH_ERRORS[reason]
    if errors:
        names = "、".join(field for field, _ in errors)
        sentence = f"{names} 不对：{''.join(text for _, text in errors)}"
    return problem(status, reason, sentence, errors or ())


def _refused_page(code: str, refusal: Refusal, status: int) -> Response:
    metrics.refused(refusal.reason)
    channel = launch.channel_of(code)
    if channel is not None:
        enter_webview(channel)
    page = LaunchRefusedPage(refusal.sentence, signed_in=g.visitor is not None)
    return render("channels/launch_refused.html", status, page=page)
