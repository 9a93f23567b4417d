"""A stand-in tax bureau on a fresh file, with helpers that speak to it over HTTP only."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from werkzeug.test import TestResponse

from flexapp.taxbureau import create_taxbureau, deliver_events, demo_keys
from tests.taxbureau.product import PRODUCT_KEY, Product, key_set, product_claims

START = datetime(2026, 11, 23, 1, 15, 2, tzinfo=UTC)

# The notice's own record (60 %, 2019-01 to 2019-12), for a fictional resident.
CONTENT = {
    "serial": "64010420190924000001",
    "person_name": "马兰",
    "id_number": "640104198503120021",
    "division_code": "640104",
    "unit_name": "银川市兴庆区灵活就业人员虚拟单位",
    "start_month": "2019-01",
    "end_month": "2019-12",
    "period_base": "37236.00",
    "monthly_base": "3103.00",
    "total": "7447.20",
    "kind": "flexible",
}
SERIAL = CONTENT["serial"]
UNSIGNED = (401, 413)
"""The answers of the protocol that carry no signature."""


def content(number: int = 1, **changes: str) -> dict[str, str]:
    """The notice's record under the serial of `number`, with `changes`."""
    return {**CONTENT, "serial": f"64010420190924{number:06d}", **changes}


def problem(answer: TestResponse, status: int) -> dict[str, Any]:
    """The problem document of `answer`, which must have `status`."""
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    document: dict[str, Any] = json.loads(answer.data)
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    return document


class Clock:
    """Stands still until it is told to go on; a `Bureau` lets it go on by `step` each call.

    A second, unless many threads call at once: for one of them that waits, hours would go by.
    """

    def __init__(self) -> None:
        self.step = 1.0
        self._seconds = 0.0
        self._lock = Lock()

    def __call__(self) -> datetime:
        return START + timedelta(seconds=self._seconds)

    def go_on(self, seconds: float | None = None) -> None:
        with self._lock:
            self._seconds += self.step if seconds is None else seconds


