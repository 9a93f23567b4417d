"""Every interface answers as its own document says, whatever it is asked, signed or not.

The documents are those that the site serves below /open/. Calls that it answers itself are made to
it; the tax bureau's side of the protocol is asked of the stand-in. schemathesis makes the requests
up: those that a document allows, and those that it forbids.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from werkzeug.exceptions import MethodNotAllowed, NotFound

from flexapp.taxbureau import beijing_now, create_taxbureau, demo_keys
from tests.openapi.callers import Caller, Sign, as_product, as_tax_bureau, vendor_of
from tests.taxbureau.conftest import CONTENT, SERIAL
from tests.taxbureau.product import PRODUCT_KEY, key_set

EXAMPLES = 60
"""Of requests, for each call and kind of request."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ALLOWED, FORBIDDEN = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE

METHODS = {"get", "put", "post", "delete", "patch"}
Answers = Counter[tuple[str, int]]
"""How often each call was answered with each status."""


@dataclass(frozen=True)
class Served:
    """An application that answers calls of the documents, and how its callers sign."""

    app: Flask
    sign: Sign

    def has(self, method: str, path: str) -> bool:
        """Whether it answers this call at all."""
        try:
            self.app.url_map.bind("localhost").match(path.replace("{serial}", SERIAL), method)
        except (NotFound, MethodNotAllowed):
            return False
        return True


@pytest.fixture
def site(app: Flask) -> Served:
    """Ours, with a vendor that is known to it."""
    vendor_of(app)
    return Served(app, as_tax_bureau)


@pytest.fixture
def bureau(tmp_path: Path) -> Served:
    """The stand-in, with one assessment received."""
    return stand_in(tmp_path / "bureau.sqlite3")


def stand_in(database: Path) -> Served:
    """A stand-in on this file, with one assessment received."""
    app = create_taxbureau(
        database_path=database,
        keys=demo_keys(),
        trusted=key_set(PRODUCT_KEY),
        now=beijing_now,
    )
    path, body = f"/v1/assessments/{SERIAL}", json.dumps(CONTENT).encode()
    signature = {"Message-Signature": as_product("PUT", path, body)}
    sent = {"data": body, "content_type": "application/json", "headers": signature}
    assert app.test_client().put(path, **sent).status_code == 201
    return Served(app, as_product)


def documents(app: Flask) -> list[str]:
    """The addresses of all documents."""
    rules = (rule.rule for rule in app.url_map.iter_rules())
    return [rule for rule in rules if rule.startswith("/open/") and rule.endswith("openapi.json")]


@dataclass(frozen=True)
class Call:
    """A call of a document, and the application that answers it."""

    document: Mapping[str, Any]
    method: str
    path: str
    served: Served

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def without_security(self) -> Call:
        """The same for those who sign by themselves, so that no signature is made up."""
        return replace(self, document={**self.document, "security": []})


def calls(site: Served, *others: Served) -> Iterator[Call]:
    """Every call of every document."""
    for address in documents(site.app):
        document = site.app.test_client().get(address).get_json()
        for path, item in document["paths"].items():
            for method in item.keys() & METHODS:
                answering = [each for each in (site, *others) if each.has(method.upper(), path)]
                assert answering, f"{address} has what nobody answers: {method} {path}"
                yield Call(document, method.upper(), path, answering[0])


def explore(
    call: Call, app: WSGIApplication, mode: Any, *, known: bool = False, examples: int = EXAMPLES
) -> Answers:
    """Ask `app` as the document allows or forbids; raises for an answer that it does not have.

    `known`: about the one assessment that there is, where the call is about one. `examples`: of
    requests.
    """
    schema = schemathesis.openapi.from_dict(dict(call.document))
    schema.app = app
    answers: Answers = Counter()
    checks = [*CHECKS, negative_data_rejection] if mode is FORBIDDEN else CHECKS
    fixed: dict[str, Any] = {"path_parameters": {"serial": SERIAL}} if known else {}
    if known and call.method == "PUT":
        # Its fields depend on each other in ways that no schema says.
        fixed["body"] = CONTENT
    requests = schema[call.path][call.method].as_strategy(mode, **fixed)

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=requests)
    def ask(case: schemathesis.Case[Any]) -> None:
        answer = case.call()
        answers[str(call), answer.status_code] += 1
        case.validate_response(answer, checks=checks)

    ask()
    return answers


def _statuses(answers: Answers) -> set[int]:
    return {status for _, status in answers}


def test_signed_requests_are_answered_as_the_documents_say(site: Served, bureau: Served) -> None:
    answered: Answers = Counter()
    for call in calls(site, bureau):
        app = Caller(call.served.app, call.served.sign)
        bare = call.without_security()
        found = explore(bare, app, ALLOWED) + explore(bare, app, FORBIDDEN)
        if "{serial}" in call.path:
            found += explore(bare, app, ALLOWED, known=True)
        assert min(_statuses(found)) < 300, f"{call} was never done: {found}"
        answered += found
    assert {label for label, _ in answered} >= {"POST /tax/v1/events", "GET /v1/assessments"}


def test_requests_that_nobody_signed_are_refused_as_the_documents_say(
    site: Served, bureau: Served
) -> None:
    for call in calls(site, bureau):
        app = Caller(call.served.app, None)
        found = explore(call, app, ALLOWED)
        assert _statuses(found) <= {400, 401, 413, 415}, found
        assert 401 in _statuses(found)


class Wrong:
    """An application that answers what no document has."""

    def __init__(self, app: WSGIApplication, status: str, media: str, body: bytes) -> None:
        self.app = app
        self.answer = status, media, body

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        status, media, body = self.answer
        start(status, [("Content-Type", media), ("Content-Length", str(len(body)))])
        return [body]


@pytest.mark.parametrize(
    ("status", "media", "body"),
    [
        ("500 Internal Server Error", "application/problem+json", b"{}"),
        ("418 I'm a teapot", "application/problem+json", b"{}"),
        ("401 Unauthorized", "text/html", b"<p>no"),
        ("401 Unauthorized", "application/problem+json", b'{"reason": 1}'),
        ("200 OK", "application/json", b'{"event_id": "x"}'),
    ],
)
def test_an_answer_that_no_document_has_would_be_noticed(
    site: Served, bureau: Served, status: str, media: str, body: bytes
) -> None:
    call = next(call for call in calls(site, bureau) if call.path == "/tax/v1/events")
    with pytest.raises(FailureGroup):
        explore(call, Wrong(site.app, status, media, body), ALLOWED)
