"""The one map from faults to pages: every error a person can meet, in words that say what to do."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from urllib.parse import quote

from flask import Flask, Response, current_app, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import (
    DataError,
    IntegrityError,
    OperationalError,
    PendingRollbackError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import BadHost, HTTPException, InternalServerError

from flexapp.extensions import db
from flexapp.rules.limits import MINUTE
from flexapp.web import metrics, request_ids
from flexapp.web.forms import DRAFT, RESUME, TYPIST, printable
from flexapp.web.htmx import wants_fragment
from flexapp.web.limiting import TooMany
from flexapp.web.once import FIELD as ONCE
from flexapp.web.problems import problem, wants_problem

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What an error page says: `title` is the page's title too."""

    title: str
    sentence: str
    advice: str
    passes: bool = False
    """Whether the same page may well open a little later."""

    @property
    def again(self) -> str | None:
        """Where trying again leads: the same page, where nothing was submitted."""
        if not self.passes or request.method not in ("GET", "HEAD"):
            return None
        # One slash only: an address beginning with two would lead to another site.
        path = "/" + quote(request.path.lstrip("/"))
        query = request.query_string.decode("ascii", "ignore")
        return f"{path}?{query}" if query else path


PAGES: dict[int, ErrorPage] = {
    400: ErrorPage("无法处理", "提交的内容不完整。", "请返回上一页再试一次。"),
    403: ErrorPage(
        "不能办理",
        "这里不能办理这项业务。",
        "请回到首页，或到社保服务大厅办理；也可以打 12333 问一问。",
    ),
    404: ErrorPage("没有这个页面", "没有找到您要看的内容。", "请从首页重新进入。"),
    405: ErrorPage("无法处理", "这个地址不能这样打开。", "请从首页重新进入。"),
    409: ErrorPage(
        "刚有别的操作",
        "刚才同时有另一次操作，这一次没有办成。",
        "请先看一看现在的记录，需要的话再办一次。",
        passes=True,
    ),
    413: ErrorPage("内容太长", "提交的内容太长，没有保存。", "请返回上一页，缩短后再提交。"),
    429: ErrorPage(
        "操作太频繁",
        "您所在的网络上，操作的次数太多了。",
        "请过一会儿再试，或者换一个网络（比如关掉无线网络、改用手机流量）。",
        passes=True,
    ),
    500: ErrorPage(
        "系统出错了",
        "系统出了问题，刚才的操作没有完成。",
        "请稍后再试；已办好的业务不受影响。",
        passes=True,
    ),
    503: ErrorPage(
        "系统忙",
        "现在办理的人多，刚才的操作没有完成。",
        "请稍等一会儿再试；已办好的业务不受影响。",
        passes=True,
    ),
}

PASSED_ON = frozenset({"Allow", "Retry-After"})
"""Headers of a fault that its page carries too."""

NEVER_SHOWN = frozenset({"csrf_token", ONCE, RESUME, DRAFT, TYPIST, "code"})


AWAY = (OperationalError, NoConnection, PendingRollbackError)
"""The database is too busy, has gone, or went in the middle of what was done: again will do."""


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http_error)
    for kind in AWAY:
        app.register_error_handler(kind, _busy)
    app.register_error_handler(IntegrityError, _overtaken)
    app.register_error_handler(DataError, _impossible)
    app.register_error_handler(Exception, _fault)


def _page(status: int, error: ErrorPage) -> Response:
    # Nothing half-done may be committed by the edge after a failure.
    db.session.rollback()
    if wants_problem():
        return problem(status, f"http_{status}", f"{error.sentence}{error.advice}")
    # To htmx only a sentence goes: the page with whatever was typed into it stays as it is.
    template = "errors/_notice.html" if wants_fragment() else "errors/error.html"
    # Our own fault: whoever calls can read out by what we find it in the log.
    number = request_ids.short() if status == InternalServerError.code else ""
    response = make_response(render_template(template, error=error, number=number), status)
    response.headers["HX-Retarget"] = "#notice"
    response.headers["HX-Reswap"] = "innerHTML"
    return response


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    # The commit at the edge failed, after the view had answered.
    beneath = getattr(error, "original_exception", None)
    if isinstance(beneath, AWAY):
        metrics.busy()
        return _page(503, PAGES[503])
    if isinstance(beneath, IntegrityError):
        return _page(409, PAGES[409])
    if error.response is not None or status < 400:
        return make_response(error.get_response())
    if isinstance(error, BadHost) and not wants_problem():
        # Without a host no address can be built, and every page holds some.
        return Response(PAGES[400].sentence, status, content_type="text/plain; charset=utf-8")
    page = PAGES.get(status, PAGES[400 if status < 500 else 500])
    if isinstance(error, TooMany):
        minutes = -(-error.wait // MINUTE)
        page = replace(page, advice=page.advice.replace("过一会儿", f" {minutes} 分钟后"))
    response = _page(status, page)
    for name, value in error.get_headers():
        if name in PASSED_ON:
            response.headers[name] = value
    return response


def _busy(error: SQLAlchemyError) -> Response:
    log.exception("the database refused")
    metrics.busy()
    return _page(503, PAGES[503])


def _overtaken(error: IntegrityError) -> Response:
    # Somebody else was first with what must be unique.
    log.exception("the database refused")
    return _page(409, PAGES[409])


def _impossible(error: DataError) -> Response:
    # PostgreSQL holds no NUL in a text: nothing of ours is called so.
    log.info("the database holds no such value")
    status = 404 if request.method in ("GET", "HEAD") else 400
    return _page(status, PAGES[status])


def _fault(error: Exception) -> Response:
    log.exception("unhandled fault")
    return _page(InternalServerError.code or 500, PAGES[500])


def _stale_form(error: CSRFError) -> Response:
    """The page was open too long, or the form did not come from it: show it again, as typed.

    Nothing is done; what was typed is kept and goes back into the form, where the person submits it
    anew. What somebody else typed before them on the same phone does not.
    """
    db.session.rollback()
    theirs: bool = current_app.extensions["keep_stale"]()
    typed = [
        (printable(name), printable(value))
        for name, value in request.form.items(multi=True)
        if theirs and name not in NEVER_SHOWN
    ]
    template = "errors/_stale_form.html" if wants_fragment() else "errors/stale_form.html"
    response = make_response(
        render_template(template, typed=typed, resume=RESUME, cookies=bool(request.cookies)), 400
    )
    response.headers["HX-Retarget"] = "#main"
    response.headers["HX-Reswap"] = "innerHTML"
    return response