class Bureau:
    """The stand-in as the product and as a clerk's browser speak to it; one client a thread.

    What it pushes is heard by `product`, when a test lets it be told.
    """

    def __init__(
        self, app: Flask, clock: Clock, product: Product, key: ECKey = PRODUCT_KEY
    ) -> None:
        self.app = app
        self.clock = clock
        self.product = product
        self.key = key
        self.client: FlaskClient = app.test_client()

    def fresh(self) -> Bureau:
        """Another browser or sender: no cookie shared."""
        return Bureau(self.app, self.clock, self.product, self.key)

    def claims(self, method: str, path: str, body: bytes = b"", **other: object) -> dict[str, Any]:
        """What the product would sign for this request now; `other` claims in place of these."""
        return product_claims(self.clock(), htm=method, htu=path, body=body, **other)

    def sign(self, claims: dict[str, Any], **header: object) -> str:
        return jwt.encode({"alg": "ES256", "kid": self.key.kid, **header}, claims, self.key)

    def call(
        self, method: str, path: str, body: bytes = b"", media: str = "application/json"
    ) -> TestResponse:
        """A signed request; the answer's signature is checked wherever there must be one."""
        claims = self.claims(method, path, body)
        answer = self.send(method, path, body, self.sign(claims), media)
        if answer.status_code in UNSIGNED:
            assert "Message-Signature" not in answer.headers
        else:
            self.check(answer, claims["jti"])
        return answer

    def send(
        self,
        method: str,
        path: str,
        body: bytes,
        signature: str | None,
        media: str = "application/json",
    ) -> TestResponse:
        """A request as it is, and the answer as it is."""
        self.clock.go_on()
        headers = {} if signature is None else {"Message-Signature": signature}
        return self.client.open(path, method=method, data=body, content_type=media, headers=headers)

    def check(self, answer: TestResponse, irt: str) -> dict[str, Any]:
        """The claims of the answer's signature, which must hold and bind all of it."""
        trusted = KeySet.import_key_set(json.loads(demo_keys()))
        token = jwt.decode(answer.headers["Message-Signature"], trusted, algorithms=["ES256"])
        claims = token.claims
        assert token.header["kid"] == "tax-demo"
        issued = claims["iat"]
        # Other threads may have let the clock go on meanwhile.
        assert 0 <= self.clock().timestamp() - issued <= 20
        assert claims == {
            "iss": "nx-tax-bureau",
            "aud": "nx-flexible-employment",
            "iat": issued,
            "exp": issued + 60,
            "jti": claims["jti"],
            "irt": irt,
            "status": answer.status_code,
            "body_sha256": hashlib.sha256(answer.data).hexdigest(),
        }
        assert re.fullmatch(r"[A-Za-z0-9_-]{16,64}", claims["jti"])
        return dict(claims)

    def put(self, sent: dict[str, Any]) -> TestResponse:
        return self.call("PUT", f"/v1/assessments/{sent['serial']}", json.dumps(sent).encode())

    def get(self, path: str) -> TestResponse:
        return self.call("GET", path)

    def state(self, serial: str = SERIAL) -> str:
        return str(self.record(serial)["state"])

    def record(self, serial: str = SERIAL) -> dict[str, Any]:
        answer = self.get(f"/v1/assessments/{serial}")
        assert answer.status_code == 200
        found: dict[str, Any] = answer.get_json()
        return found

    def listed(self, query: str = "") -> dict[str, Any]:
        answer = self.get(f"/v1/assessments{query}")
        assert answer.status_code == 200
        found: dict[str, Any] = answer.get_json()
        return found

    def ask(
        self, request_id: str = "ask-1", reason: str = "月份填错了", serial: str = SERIAL
    ) -> TestResponse:
        return self.call(
            "POST",
            f"/v1/assessments/{serial}/revocation-requests",
            json.dumps({"request_id": request_id, "reason": reason}).encode(),
        )

    def tell(self, limit: int = 50) -> int:
        """One round of telling the product what it does not know yet."""
        with self.product.client() as client:
            return deliver_events(self.app, client, limit)

    def events(self) -> list[tuple[str, str]]:
        """Everything the product was told up to now, in the order in which it was told."""
        while self.tell():
            pass
        return [(each["serial"], each["event"]) for each in self.product.heard]

    def page(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    def press(self, move: str, serial: str = SERIAL, **fields: str) -> TestResponse:
        """Post as a form of the detail page does, with the token that the page carries."""
        self.clock.go_on()
        page = self.client.get(f"/assessments/{serial}").get_data(as_text=True)
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        token = found[1] if found else self._token_of_any_page()
        return self.client.post(
            f"/assessments/{serial}/{move}", data={**fields, "csrf_token": token}
        )

    def _token_of_any_page(self) -> str:
        # A record that is done shows no form: a stale page of another tab holds a good token.
        other = content(9999)
        assert self.put(other).status_code in (200, 201)
        page = self.page(f"/assessments/{other['serial']}")
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found
        return found[1]


def buttons(page: str) -> list[str]:
    """The names of a page's submit buttons, in order."""
    return re.findall(r'<button [^>]*type="submit"[^>]*>([^<]+)</button>', page)


def open_bureau(
    database: Path, clock: Clock | None = None, product: Product | None = None, **more: Any
) -> Bureau:
    """The stand-in on this file, as a process that starts has it."""
    clock = Clock() if clock is None else clock
    given = {"keys": demo_keys(), "trusted": key_set(PRODUCT_KEY), "now": clock, **more}
    app = create_taxbureau(database_path=database, **given)
    return Bureau(app, clock, Product(clock) if product is None else product)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "var" / "tax.sqlite3"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bureau(database: Path, clock: Clock) -> Bureau:
    return open_bureau(database, clock)
