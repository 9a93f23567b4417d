"""What we ask others: to send a text message, and whether a name belongs to an ID number.

Each is a small interface with interchangeable implementations, chosen by the settings. They speak
over HTTP, so callers use them with no database transaction open. A few requests of a process may
wait for each, a few seconds at most (web/bulkhead.py): the other threads go on serving pages.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Protocol

import httpx

from flexapp.config import Settings
from flexapp.rules.identity import IdentityNumber, same_name
from flexapp.web.bulkhead import Bulkhead, NoAnswer, NotReached

log = logging.getLogger(__name__)

PATIENCE = 5.0
"""Seconds that somebody waits for an answer in all."""

TIMEOUT = httpx.Timeout(4.0, connect=2.0)
"""Of each step: connecting, sending, each part of the answer."""

AT_ONCE = 3
"""Requests of one serving process that may wait for each of the two systems; app.py has threads for
all of them and for pages besides."""


class GatewayDown(Exception):
    """The other side could not be reached or did not understand; the person may try again.

    `maybe_done` is true where it may have done what it was asked to do all the same.
    """

    def __init__(self, fault: str = "", *, maybe_done: bool = False) -> None:
        super().__init__(fault)
        self.maybe_done = maybe_done


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
        self._poster = _Poster("sms", url, token, transport)

    def send(self, phone: str, code: str) -> str | None:
        """Hand the message to the provider."""
        self._poster.post({"phone": phone, "code": code})
        return None


class PopulationRegistry(Protocol):
    """Knows which name belongs to which ID number."""

    def confirms(self, name: str, identity: IdentityNumber, phone: str) -> bool:
        """Whether the three belong together; raises `GatewayDown`.

        `phone` "": of somebody without an account only name and number are asked about.
        """


class DemoRegistry:
    """Knows the demo's fictional residents by name; believes any other well-formed pair."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """`names`: of the fictional residents, by ID number."""
        self._names = names

    def confirms(self, name: str, identity: IdentityNumber, phone: str) -> bool:
        """Whether the name is that of the fictional resident with this number, if there is one."""
        known = self._names.get(identity.value)
        return known is None or same_name(known, name)


class HttpRegistry:
    """A registry reached over HTTP: POST {"name", "id_number", "phone"} → {"match": true|false}."""

    def __init__(self, url: str, token: str | None, transport: httpx.BaseTransport | None = None):
        self._poster = _Poster("registry", url, token, transport)

    def confirms(self, name: str, identity: IdentityNumber, phone: str) -> bool:
        """Ask the registry."""
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
    """POSTs JSON to one system, with a bearer token, within its bulkhead."""

    def __init__(
        self, name: str, url: str, token: str | None, transport: httpx.BaseTransport | None
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._url = url
        self._client = httpx.Client(headers=headers, timeout=TIMEOUT, transport=transport)
        self._bulkhead = Bulkhead(name, at_once=AT_ONCE, patience=PATIENCE)

    def post(self, question: dict[str, str]) -> httpx.Response:
        """Its answer, 2xx; raises `GatewayDown`."""

        def ask() -> httpx.Response:
            return self._client.post(self._url, json=question).raise_for_status()

        try:
            return self._bulkhead.call(ask)
        except (NotReached, httpx.HTTPStatusError) as error:
            raise GatewayDown(type(error).__name__) from None
        except (NoAnswer, httpx.HTTPError) as error:
            raise GatewayDown(type(error).__name__, maybe_done=True) from None


def sms_gateway(settings: Settings) -> SmsGateway:
    """The gateway that the settings name."""
    if settings.sms == "http":
        assert settings.sms_url is not None
        return HttpSms(settings.sms_url, settings.sms_token)
    return DemoSms() if settings.sms == "demo" else LogSms()


def population_registry(settings: Settings, fictional: Mapping[str, str]) -> PopulationRegistry:
    """The registry that the settings name; `fictional`: the demo's residents, by ID number."""
    if settings.population_url is not None:
        return HttpRegistry(settings.population_url, settings.population_token)
    return DemoRegistry(fictional)
