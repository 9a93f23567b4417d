"""/open/self-check: checks in a vendor's webview whether it does what the pages need.

The steps are a page, a form, a redirect and "back", and they also work without JavaScript. The
findings are passed on in the address, as the code that the vendor sends us in the end. The cookie
holds the same code, which tests whether the cookie comes back. Nothing else is stored.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from flask import Response, abort, current_app, request, session, url_for

from flexapp.config import Settings
from flexapp.db.session import csrf
from flexapp.vendors import blueprint
from flexapp.vendors.self_check import (
    BAD,
    GOOD,
    OTHER,
    WIDEST,
    Findings,
    browser_of,
    decode,
    encode,
)
from flexapp.vendors.self_check_pages import (
    HEADERS,
    LONGEST_HEADER,
    PROBE,
    ResultPage,
    StepPage,
)
from flexapp.web import origin_check
from flexapp.web.access import Access, allow
from flexapp.web.htmx import render
from flexapp.web.navigation import see_other

PROGRESS_KEY = "self_check"
"""Session key of the progress: BEGUN, later the code."""
BEGUN = "begun"
HEADERS_KEY = "self_check_heard"
"""Session key of the headers that came with the form, for the result page."""


@blueprint.get("/self-check")
@allow(Access.PUBLIC)
def self_check_form() -> Response:
    """The first page, and the page that "back" from the second page leads to."""
    findings = decode(session.get(PROGRESS_KEY, "")) if "again" not in request.args else None
    if findings is None:
        session[PROGRESS_KEY] = BEGUN
        return render("vendors/self_check.html", probe=PROBE)
    page = StepPage(encode(replace(findings, back=GOOD)), encode(findings))
    return render("vendors/self_check_returned.html", page=page)


@blueprint.post("/self-check")
@allow(Access.PUBLIC)
@origin_check.first_in_webview
def receive_self_check() -> Response:
    """Check the submitted form."""
    kept = session.get(PROGRESS_KEY)
    before = decode(kept or "")
    if before is not None:
        # The form was sent again: "back" led to a page from a cache.
        return see_other(
            url_for("vendors.self_check_result", code=encode(replace(before, back=BAD)))
        )
    code = encode(_findings(cookie=kept == BEGUN))
    session[PROGRESS_KEY] = code
    session[HEADERS_KEY] = [request.headers.get(name, "")[:LONGEST_HEADER] for name in HEADERS]
    return see_other(url_for("vendors.self_check_back", code=code))


# Changes nothing, and must also work for a webview that blocks cookies.
csrf.exempt(receive_self_check)


@blueprint.get("/self-check/back")
@allow(Access.PUBLIC)
def self_check_back() -> Response:
    """Ask the user to go back. Without a cookie the check ends here with the result."""
    findings = _decoded()
    code = encode(findings)
    if findings.cookie == GOOD and session.get(PROGRESS_KEY) != code:
        findings = replace(findings, cookie=OTHER)
    if findings.cookie != GOOD:
        return _result(findings)
    page = StepPage(code, encode(replace(findings, back=OTHER)))
    return render("vendors/self_check_back.html", page=page)


@blueprint.get("/self-check/result")
@allow(Access.PUBLIC)
def self_check_result() -> Response:
    """All findings and the code."""
    findings = _decoded()
    session.pop(PROGRESS_KEY, None)
    return _result(findings, tuple(session.pop(HEADERS_KEY, ())))


def _result(findings: Findings, heard: tuple[str, ...] = ()) -> Response:
    said = {"User-Agent": request.user_agent.string, **dict(zip(HEADERS, heard, strict=False))}
    page = ResultPage.of(findings, said)
    return render("vendors/self_check_result.html", page=page)


def _decoded() -> Findings:
    findings = decode(request.args.get("code", ""))
    if findings is None:
        abort(404)
    return findings


def _findings(*, cookie: bool) -> Findings:
    settings: Settings = current_app.config["SETTINGS"]
    form, headers = request.form, request.headers
    said, referrer = headers.get("Origin", ""), headers.get("Referer", "")
    ours = urlsplit(referrer).netloc in (request.host, urlsplit(settings.public_url).netloc)
    system, engine = browser_of(request.user_agent.string)
    secure = urlsplit(said).scheme == "https" or request.is_secure
    scripted = form.get("script") == "1"
    return Findings(
        https=GOOD if secure or form.get("scheme") == "https:" else BAD,
        cookie=GOOD if cookie else BAD,
        post=GOOD if form.get("probe") == PROBE else BAD,
        origin=_kind(said, origin_check.is_ours(said, settings, request.host_url), said == "null"),
        referrer=_kind(referrer, ours, not ours),
        script=GOOD if scripted else BAD,
        local_storage=_number("local_storage", BAD),
        session_storage=_number("session_storage", BAD),
        letters=_number("letters", 63),
        width=_number("width", WIDEST),
        inset=_number("inset", 3),
        system=system,
        engine=engine,
    )


def _kind(header: str, ours: bool, other: bool) -> int:
    if not header:
        return BAD
    return GOOD if ours else OTHER if other else BAD


def _number(name: str, most: int) -> int:
    """Return a number that the script wrote into the form, at most `most`; 0 without one."""
    text = request.form.get(name, "")
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 6 else 0
