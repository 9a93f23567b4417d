"""The tax bureau's side of the protocol: responses and events signed with its demo key."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable
from typing import Any

import httpx
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.test import TestResponse

from flexapp import signing
from flexapp.config import DEMO_SIGNING_KEY, DEMO_TAX_KEYS, Settings
from flexapp.services import services_of
from flexapp.taxbureau import demo_keys
from flexapp.transmission.gateway import HttpTaxGateway
from flexapp.transmission.protocol import EVENTS, HEADER, OURS, THEIRS
from flexapp.web.clock import utcnow

Handler = Callable[[httpx.Request], httpx.Response]

TAX_KEY = signing.private_keys(demo_keys())[0]
STRANGER = signing.new_key("tax-demo")
"""A key with the tax bureau's key id that does not belong to the tax bureau."""


def signed(
    key: ECKey, request: httpx.Request, response: httpx.Response, **claims: object
) -> httpx.Response:
    """Sign the response, bound to the request as the protocol requires."""
    asked = signing.verify(
        request.headers[HEADER],
        signing.public_keys(json.dumps(signing.public_set((DEMO_SIGNING_KEY,)))),
        issuer=OURS,
        audience=THEIRS,
        at=utcnow(),
    )
    bound = {
        "irt": asked.id,
        "status": response.status_code,
        "body_sha256": signing.body_digest(response.content),
    }
    _, token = signing.sign(key, bound | claims, issuer=THEIRS, audience=OURS, at=utcnow())
    response.headers[HEADER] = token
    return response


def through(handler: Handler, *, key: ECKey | None = TAX_KEY) -> HttpTaxGateway:
    """Return a gateway to a tax bureau simulated by `handler`; unsigned if `key` is None."""

    def answer(request: httpx.Request) -> httpx.Response:
        response = handler(request)
        return response if key is None else signed(key, request, response)

    return HttpTaxGateway(
        "https://tax.example",
        signer=DEMO_SIGNING_KEY,
        keys=signing.public_keys(DEMO_TAX_KEYS),
        transport=httpx.MockTransport(answer),
    )


def to_stand_in(
    app: Flask, wrap: Callable[[httpx.BaseTransport], httpx.BaseTransport]
) -> HttpTaxGateway:
    """A gateway to the embedded stand-in through a transport around the real one."""
    settings: Settings = app.config["SETTINGS"]
    deliver: Any = services_of(app).deliver_tax_events
    return HttpTaxGateway(
        "http://tax-bureau",
        signer=settings.signing_keys[0],
        keys=settings.tax_keys,
        transport=wrap(httpx.WSGITransport(app=deliver.args[0])),
    )


def unreachable(request: httpx.Request) -> httpx.Response:
    """Raise a connection error."""
    raise httpx.ConnectError("no route", request=request)


def lost_answer(request: httpx.Request) -> httpx.Response:
    """Raise a read timeout: the message may have arrived."""
    raise httpx.ReadTimeout("no answer", request=request)


def receipt(request: httpx.Request) -> httpx.Response:
    """Accept every submission and list nothing."""
    if request.method == "GET":
        empty: dict[str, object] = {"assessments": [], "next": None, "signatures": []}
        return httpx.Response(200, json=empty)
    digest = signing.body_digest(request.content)
    return httpx.Response(201, json={"digest": digest, "state": "received"})


def answering(status: int, body: object) -> Handler:
    """Return a handler that gives this response to every request."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json=body)

    return answer


def event(serial: str, name: str, cursor: int = 1, **more: object) -> dict[str, object]:
    """Return an event of the protocol."""
    return {
        "event_id": str(uuid.uuid4()),
        "cursor": cursor,
        "serial": serial,
        "event": name,
        "at": "2026-11-24T09:15:02.000+08:00",
        "reason": None,
        "request_id": None,
    } | more


def tell(
    client: FlaskClient,
    event: object,
    *,
    key: ECKey = TAX_KEY,
    body: bytes | None = None,
    signature: str | None = None,
    content_type: str = "application/json",
    **claims: object,
) -> TestResponse:
    """Post an event to the product; `claims` override claims of the signature."""
    sent = json.dumps(event, ensure_ascii=False).encode() if body is None else body
    if signature is None:
        signature = event_signature(sent, key, **claims)
    return client.post(EVENTS, data=sent, headers={HEADER: signature}, content_type=content_type)


def event_signature(body: bytes, key: ECKey = TAX_KEY, **claims: object) -> str:
    """Return the signature of an event; `claims` override its claims."""
    issued = int(utcnow().timestamp())
    right: dict[str, object] = {
        "iss": THEIRS,
        "aud": OURS,
        "iat": issued,
        "exp": issued + 60,
        "jti": secrets.token_urlsafe(16),
        "htm": "POST",
        "htu": EVENTS,
        "body_sha256": signing.body_digest(body),
    }
    return jwt.encode({"alg": "ES256", "kid": key.kid}, right | claims, key)
