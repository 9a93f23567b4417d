"""A vendor's server: signs launches with its own key and posts valid or invalid ones."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field

from flask import Flask
from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.test import TestResponse

from flexapp import signing
from flexapp.web.clock import utcnow
from tests.support.client import LintingClient
from tests.support.html import Page
from tests.support.walks import Resident

AUDIENCE = "nx-flexible-employment"
LAUNCHES = "/open/v1/launches"
APPLICATION_JOSE = "application/jose"


def channels(app: Flask, *args: str, text: str | None = None, status: int = 0) -> str:
    """Run `flask channels …` and return its output."""
    done = app.test_cli_runner().invoke(args=["channels", *args], input=text)
    assert done.exit_code == status, done.output
    return done.output


@dataclass
class Vendor:
    """An app vendor with its key; `register` makes the key known to the site."""

    app: Flask
    code: str = "abc"
    kid: str = "2026-a"
    key: ECKey = field(init=False)

    def __post_init__(self) -> None:
        self.key = signing.new_key(self.kid)

    def register(self) -> Vendor:
        """Register the public key with the site."""
        public = json.dumps(self.key.as_dict(private=False))
        channels(self.app, "add-key", self.code, "-", text=public)
        return self

    def claims(self, who: Resident, **change: object) -> dict[str, object]:
        """Return the claims of a launch, changed by `change`; a value of None removes a claim."""
        issued = int(utcnow().timestamp())
        said: dict[str, object] = {
            "iss": self.code,
            "aud": AUDIENCE,
            "iat": issued,
            "exp": issued + 60,
            "jti": secrets.token_urlsafe(16),
            "name": who.name,
            "id_number": who.identity,
            "phone": who.phone,
        }
        return {name: value for name, value in (said | change).items() if value is not None}

    def signed(self, who: Resident, **change: object) -> str:
        """Return a signed launch."""
        return jwt.encode({"alg": "ES256", "kid": self.kid}, self.claims(who, **change), self.key)

    def post(self, body: str | bytes, content_type: str = APPLICATION_JOSE) -> TestResponse:
        """Post a body as a server without cookies."""
        server = self.app.test_client(use_cookies=False)
        return server.post(LAUNCHES, data=body, content_type=content_type)

    def launch(self, who: Resident, **change: object) -> str:
        """Post a launch and return the path of the launch link."""
        answer = self.post(self.signed(who, **change))
        assert answer.status_code == 201, answer.text
        url: str = answer.get_json()["launch_url"]
        public: str = self.app.config["SETTINGS"].public_url
        assert url.startswith(f"{public}/launch/")
        return url.removeprefix(public)

    def refused(self, who: Resident, **change: object) -> tuple[int, str]:
        """Return status and reason of a launch that is refused."""
        return reason_of(self.post(self.signed(who, **change)))


def reason_of(answer: TestResponse) -> tuple[int, str]:
    """Return status and reason of a problem document."""
    assert answer.mimetype == "application/problem+json", answer.text
    document = answer.get_json(force=True)
    assert document["status"] == answer.status_code
    assert document["detail"]
    return answer.status_code, document["reason"]


def enter(client: LintingClient, path: str) -> Page:
    """Open a launch link and press 继续; return the resulting page."""
    return client.submit(client.page(path), "继续")
