"""Clients of external systems: the SMS provider and the population registry.

Each is a small interface with several implementations; the settings select one. They use HTTP, so
callers must not have a database transaction open. A bulkhead (web/bulkhead.py) limits the number of
concurrent calls per process and their duration, so that other threads can serve pages.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Protocol

import httpx

from flexapp.config import Settings
from flexapp.rules.identity import IdentityNumber, same_name
from flexapp.web.bulkhead import Bulkhead, NoAnswer, Unreachable

log = logging.getLogger(__name__)

PATIENCE = 5.0
"""Maximum seconds for a whole call."""

TIMEOUT = httpx.Timeout(4.0, connect=2.0)
"""Timeouts in seconds for each step: connecting, sending, each part of the response."""

AT_ONCE = 3
"""Maximum concurrent calls per process and system; app.py has enough threads for both and pages."""


class GatewayDown(Exception):
    """The external system is unreachable or its response is invalid; the person may try again.

    `maybe_done` is true if the system may have processed the request.
    """

    def __init__(self, fault: str = "", *, maybe_done: bool = False) -> None:
        super().__init__(fault)
        self.maybe_done = maybe_done


class SmsGateway(Protocol):
    """Sends sign-in codes."""

    def send(self, phone: str, code: str) -> str | None:
        """Send `code` to an 11-digit mobile number; raises `GatewayDown`.

        Returns the code to show on the page instead of a message. Only the demo returns one.
        """


class DemoSms:
    """Sends nothing; the code is shown on the page."""

    def send(self, phone: str, code: str) -> str | None:
        """Return the code itself."""
        return code


class LogSms:
    """For test systems without a provider: logs the code, but not the number."""

    def send(self, phone: str, code: str) -> str | None:
        """Log the code with the last two digits of the number."""
        log.warning("sign-in code for the number ending in %s: %s", phone[-2:], code)
        return None


class HttpSms:
    """An HTTP provider: POST {"phone", "code"} with a bearer token; 2xx means sent."""

    def __init__(self, url: str, token: str | None, transport: httpx.BaseTransport | None = None):
        self._poster = _Poster("sms", url, token, transport)

    def send(self, phone: str, code: str) -> str | None:
        """Send the code through the provider; raises `GatewayDown`."""
        self._poster.post({"phone": phone, "code": code})
        return None


class PopulationRegistry(Protocol):
    """Verifies that a name belongs to an ID number."""

    def confirms(self, name: str, identity: IdentityNumber, phone: str) -> bool:
        """Whether name, ID number and phone belong together; raises `GatewayDown`.

        With `phone` "" (a person without an account), only name and ID number are verified.
        """


class DemoRegistry:
    """Verifies the names of the fictional residents; confirms any other ID number."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """`names`: names of the fictional residents by ID number."""
        self._names = names

    def confirms(self, name: str, identity: IdentityNumber, phone: str) -> bool:
        """Whether the name matches the fictional resident; true if there is none."""
        known = self._names.get(identity.value)
        return known is None or same_name(known, name)


class HttpRegistry:
    """An HTTP registry: POST {"name", "id_number", "phone"} → {"match": true|false}."""

    def __init__(self, url: str, token: str | None, transport: httpx.BaseTransport | None = None):
        self._poster = _Poster("registry", url, token, transport)

    def confirms(self, name: str, identity: IdentityNumber, phone: str) -> bool:
        """Query the registry; raises `GatewayDown`."""
        question = {"name": name, "id_number": identity.value}
        if phone:
            question["phone"] = phone
        answer = self._poster.post(question)
        try:
            match = answer.json()["match"]
        except (ValueError, KeyError, TypeError) as error:
            raise GatewayDown(type(error).__name__) from None
        return match is True


class _Poster:
    """POSTs JSON to one system with a bearer token, inside a bulkhead."""

    def __init__(
        self, name: str, url: str, token: str | None, transport: httpx.BaseTransport | None
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._url = url
        self._client = httpx.Client(headers=headers, timeout=TIMEOUT, transport=transport)
        self._bulkhead = Bulkhead(name, at_once=AT_ONCE, patience=PATIENCE)

    def post(self, question: dict[str, str]) -> httpx.Response:
        """Return the 2xx response; raises `GatewayDown`."""

        def ask() -> httpx.Response:
            return self._client.post(self._url, json=question).raise_for_status()

        try:
            return self._bulkhead.call(ask)
        except (Unreachable, httpx.HTTPStatusError) as error:
            raise GatewayDown(type(error).__name__) from None
        except (NoAnswer, httpx.HTTPError) as error:
            raise GatewayDown(type(error).__name__, maybe_done=True) from None


def sms_gateway(settings: Settings) -> SmsGateway:
    """Create the SMS gateway that the settings select."""
    if settings.sms == "http":
        assert settings.sms_url is not None
        return HttpSms(settings.sms_url, settings.sms_token)
    return DemoSms() if settings.sms == "demo" else LogSms()


def population_registry(settings: Settings, fictional: Mapping[str, str]) -> PopulationRegistry:
    """Create the registry that the settings select.

    `fictional`: names of the demo's residents by ID number.
    """
    if settings.population_url is not None:
        return HttpRegistry(settings.population_url, settings.population_token)
    return DemoRegistry(fictional)
