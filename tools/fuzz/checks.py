"""Checks that apply to every response, whatever was requested."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from urllib.parse import urlsplit
from xml.etree import ElementTree

from flask import Flask
from werkzeug.test import TestResponse

from flexapp.web.headers import HEADERS
from tests.support.html import Page
from tests.support.lint import UnfitPage, lint
from tools.fuzz.catalogue import MOUNTED
from tools.fuzz.people import PATTERN, Secrets
from tools.fuzz.values import MARKUP

INSIDE = re.compile(
    r"Traceback|\b(?:sqlalchemy|werkzeug|jinja2|sqlite3|psycopg|wtforms|joserfc)\.\w"
    r"|\b[A-Z]\w*(?:Error|Exception)\b|File \"|line \d+, in |/flexapp/|site-packages|\.py\b"
    r"|SELECT .* FROM|INSERT INTO"
)
"""Text that reveals implementation details."""

ABOUT_PROGRAMS = frozenset(
    {
        "vendors.example",
        "vendors.example_list",
        "vendors.index",
        "vendors.launches",
        "vendors.openapi_document",
        "vendors.conformance_kit",
        "transmission.protocol_page",
        "transmission.openapi_document",
        "vendors.new_sandbox",
        "vendors.show_sandbox",
        "vendors.make_sandbox",
        "web.show_metrics",
    }
)
"""Pages for programmers, which may show such text; they never echo input."""

REQUEST_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

BOM = "\ufeff"


def wrong(
    app: Flask,
    role: str,
    endpoint: str,
    response: TestResponse,
    secrets: Secrets,
    *,
    thorough: bool,
) -> list[str]:
    """Return the violations of a response as sentences; `thorough` also lints the page."""
    found = list(_wrong(endpoint, response))
    if not response.request.path.startswith(MOUNTED):
        # The stand-in's pages are public; its demo data is not secret.
        found += _told(role, response, secrets)
    page = response.mimetype == "text/html" and response.status_code not in range(300, 400)
    if (
        thorough
        and page
        and not found
        and response.request.method != "HEAD"
        and response.text.strip()
    ):
        try:
            lint(app, Page(response))
        except UnfitPage as unfit:
            found.append(f"the page is not fit: {unfit}")
    return found


def _told(role: str, response: TestResponse, secrets: Secrets) -> Iterator[str]:
    text = response.get_data().decode(errors="replace")
    whole = f"{text}\n{response.headers}"
    if PATTERN.search(whole):
        for told in secrets.told(role, whole):
            yield f"{role} is told of another person ({told})"


def _wrong(endpoint: str, response: TestResponse) -> Iterator[str]:
    if response.status_code >= 500:
        yield f"answered {response.status_code}"
    headers, kind = response.headers, response.mimetype or ""
    static = response.request.path.startswith(("/static/", f"{MOUNTED}/static/"))
    if not static:
        yield from _headers(response)
    body = response.get_data()
    if response.request.method == "HEAD" or response.status_code in (204, 304):
        if body:
            yield "a body where there is none"
        return
    if kind.startswith("text/") or kind.endswith(("json", "xml")):
        try:
            text = body.decode()
        except UnicodeDecodeError:
            yield "not UTF-8"
            return
        if endpoint not in ABOUT_PROGRAMS and not static:
            said = INSIDE.search(text)
            if said is not None:
                yield f"tells of our programs: {said[0]!r}"
        if kind in ("text/html", "image/svg+xml") and MARKUP in text:
            yield "what was typed stands in the page as markup"
    yield from _form(kind, body)
    if "Location" in headers:
        yield from _leads(headers["Location"])
    if "HX-Redirect" in headers:
        yield from _leads(headers["HX-Redirect"])


def _headers(response: TestResponse) -> Iterator[str]:
    headers = response.headers
    ours = not response.request.path.startswith(MOUNTED)
    policy = headers.getlist("Content-Security-Policy")
    if len(policy) != 1 or "default-src 'none'" not in policy[0] or "unsafe" in policy[0]:
        yield f"no strict content security policy: {policy}"
    if headers.get("X-Content-Type-Options") != "nosniff":
        yield "the browser may guess what it is"
    if "Traceparent" in headers or "Server" in headers:
        yield "a header that tells of the server"
    for line in headers.getlist("Set-Cookie"):
        if "HttpOnly" not in line or "SameSite=Lax" not in line:
            yield f"a cookie that scripts or other sites can use: {line.split('=')[0]}"
    if not ours:
        return
    yield from (f"no {name}" for name in HEADERS if name not in headers)
    if not REQUEST_ID.fullmatch(headers.get("X-Request-ID", "")):
        yield "no request id"
    if "HX-Request" not in headers.get("Vary", ""):
        yield "Vary does not name HX-Request"


def _leads(address: str) -> Iterator[str]:
    parts = urlsplit(address)
    if parts.netloc in ("127.0.0.1:8000",) and parts.scheme == "http":
        return
    if parts.scheme or parts.netloc or not address.startswith("/") or address[1:2] in ("/", "\\"):
        yield f"leads to another site: {address[:80]!r}"


def _form(kind: str, body: bytes) -> Iterator[str]:
    try:
        if kind.endswith("json"):
            json.loads(body, parse_constant=_no_number)
        elif kind == "image/svg+xml":
            ElementTree.fromstring(body)
        elif kind == "text/csv":
            rows = list(csv.reader(io.StringIO(body.decode().removeprefix(BOM)), strict=True))
            if any(cell[:1] in ("=", "+", "@") for row in rows for cell in row):
                yield "a cell that a spreadsheet would run"
        elif kind.endswith("spreadsheetml.sheet"):
            if zipfile.ZipFile(io.BytesIO(body)).testzip() is not None:
                yield "a broken workbook"
        elif kind == "image/png" and not body.startswith(b"\x89PNG"):
            yield "no picture"
    except (ValueError, ElementTree.ParseError, csv.Error, zipfile.BadZipFile) as error:
        yield f"not well-formed {kind}: {error}"


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
