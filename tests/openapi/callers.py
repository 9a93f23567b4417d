"""Whoever calls our interfaces: as WSGI applications before ours that sign what comes through.

schemathesis makes up requests and knows nothing of signatures. What is signed here is exactly what
is on the wire, whatever that is.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import schemathesis
from flask import Flask
from hypothesis import strategies as st
from joserfc import jwt
from werkzeug.wrappers import Request

from flexapp import signing
from flexapp.channels.launch import TARGETS
from flexapp.transmission.protocol import HEADER
from tests.support.tax import event_signature
from tests.support.vendor import AUDIENCE, Vendor
from tests.support.walks import MA_LAN, newcomer
from tests.taxbureau.product import PRODUCT_KEY, product_claims

Sign = Callable[[str, str, bytes], str]
"""(method, path with query, body) → the message's signature."""

HEADER_IN_WSGI = f"HTTP_{HEADER.upper().replace('-', '_')}"
JOSE = "application/jose"
VENDOR_KEY = signing.new_key("2026-a")


def as_tax_bureau(method: str, target: str, body: bytes) -> str:
    """The signature of the tax bureau's system, that calls us."""
    return event_signature(body, htm=method, htu=target)


def as_product(method: str, target: str, body: bytes) -> str:
    """Our own signature, that the tax bureau is called with."""
    claims = product_claims(datetime.now(UTC), body=body, htm=method, htu=target)
    return jwt.encode({"alg": "ES256", "kid": PRODUCT_KEY.kid}, claims, PRODUCT_KEY)


class Caller:
    """Passes requests on to `app`: signed, or (`sign` None) with every signature broken."""

    def __init__(self, app: WSGIApplication, sign: Sign | None) -> None:
        self._app = app
        self._sign = sign

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        asked = Request(environ)
        body = asked.get_data()
        if self._sign is None and asked.mimetype == JOSE:
            body = body.rpartition(b".")[0] + b"." + b"A" * 86
            environ["CONTENT_LENGTH"] = str(len(body))
        environ["wsgi.input"] = io.BytesIO(body)
        if self._sign is not None:
            query = asked.query_string.decode("latin-1")
            target = asked.path + (f"?{query}" if query else "")
            environ[HEADER_IN_WSGI] = self._sign(asked.method, target, body)
        return self._app(environ, start)


def vendor_of(app: Flask) -> Vendor:
    """The vendor whose launches are made up here, known to the site."""
    vendor = Vendor(app)
    vendor.key = VENDOR_KEY
    return vendor.register()


CLAIMS = ("iss", "aud", "iat", "exp", "jti", "name", "id_number", "phone", "target")
PEOPLE = [
    {"name": who.name, "id_number": who.identity, "phone": who.phone}
    for who in (MA_LAN, *(newcomer(number) for number in range(1, 20)))
]
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=120), st.lists(st.integers())
)


@st.composite
def launches(draw: st.DrawFn) -> bytes:
    """Signed launches, right ones and with anything in any claim; and what is no launch at all."""
    kind = draw(st.sampled_from(["right", "right", "wrong", "garbage"]))
    if kind == "garbage":
        return draw(st.binary(max_size=9000))
    now = int(datetime.now(UTC).timestamp())
    claims = {"iss": "abc", "aud": AUDIENCE, "iat": now, "exp": now + 60}
    claims |= {"jti": secrets.token_urlsafe(16), **draw(st.sampled_from(PEOPLE))}
    claims["target"] = draw(st.sampled_from(sorted(TARGETS)))
    header = {"alg": "ES256", "kid": VENDOR_KEY.kid}
    if kind == "wrong":
        claims |= draw(st.dictionaries(st.sampled_from(CLAIMS), ANYTHING, max_size=3))
        header |= draw(st.dictionaries(st.sampled_from(["kid", "typ"]), st.text(), max_size=1))
    return jwt.encode(header, claims, VENDOR_KEY).encode()


schemathesis.openapi.media_type(JOSE, launches())
