"""Puts the stand-in together: store, keys, machine API, clerk pages, headers and error answers."""

import hashlib
import hmac
import logging
import sqlite3
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from flask import (
    Flask,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_wtf import CSRFProtect
from werkzeug.exceptions import BadHost, HTTPException

from flexapp.rules.money import yen
from flexapp.taxbureau import api, auth, fault_pages, faults, pages, problems
from flexapp.taxbureau.database import BEIJING
from flexapp.taxbureau.delivery import Delivery
from flexapp.taxbureau.outbox import Outbox
from flexapp.taxbureau.signatures import Keys
from flexapp.taxbureau.store import Store
from flexapp.taxbureau.visitors import MountedSession, check_origin

log = logging.getLogger(__name__)

LARGEST_BODY = 64 * 1024

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": over HTTPS the CSRF check compares the referrer.
    "Referrer-Policy": "same-origin",
}

_SENTENCES = {
    400: "提交的内容不完整，没有保存，请返回上一页再试一次。",
    403: "这次提交不是从本页面发出的，没有保存，请从列表重新进入。",
    404: "没有找到您要看的内容，请从列表重新进入。",
    405: "这个地址不能这样打开，请从列表重新进入。",
    413: "提交的内容太长，没有保存，请缩短后再提交。",
    503: "系统忙，刚才的操作没有完成，请稍等一会儿再试。",
}
_FAULT = "系统出了问题，刚才的操作没有完成，请稍后再试。"


def beijing_now() -> datetime:
    """The present moment in Beijing time."""
    return datetime.now(BEIJING)


def create_taxbureau(
    *,
    database_path: str | Path,
    keys: str,
    trusted: str,
    stylesheet_url: str | None = None,
    now: Callable[[], datetime],
    demo: bool = True,
    broken: Callable[[], Exception] = ConnectionResetError,
) -> Flask:
    """The stand-in as a WSGI application; it may be mounted under any path.

    `database_path`: its own SQLite file, made where missing (`schema.DatabaseError` when it cannot
    be used). `keys`: its private JWK set, of which the first key signs; `trusted`: the product's
    public one, of which any may have signed (`ValueError` for a set that cannot be used).
    `stylesheet_url`: the look of the product, linked after the stand-in's own few rules. `now`:
    aware moments. Without `demo` there are no clerk pages, only the machine API. `broken`: what
    cutting a connection off raises (`faults.Cut`); a client in this process wants its own kind.

    What happens is told to the product by `delivery.deliver_events`, which somebody must call.
    """
    own = Keys(keys, trusted)
    app = Flask("flexapp.taxbureau")
    app.config.update(
        # Made from the key, so that several processes agree and nothing more has to be set.
        SECRET_KEY=hmac.new(own.secret, b"tax bureau forms", hashlib.sha256).digest(),
        # Its own name: mounted in the product it shares the product's host.
        SESSION_COOKIE_NAME="tax_bureau",
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=LARGEST_BODY,
    )
    app.session_interface = MountedSession()
    app.jinja_env.globals.update(stylesheet_url=stylesheet_url, clerk_pages=demo)
    app.jinja_env.filters["yen"] = lambda text: yen(Decimal(text))
    store = Store(Path(database_path), now)
    switched_on = faults.Faults(store)
    gate = auth.Gate(store, own)
    app.before_request(gate.check)
    app.before_request(check_origin)
    csrf = CSRFProtect(app)
    machine = api.blueprint(store, switched_on)
    # Machines hold no cookie, so there is nothing a foreign page could make a browser send.
    csrf.exempt(machine)
    app.register_blueprint(machine)
    if demo:
        app.register_blueprint(pages.blueprint(store, Outbox(store)))
        app.register_blueprint(fault_pages.blueprint(switched_on))
        app.jinja_env.globals["active_faults"] = switched_on.active
    faults.install(app, broken)
    app.extensions["taxbureau_faults"] = switched_on
    app.extensions["taxbureau_delivery"] = Delivery(store, own, switched_on)
    app.after_request(gate.sign)
    app.after_request(_add_headers)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(sqlite3.OperationalError, _busy)
    app.register_error_handler(Exception, _fault)
    return app


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers[name] = value
    if request.endpoint != "static" or response.status_code >= 400:
        response.headers["Cache-Control"] = "no-store"
    return response


def _answer(status: int) -> Response:
    sentence = _SENTENCES.get(status, _FAULT if status >= 500 else _SENTENCES[400])
    if auth.is_machine_path():
        return problems.respond(status, f"http_{status}", sentence)
    return make_response(render_template("taxbureau/error.html", sentence=sentence), status)


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400 or error.response is not None:
        return make_response(error.get_response())
    if isinstance(error, BadHost) and not auth.is_machine_path():
        # Without a host no address can be built, and every page holds some.
        return Response(_SENTENCES[400], status, content_type="text/plain; charset=utf-8")
    page = None if auth.is_machine_path() else _page_meant(status)
    if page is not None:
        return make_response(redirect(page, 308 if status == 404 else 303))
    answer = _answer(status)
    for name, value in error.get_headers():
        if name == "Allow":
            answer.headers[name] = value
    return answer


def _page_meant(status: int) -> str | None:
    """The page that was meant by an address with a slash too many, or by one that only takes a
    form: a reloaded answer, a restored tab. Only of what is looked at."""
    adapter = current_app.create_url_adapter(request)
    if request.method not in ("GET", "HEAD") or request.url_rule is not None or adapter is None:
        return None
    try:
        if status == 404:
            endpoint, values = adapter.match(request.path.rstrip("/"), method="GET")
        else:
            endpoint, values = adapter.match(method="POST")
    except HTTPException:
        return None
    if status == 404:
        return url_for(endpoint, **values)
    if "serial" in values:
        return url_for("clerk.detail", serial=values["serial"])
    return url_for("faults.index" if endpoint.startswith("faults.") else "clerk.index")


def _busy(error: sqlite3.OperationalError) -> Response:
    # Locked for longer than the busy timeout, a full disk: the sender keeps it and tries again.
    log.error("the database could not be used: %s", error)
    answer = _answer(503)
    answer.headers["Retry-After"] = "5"
    return answer


def _fault(error: Exception) -> Response:
    log.error("fault in %s", request.endpoint, exc_info=error)
    return _answer(500)
