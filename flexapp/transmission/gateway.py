"""The tax bureau as we speak to it: one interface, one HTTP implementation.

Idempotent by serial and request id, so that an answer that was lost is asked for again by sending
again. The transport decides whether the other side is a remote system or the embedded stand-in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import httpx

TIMEOUT = httpx.Timeout(10.0, connect=3.0)


class TaxUnreachable(Exception):
    """No answer, or none that settles it: the message may or may not have arrived.

    `never_left` is true where it is certain that nothing arrived: no connection was made.
    """

    def __init__(self, fault: str, *, never_left: bool = False) -> None:
        super().__init__(fault)
        self.never_left = never_left


@dataclass(frozen=True, slots=True)
class TaxRefused:
    """The tax bureau answered that it will not take the message."""

    reason: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The tax bureau has it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the tax bureau's feed."""

    cursor: int
    event_id: str
    serial: str
    event: str
    at: datetime
    reason: str


class TaxGateway(Protocol):
    """What we can tell and ask the tax bureau. Every call may raise `TaxUnreachable`."""

    def submit(self, serial: str, message: Mapping[str, str]) -> Accepted | TaxRefused:
        """Hand over an assessment; again is harmless."""

    def holds(self, serial: str) -> bool:
        """Whether the tax bureau has an assessment of that serial."""

    def listing(self, after: str, limit: int) -> tuple[tuple[str, str], ...]:
        """(serial, state) of what the tax bureau holds, in order, after a serial."""

    def ask_revocation(self, serial: str, request_id: str, reason: str) -> Accepted | TaxRefused:
        """Ask for a revocation; again is harmless."""

    def changes(self, after: int) -> tuple[Change, ...]:
        """What the tax bureau did since a cursor, in order."""


class HttpTaxGateway:
    """The gateway over HTTP."""

    def __init__(
        self, base_url: str, token: str, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._client = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT,
            transport=transport,
        )

    def submit(self, serial: str, message: Mapping[str, str]) -> Accepted | TaxRefused:
        """PUT /v1/assessments/{serial}."""
        return _settled(self._call("PUT", f"/v1/assessments/{serial}", dict(message)))

    def ask_revocation(self, serial: str, request_id: str, reason: str) -> Accepted | TaxRefused:
        """POST /v1/assessments/{serial}/revocation-requests."""
        body = {"request_id": request_id, "reason": reason}
        return _settled(self._call("POST", f"/v1/assessments/{serial}/revocation-requests", body))

    def holds(self, serial: str) -> bool:
        """GET /v1/assessments/{serial}."""
        answer = self._call("GET", f"/v1/assessments/{serial}", None)
        if answer.status_code not in (200, 404):
            raise TaxUnreachable(f"answer {answer.status_code}")
        return answer.status_code == 200

    def listing(self, after: str, limit: int) -> tuple[tuple[str, str], ...]:
        """GET /v1/assessments?after={serial}."""
        answer = self._call("GET", f"/v1/assessments?after={after}&limit={limit}", None)
        if answer.status_code != 200:
            raise TaxUnreachable(f"listing: {answer.status_code}")
        try:
            rows = answer.json()["assessments"]
            return tuple((str(row["serial"]), str(row["state"])) for row in rows)
        except (ValueError, KeyError, TypeError) as error:
            raise TaxUnreachable(f"listing: {type(error).__name__}") from None

    def changes(self, after: int) -> tuple[Change, ...]:
        """GET /v1/changes?after={cursor}."""
        answer = self._call("GET", f"/v1/changes?after={after}&limit=100", None)
        if answer.status_code != 200:
            raise TaxUnreachable(f"changes: {answer.status_code}")
        try:
            return tuple(
                Change(
                    cursor=int(row["cursor"]),
                    event_id=str(row["event_id"]),
                    serial=str(row["serial"]),
                    event=str(row["event"]),
                    at=datetime.fromisoformat(row["at"]),
                    reason=str(row.get("reason") or ""),
                )
                for row in answer.json()["changes"]
            )
        except (ValueError, KeyError, TypeError) as error:
            raise TaxUnreachable(f"changes: {type(error).__name__}") from None

    def _call(self, method: str, path: str, body: dict[str, str] | None) -> httpx.Response:
        try:
            return self._client.request(method, path, json=body)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise TaxUnreachable(type(error).__name__, never_left=True) from None
        except httpx.HTTPError as error:
            raise TaxUnreachable(type(error).__name__) from None


def _settled(answer: httpx.Response) -> Accepted | TaxRefused:
    """2xx is accepted; 404, 409 and 422 are the tax bureau's no; anything else settles nothing."""
    if answer.is_success:
        return Accepted()
    if answer.status_code in (404, 409, 422):
        try:
            detail = str(answer.json().get("detail") or "")
        except (ValueError, AttributeError):
            detail = ""
        return TaxRefused(detail or "税务没有说明原因")
    raise TaxUnreachable(f"answer {answer.status_code}")
