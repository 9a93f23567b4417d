"""Error handlers: each exception becomes an error page that says what to do next."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

from flask import (
    Flask,
    Response,
    g,
    make_response,
    redirect,
    render_template,
    request,
)
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import (
    DataError,
    IntegrityError,
    OperationalError,
    PendingRollbackError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import (
    BadHost,
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
)

from flexapp.db.session import db
from flexapp.rules.text import printable
from flexapp.services import AppValue
from flexapp.web import address_correction, metrics, page_owner, request_ids, sessions
from flexapp.web.error_pages import (
    PAGES,
    ErrorPage,
    ForbiddenHere,
    area_of_request,
    problem_sentence,
)
from flexapp.web.forms import DRAFT, MARK, PAGE_OWNER, RESUBMIT
from flexapp.web.htmx import wants_fragment
from flexapp.web.idempotency import FIELD as ONCE
from flexapp.web.problem_json import problem, wants_problem
from flexapp.web.rate_limit import TooMany, in_words

log = logging.getLogger(__name__)


COPIED_HEADERS = frozenset({"Allow", "Retry-After"})
"""Headers of an HTTP exception that are copied to its error page."""

NOT_SENT_BACK = frozenset({"csrf_token", ONCE, RESUBMIT, DRAFT, PAGE_OWNER, "code"})
"""Fields that the stale-form page does not send back: technical ones and sign-in codes."""

TRANSIENT = (OperationalError, NoConnection, PendingRollbackError)
"""Transient database errors (too busy, unreachable, connection lost): trying again is safe."""

_KEEP_STALE: AppValue[Callable[[], None]] = AppValue("keep_stale")


def on_stale_form(app: Flask, keep: Callable[[], None]) -> None:
    """Register what saves the input of a stale form of the signed-in person."""
    _KEEP_STALE.set(app, keep)


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http_error)
    for kind in TRANSIENT:
        app.register_error_handler(kind, _busy)
    app.register_error_handler(IntegrityError, _conflict)
    app.register_error_handler(DataError, _unstorable)
    app.register_error_handler(Exception, _fault)


def _page(status: int, error: ErrorPage | None = None, allow: str = "") -> Response:
    # After a failure the commit hook (web/unit_of_work.py) must not commit partial changes.
    db.session.rollback()
    if wants_problem():
        return problem(status, f"http_{status}", problem_sentence(status, allow))
    area = area_of_request()
    error = error or area.page(status)
    # htmx gets only a notice: the page stays in place with what the person typed into it.
    fragment = "notice" if wants_fragment() else None
    # For an internal error, show the short request id: callers read it out, and we find the log.
    number = request_ids.short() if status == InternalServerError.code else ""
    response = make_response(
        render_template(
            "errors/error.html",
            fragment=fragment,
            error=error,
            area=area,
            again=_again(error),
            number=number,
        ),
        status,
    )
    response.headers["HX-Retarget"] = "#notice"
    response.headers["HX-Reswap"] = "innerHTML"
    return response


def _again(error: ErrorPage) -> str | None:
    """The URL of the "try again" link: the same page, or the page of the submitted form.

    None if the error is not temporary.
    """
    if not error.passes:
        return None
    if request.method not in ("GET", "HEAD"):
        # After a rate limit nothing was done, so repeating is safe. After any other error the
        # person should first check what was done.
        return address_correction.page_of_form() if error.title == PAGES[429].title else None
    # Exactly one leading slash: a URL that starts with two leads to another site.
    path = "/" + quote(request.path.lstrip("/"))
    query = request.query_string.decode("ascii", "ignore")
    return f"{path}?{query}" if query else path


def _redirected(error: HTTPException) -> Response | None:
    """Redirect from an almost correct URL to the intended page; None if not applicable.

    Only for GET and HEAD, and not for other systems.
    """
    if request.method not in ("GET", "HEAD") or wants_problem():
        return None
    if isinstance(error, NotFound) and request.url_rule is None:
        location = address_correction.corrected()
        return None if location is None else make_response(redirect(location, 308))
    if isinstance(error, MethodNotAllowed) or (
        isinstance(error, NotFound) and address_correction.is_of_a_form()
    ):
        return make_response(redirect(address_correction.nearest_page(), 303))
    return None


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    # Set if the final commit failed after the view had returned.
    beneath = getattr(error, "original_exception", None)
    if isinstance(beneath, TRANSIENT):
        metrics.busy()
        return _page(503)
    if isinstance(beneath, IntegrityError):
        return _page(409)
    if error.response is not None or status < 400:
        return make_response(error.get_response())
    if isinstance(error, BadHost) and not wants_problem():
        # Without a valid host no URL can be built, and every page contains URLs.
        return Response(PAGES[400].sentence, status, content_type="text/plain; charset=utf-8")
    elsewhere = _redirected(error)
    if elsewhere is not None:
        return elsewhere
    headers = dict(error.get_headers())
    page = area_of_request().page(status)
    if isinstance(error, ForbiddenHere):
        page = error.page
    if status == TooMany.code:
        when = in_words(error.wait) if isinstance(error, TooMany) else "过一会儿"
        page = replace(page, advice=page.advice.format(when=when))
    response = _page(status, page, headers.get("Allow", ""))
    for name, value in headers.items():
        if name in COPIED_HEADERS:
            response.headers[name] = value
    return response


def _busy(error: SQLAlchemyError) -> Response:
    log.exception("the database refused")
    metrics.busy()
    return _page(503)


def _conflict(error: IntegrityError) -> Response:
    # A concurrent request inserted the same unique value first.
    log.exception("the database refused")
    return _page(409)


def _unstorable(error: DataError) -> Response:
    # PostgreSQL cannot store NUL in text, so nothing with such a name exists.
    log.info("the database holds no such value")
    status = 404 if request.method in ("GET", "HEAD") else 400
    return _page(status)


def _fault(error: Exception) -> Response:
    log.exception("unhandled fault")
    return _page(InternalServerError.code or 500)


def _stale_form(error: CSRFError) -> Response:
    """Invalid CSRF token: the page was open too long, or the form is not from our page.

    The submission has no effect. The entered values are put back into the form, and the person
    submits it again. They are dropped if another person entered them on the same phone, or if the
    request is not known to come from our page: its session would not be saved, so the form could
    not be submitted again.
    """
    db.session.rollback()
    if sessions.may_be_framed() and not sessions.was_sent():
        return _refused_cookie()
    theirs = sessions.can_be_kept() and not page_owner.is_of_another()
    if theirs and page_owner.is_own():
        _KEEP_STALE.get()()
    typed = [
        (printable(name), printable(value))
        for name, value in request.form.items(multi=True)
        if theirs and name not in NOT_SENT_BACK and not name.startswith(MARK)
    ]
    return _in_place_of_page(
        "stale_form",
        typed=typed,
        resume=RESUBMIT,
        cookies=bool(request.cookies),
        area=area_of_request(),
    )


def _refused_cookie() -> Response:
    """Explain that the browser refuses cookies in a frame; the page works outside the frame."""
    return _in_place_of_page("outside", way_in=g.get("way_in"))


def _in_place_of_page(name: str, **context: object) -> Response:
    fragment = "main" if wants_fragment() else None
    response = make_response(
        render_template(f"errors/{name}.html", fragment=fragment, **context), 400
    )
    response.headers["HX-Retarget"] = "#main"
    response.headers["HX-Reswap"] = "innerHTML"
    return response
