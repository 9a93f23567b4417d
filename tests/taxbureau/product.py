"""A pretended product: signs as the product does, and hears what the tax bureau tells it."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from flexapp.taxbureau import demo_keys

PRODUCT_KEY = ECKey.generate_key("P-256", {"kid": "product-1", "use": "sig"})
OTHER_KEY = ECKey.generate_key("P-256", {"kid": "product-2", "use": "sig"})
PRODUCT, TAX_BUREAU = "nx-flexible-employment", "nx-tax-bureau"

Behaviour = Callable[[httpx.Request], httpx.Response]


def key_set(*keys: ECKey, private: bool = False) -> str:
    """The JWK set of `keys` in JSON."""
    return json.dumps({"keys": [key.as_dict(private=private) for key in keys]})


def product_claims(moment: datetime, *, body: bytes = b"", **other: object) -> dict[str, Any]:
    """The claims of a message of the product, with `other` claims in place of or beside these."""
    issued = int(moment.timestamp())
    return {
        "iss": PRODUCT,
        "aud": TAX_BUREAU,
        "iat": issued,
        "exp": issued + 60,
        "jti": secrets.token_urlsafe(16),
        "body_sha256": hashlib.sha256(body).hexdigest(),
        **other,
    }


class Product:
    """Notes every event whose signature holds; `then` has it behave badly, one call after another.

    `heard`: each event that it noted, as often as it came; `calls`: each call, whatever became of
    it.
    """

    def __init__(self, clock: Callable[[], datetime], key: ECKey = PRODUCT_KEY) -> None:
        self.clock = clock
        self.key = key
        self.heard: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []
        self.unbelieved = 0
        self._behaviours: deque[Behaviour] = deque()
        self._seen: set[str] = set()

    def client(self) -> AbstractContextManager[httpx.Client]:
        return httpx.Client(
            transport=httpx.MockTransport(self.handle), base_url="http://product.test"
        )

    def then(self, *behaviours: Behaviour) -> None:
        self._behaviours.extend(behaviours)

    def answering(self, status: int, /, **claims: object) -> Behaviour:
        """Answer with a signed problem document; `claims` in place of the right ones."""

        def behave(request: httpx.Request) -> httpx.Response:
            document = {"status": status, "detail": "内容有误，没有保存。"}
            return self.signed(request, status, document, **claims)

        return behave

    def signed(
        self, request: httpx.Request, status: int, document: object, /, **claims: object
    ) -> httpx.Response:
        body = json.dumps(document).encode()
        irt = self._token(request).claims["jti"]
        given = product_claims(self.clock(), body=body, irt=irt, status=status) | claims
        token = jwt.encode({"alg": "ES256", "kid": self.key.kid}, given, self.key)
        return httpx.Response(status, content=body, headers={"Message-Signature": token})

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(json.loads(request.content))
        if self._behaviours:
            return self._behaviours.popleft()(request)
        try:
            self._check(request)
        except (AssertionError, JoseError):
            self.unbelieved += 1
            return httpx.Response(401)
        event = json.loads(request.content)
        self.heard.append(event)
        answer = {"event_id": event["event_id"], "outcome": "applied"}
        return self.signed(request, 200, answer)

    def _token(self, request: httpx.Request) -> jwt.Token:
        trusted = KeySet.import_key_set(json.loads(demo_keys()))
        return jwt.decode(request.headers["Message-Signature"], trusted, algorithms=["ES256"])

    def _check(self, request: httpx.Request) -> None:
        """What the protocol asks of a request of the tax bureau."""
        claims = self._token(request).claims
        issued = claims["iat"]
        assert 0 <= self.clock().timestamp() - issued <= 20
        assert (request.method, request.url.path) == ("POST", "/tax/v1/events")
        assert request.headers["Content-Type"] == "application/json"
        assert claims == {
            "iss": TAX_BUREAU,
            "aud": PRODUCT,
            "iat": issued,
            "exp": issued + 60,
            "jti": claims["jti"],
            "htm": "POST",
            "htu": "/tax/v1/events",
            "body_sha256": hashlib.sha256(request.content).hexdigest(),
        }
        assert re.fullmatch(r"[A-Za-z0-9_-]{16,64}", claims["jti"])
        assert claims["jti"] not in self._seen
        self._seen.add(claims["jti"])
