"""What we ask others: to send a text message, and whether a name belongs to an ID number.

Each is a small interface with interchangeable implementations, chosen by the settings. They speak
over HTTP, so callers use them with no database transaction open.
"""

from __future__ import annotations

import logging
from typing import Protocol

import httpx

from flexapp.config import Settings
from flexapp.people.fictional import FICTIONAL_RESIDENTS
from flexapp.rules.identity import IdentityNumber

log = logging.getLogger(__name__)
TIMEOUT = httpx.Timeout(5.0)


class GatewayDown(Exception):
    """The other side could not be reached or did not understand; the person may try again."""


class SmsGateway(Protocol):
    """Sends sign-in codes."""

    def send(self, phone: str, code: str) -> str | None:
        """Send `code` to an 11-digit mobile number; raises `GatewayDown`.

        Returns what the page may show in place of a real message: the demo alone returns anything.
        """


class DemoSms:
    """Sends nothing; the code is shown on the page."""

    def send(self, phone: str, code: str) -> str | None:
        """The code itself."""
        return code


class LogSms:
    """For a test system without a provider: the code goes to the log, the number does not."""

    def send(self, phone: str, code: str) -> str | None:
        """Log the code with the last two digits of the number."""
        log.warning("sign-in code for the number ending in %s: %s", phone[-2:], code)
        return None


class HttpSms:
    """A provider reached over HTTP: POST {"phone", "code"} with a bearer token, 2xx is sent."""

    def __init__(self, url: str, token: str | None, transport: httpx.BaseTransport | None = None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._url = url
        self._client = httpx.Client(headers=headers, timeout=TIMEOUT, transport=transport)

    def send(self, phone: str, code: str) -> str | None:
        """Hand the message to the provider."""
        try:
            answer = self._client.post(self._url, json={"phone": phone, "code": code})
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise GatewayDown(type(error).__name__) from None
        return None


class PopulationRegistry(Protocol):
    """Knows which name belongs to which ID number."""

    def confirms(self, name: str, identity: IdentityNumber, phone: str) -> bool:
        """Whether the three belong together; raises `GatewayDown`."""


class DemoRegistry:
    """Knows the demo's fictional residents by name; believes any other well-formed pair."""

    def confirms(self, name: str, identity: IdentityNumber, phone: str) -> bool:
        """Whether the name is that of the fictional resident with this number, if there is one."""
        resident = FICTIONAL_RESIDENTS.get(identity.value)
        return resident is None or resident.name == name


class HttpRegistry:
    """A registry reached over HTTP: POST {"name", "id_number", "phone"} → {"match": true|false}."""

    def __init__(self, url: str, token: str | None, transport: httpx.BaseTransport | None = None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._url = url
        self._client = httpx.Client(headers=headers, timeout=TIMEOUT, transport=transport)

    def confirms(self, name: str, identity: IdentityNumber, phone: str) -> bool:
        """Ask the registry."""
        question = {"name": name, "id_number": identity.value, "phone": phone}
        try:
            answer = self._client.post(self._url, json=question)
            answer.raise_for_status()
            match = answer.json()["match"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise GatewayDown(type(error).__name__) from None
        return match is True


def sms_gateway(settings: Settings) -> SmsGateway:
    """The gateway that the settings name."""
    if settings.sms == "http":
        assert settings.sms_url is not None
        return HttpSms(settings.sms_url, settings.sms_token)
    return DemoSms() if settings.sms == "demo" else LogSms()


def population_registry(settings: Settings) -> PopulationRegistry:
    """The registry that the settings name."""
    if settings.population_url is not None:
        return HttpRegistry(settings.population_url, settings.population_token)
    return DemoRegistry()
