"""/open/tax: the tax bureau protocol as a page and as a document, and our public keys."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from flask import Response, current_app

from flexapp import signing
from flexapp.config import Settings
from flexapp.transmission import blueprint
from flexapp.web import openapi
from flexapp.web.access import Access, allow
from flexapp.web.htmx import render

DOCUMENT = Path(__file__).with_name("tax-v1.openapi.json")


@cache
def reference() -> openapi.Reference:
    """The OpenAPI document, read once per process."""
    return openapi.read(DOCUMENT)


@blueprint.get("/open/tax")
@allow(Access.PUBLIC)
def protocol_page() -> Response:
    """The protocol as an HTML page."""
    return render("transmission/protocol.html", page=reference())


@blueprint.get("/open/tax/openapi.json")
@allow(Access.PUBLIC)
def openapi_document() -> Response:
    """The protocol as an OpenAPI 3.1 document."""
    return Response(reference().text, content_type="application/json")


@blueprint.get("/open/tax/keys")
@allow(Access.PUBLIC)
def public_keys() -> Response:
    """Our public keys as a JWK set.

    Holds the keys of `signing.public_set`: the first one signs, the others signed before or will
    sign.
    """
    settings: Settings = current_app.config["SETTINGS"]
    text = json.dumps(signing.public_set(settings.signing_keys))
    return Response(text, content_type="application/jwk-set+json")
