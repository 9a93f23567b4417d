"""Raw WSGI requests, valid or not, as a server would pass them on.

Flask's test client would correct invalid requests before sending them.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlencode
from wsgiref.types import WSGIEnvironment
from xml.etree.ElementTree import Element, SubElement

from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse, run_wsgi_app
from werkzeug.wrappers import Request

from tests.support.html import Page
from tools.fuzz.steps import How

BOUNDARY = "----fuzz7MA4YWxk"
FORM_TYPE = "application/x-www-form-urlencoded"

Fields = Sequence[tuple[str, str]]


class Browser:
    """Stores cookies by path, like a browser."""

    def __init__(self, cookies: Sequence[tuple[str, str, str]] = ()) -> None:
        self.cookies = {(name, path): value for name, path, value in cookies}
        self.page: TestResponse | None = None
        """The last response with HTML."""
        self.token = ""
        self.code = ""
        """The CSRF token of the last form, and the last code shown."""

    def header(self, path: str) -> str:
        """Return the Cookie header for this path."""
        return "; ".join(
            f"{name}={value}" for (name, at), value in self.cookies.items() if path.startswith(at)
        )

    def keep(self, headers: Headers) -> None:
        """Store and delete cookies according to the response's headers."""
        for line in headers.getlist("Set-Cookie"):
            try:
                found = SimpleCookie(line)
            except CookieError:
                continue
            for name, morsel in found.items():
                key = (name, morsel["path"] or "/")
                if morsel["max-age"] == "0" or not morsel.value:
                    self.cookies.pop(key, None)
                else:
                    self.cookies[key] = morsel.value


def encode(text: str) -> bytes:
    """Encode as UTF-8, lone surrogates included."""
    return text.encode("utf-8", "surrogatepass")


def body_of(fields: Fields, how: How) -> tuple[bytes, dict[str, str]]:
    """Return the encoded body and its headers."""
    form = urlencode([(encode(n), encode(v)) for n, v in fields]).encode()
    if how in (How.MULTIPART, How.FILE, How.BROKEN_MULTIPART):
        body = b"".join(_parts(fields, as_files=how is How.FILE))
        if how is How.BROKEN_MULTIPART:
            body = body[: len(body) * 2 // 3]
        else:
            body += f"--{BOUNDARY}--\r\n".encode()
        return body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    if how is How.JSON:
        text = json.dumps(dict(fields))
        return text.encode(), {"Content-Type": "application/json"}
    if how is How.RAW:
        return encode(fields[0][1] if fields else ""), {"Content-Type": "application/json"}
    if how is How.NO_TYPE:
        return form, {}
    if how is How.ODD_CHARSET:
        gbk = urlencode(
            [(n.encode("gbk", "replace"), v.encode("gbk", "replace")) for n, v in fields]
        )
        return gbk.encode(), {"Content-Type": f"{FORM_TYPE}; charset=gbk"}
    if how is How.GZIP:
        return gzip.compress(form, mtime=0), {"Content-Type": FORM_TYPE, "Content-Encoding": "gzip"}
    if how is How.SHORT:
        return form, {"Content-Type": FORM_TYPE, "Content-Length": str(len(form) + 100)}
    if how is How.NO_LENGTH:
        return form, {"Content-Type": FORM_TYPE, "Content-Length": ""}
    return form, {"Content-Type": FORM_TYPE}


def _parts(fields: Fields, *, as_files: bool) -> Iterator[bytes]:
    for name, value in fields:
        # Browsers escape quotes and line ends in field names like this.
        plain = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        file = '; filename="x.txt"' if as_files else ""
        yield f"--{BOUNDARY}\r\n".encode()
        yield encode(f'Content-Disposition: form-data; name="{plain}"{file}\r\n\r\n')
        yield encode(value) + b"\r\n"


def environ_of(
    method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes, cookie: str
) -> WSGIEnvironment:
    """Return the WSGI environ. Line ends and NUL in headers are removed, as servers do."""
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(encode(path)).decode("latin-1"),
        "QUERY_STRING": quote(encode(query), safe="!#$&'()*+,/:;=?@[]~%<>\"{}|\\^`"),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if cookie:
        environ["HTTP_COOKIE"] = cookie
    for name, value in headers:
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        plain = encode(value).decode("latin-1")
        environ[key] = "".join(char for char in plain if char not in "\r\n\0")
    return environ


def send(app: Flask, environ: WSGIEnvironment) -> TestResponse:
    """Send the request; return the decompressed response. Unhandled exceptions are raised."""
    body, status, headers = run_wsgi_app(app, environ, buffered=True)
    answer = TestResponse(body, status, headers, request=Request(environ))
    if answer.headers.get("Content-Encoding") == "gzip" and answer.data:
        answer.set_data(gzip.decompress(answer.data))
    return answer


VOID = frozenset(
    {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "use", "path"}
)


class _Builder(HTMLParser):
    """Builds the element tree of a page that is assumed to be well-formed."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Element("html")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = SubElement(self._open[-1], tag, {name: value or "" for name, value in attrs})
        if tag not in VOID:
            self._open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        SubElement(self._open[-1], tag, {name: value or "" for name, value in attrs})

    def handle_endtag(self, tag: str) -> None:
        if tag in [each.tag for each in self._open[1:]]:
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        here = self._open[-1]
        if len(here):
            here[-1].tail = (here[-1].tail or "") + data
        else:
            here.text = (here.text or "") + data


class QuickPage(Page):
    """A page parsed five times as fast, for its forms; `objections` stays empty."""

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self.html = response.text
        builder = _Builder()
        builder.feed(self.html)
        builder.close()
        self.root, self.objections = builder.root, []
