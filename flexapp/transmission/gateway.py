"""Client of the tax bureau: one interface and its signed HTTP implementation.

An answer counts only if the tax bureau has signed it for this request. Otherwise the result of the
call is unknown, whatever the answer says. The transport decides whether the other side is a remote
system or the embedded stand-in.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

import httpx
from joserfc.jwk import ECKey, KeySet

from flexapp.signing import InvalidMessage
from flexapp.transmission import protocol
from flexapp.transmission.protocol import HEADER, Proof
from flexapp.web import metrics, request_ids
from flexapp.web.clock import utcnow

T = TypeVar("T")

TIMEOUT = httpx.Timeout(10.0, connect=3.0)

NOT_A_REFUSAL = frozenset({"content_differs", "request_differs"})
"""Reasons that the resident can do nothing about: our message differs from the earlier one."""


NOT_NOW = frozenset({401, 403, 408, 425, 429})
"""Status codes that say "not now" for a reason other than the message."""

CALLS = {"PUT": "submit", "POST": "ask", "GET": "show"}
"""Label of a call in the metrics, by HTTP method."""

STATES = frozenset({"received", "revoking", "paid", "revoked"})
ANSWERS = frozenset({"pending", "agreed", "declined"})


class TaxUnreachable(Exception):
    """No answer, or none that settles the call: the message may or may not have arrived.

    `never_left` is True if certainly nothing arrived, because no connection was made. `answered` is
    True if the tax bureau itself answered, but could not do it.
    """

    def __init__(self, fault: str, *, never_left: bool = False, answered: bool = False) -> None:
        super().__init__(fault)
        self.never_left = never_left
        self.answered = answered


class TaxUnusable(Exception):
    """The tax bureau answered and a retry will not help: a person must look at the message."""


@dataclass(frozen=True, slots=True)
class TaxRefused:
    """The tax bureau refuses the message, for a reason that concerns the resident."""

    reason: str
    proof: Proof


@dataclass(frozen=True, slots=True)
class Accepted:
    """The tax bureau has the message. `digest` is that of the accepted content, "" if none was
    sent.
    """

    proof: Proof
    digest: str = ""


@dataclass(frozen=True, slots=True)
class RevocationRequest:
    """The latest revocation request at the tax bureau.

    `answer` is pending, agreed or declined.
    """

    request_id: str
    answer: str
    reason: str


@dataclass(frozen=True, slots=True)
class RemoteRecord:
    """The record of a serial at the tax bureau. `cursor` increases with every change there."""

    serial: str
    state: str
    digest: str
    cursor: int
    reason: str
    request: RevocationRequest | None
    proof: Proof


@dataclass(frozen=True, slots=True)
class RemoteCopy:
    """A message of ours as stored at the tax bureau. `kind` is submit or ask, as in the outbox."""

    kind: str
    received_at: datetime
    signature: str
    body: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of records at the tax bureau.

    `next` is the cursor where the next page begins, None after the last.
    """

    holdings: tuple[RemoteRecord, ...]
    next: int | None


class TaxGateway(Protocol):
    """Calls to the tax bureau.

    Every call may raise `TaxUnreachable`. `submit` and `ask_revocation` may also raise
    `TaxUnusable`.
    """

    def submit(self, serial: str, content: str) -> Accepted | TaxRefused:
        """Submit an assessment as canonical JSON text. Idempotent."""

    def show(self, serial: str) -> RemoteRecord | None:
        """Return the record of a serial at the tax bureau; None if it has none."""

    def ask_revocation(self, serial: str, request_id: str, reason: str) -> Accepted | TaxRefused:
        """Request a revocation. Idempotent."""

    def listing(self, after: int, limit: int) -> Listing:
        """List records after a cursor, in the order of their latest change."""

    def kept(self, serial: str) -> tuple[RemoteCopy, ...]:
        """Return our own messages about a serial as stored there.

        Empty if the tax bureau does not offer this call.
        """

    def signatures(self, limit: int) -> tuple[str, ...]:
        """Return the signatures of our newest messages.

        Empty if the tax bureau does not offer this call.
        """


class HttpTaxGateway:
    """The gateway over HTTP.

    `keys` are the public keys of the tax bureau, which verify its answers. `chain_end` returns the
    head of our audit chain, which is sent with every message that has a body.
    """

    def __init__(
        self,
        base_url: str,
        *,
        signer: ECKey,
        keys: KeySet,
        transport: httpx.BaseTransport | None = None,
        now: Callable[[], datetime] = utcnow,
        chain_end: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._signer, self._keys, self._now = signer, keys, now
        self._chain_end = chain_end
        self._client = httpx.Client(base_url=base_url, timeout=TIMEOUT, transport=transport)

    def submit(self, serial: str, content: str) -> Accepted | TaxRefused:
        """PUT /v1/assessments/{serial}."""
        return self._tell("PUT", f"/v1/assessments/{serial}", content)

    def ask_revocation(self, serial: str, request_id: str, reason: str) -> Accepted | TaxRefused:
        """POST /v1/assessments/{serial}/revocation-requests."""
        body = protocol.canonical({"request_id": request_id, "reason": reason})
        return self._tell("POST", f"/v1/assessments/{serial}/revocation-requests", body)

    def show(self, serial: str) -> RemoteRecord | None:
        """GET /v1/assessments/{serial}."""
        status, proof, document = self._ask(f"/v1/assessments/{serial}")
        if status == 404 and document.get("reason") == "unknown_serial":
            return None
        return _read(lambda: _holding(document, proof), status)

    def listing(self, after: int, limit: int) -> Listing:
        """GET /v1/assessments?after={cursor}."""
        status, proof, document = self._ask(f"/v1/assessments?after={after}&limit={limit}")

        def read() -> Listing:
            held = tuple(_holding(row, proof) for row in document["assessments"])
            cursors = [each.cursor for each in held]
            following = document["next"]
            if cursors != sorted(cursors) or any(cursor <= after for cursor in cursors):
                raise ValueError("not in order")
            if following is not None and (not held or int(following) < cursors[-1]):
                raise ValueError("leads nowhere")
            return Listing(held, None if following is None else int(following))

        return _read(read, status)

    def kept(self, serial: str) -> tuple[RemoteCopy, ...]:
        """GET /v1/assessments/{serial}/messages."""
        status, _, document = self._ask(f"/v1/assessments/{serial}/messages")
        if status == 404:
            return ()
        return _read(lambda: tuple(map(_kept, document["messages"])), status)

    def signatures(self, limit: int) -> tuple[str, ...]:
        """GET /v1/signatures."""
        status, _, document = self._ask(f"/v1/signatures?limit={limit}")
        if status == 404:
            return ()
        return _read(lambda: tuple(map(str, document["signatures"])), status)

    def _tell(self, method: str, target: str, body: str) -> Accepted | TaxRefused:
        status, proof, document = self._call(method, target, body.encode())
        if 200 <= status < 300:
            return Accepted(proof, str(document.get("digest") or ""))
        if status in (404, 409, 422) and document.get("reason") not in NOT_A_REFUSAL:
            return TaxRefused(str(document.get("detail") or "税务没有说明原因"), proof)
        raise TaxUnusable(f"answer {status} {document.get('reason') or ''}".strip())

    def _ask(self, target: str) -> tuple[int, Proof, dict[str, Any]]:
        return self._call("GET", target, b"")

    def _call(self, method: str, target: str, body: bytes) -> tuple[int, Proof, dict[str, Any]]:
        """Call `_exchange`, and record its duration and outcome in the metrics."""
        began, outcome = time.perf_counter(), "fault"
        try:
            answer = self._exchange(method, target, body)
            outcome = "answered" if answer[0] < 300 else "refused"
        except TaxUnreachable as fault:
            outcome = "no_connection" if fault.never_left else "no_answer"
            if fault.answered:
                outcome = "cannot"
            raise
        finally:
            call = "list" if "?" in target else CALLS[method]
            seconds = time.perf_counter() - began
            metrics.tax_called(call=call, outcome=outcome, seconds=seconds)
        return answer

    def _exchange(self, method: str, target: str, body: bytes) -> tuple[int, Proof, dict[str, Any]]:
        """Send a request; return status, proof and JSON of an answer signed by the tax bureau.

        Raises `TaxUnreachable` for a missing, unsigned, temporary (5xx, `NOT_NOW`) or non-JSON
        answer.
        """
        request_id, signature = protocol.request_signature(
            self._signer,
            method=method,
            target=target,
            body=body,
            at=self._now(),
            chain_end=self._chain_end() if body else None,
        )
        headers = {HEADER: signature} | ({"Content-Type": "application/json"} if body else {})
        if request_ids.current():
            headers[request_ids.HEADER] = request_ids.current()
        try:
            answer = self._client.request(method, target, content=body or None, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise TaxUnreachable(type(error).__name__, never_left=True) from None
        except httpx.HTTPError as error:
            raise TaxUnreachable(type(error).__name__) from None
        status = answer.status_code
        try:
            protocol.check_answer(
                answer.headers.get(HEADER, ""),
                self._keys,
                request_id=request_id,
                status=status,
                body=answer.content,
                at=self._now(),
            )
        except InvalidMessage as error:
            raise TaxUnreachable(f"answer {status} not believed: {error.reason}") from None
        if status >= 500 or status in NOT_NOW:
            raise TaxUnreachable(f"answer {status}", answered=True)
        proof = Proof(answer.headers[HEADER], answer.text)
        try:
            document = json.loads(answer.content)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise TaxUnreachable(f"answer {status} is no JSON object", answered=True)
        return status, proof, document


def _read(make: Callable[[], T], status: int) -> T:
    """Read a signed answer with `make`; raise `TaxUnreachable` if it cannot be understood."""
    if status != 200:
        raise TaxUnreachable(f"answer {status}", answered=True)
    try:
        return make()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        fault = f"an answer that cannot be understood ({type(error).__name__})"
        raise TaxUnreachable(fault, answered=True) from None


def _kept(row: dict[str, Any]) -> RemoteCopy:
    return RemoteCopy(
        kind=str(row["kind"]),
        received_at=datetime.fromisoformat(row["received_at"]),
        signature=str(row["signature"]),
        body=str(row["body"]),
    )


def _holding(row: dict[str, Any], proof: Proof) -> RemoteRecord:
    asked = row["request"]
    if row["state"] not in STATES or (asked is not None and asked["answer"] not in ANSWERS):
        raise ValueError("a state that is not in the protocol")
    return RemoteRecord(
        serial=str(row["serial"]),
        state=str(row["state"]),
        digest=str(row["digest"]),
        cursor=int(row["cursor"]),
        reason=str(row["reason"] or ""),
        request=None
        if asked is None
        else RevocationRequest(
            str(asked["request_id"]), str(asked["answer"]), str(asked["reason"] or "")
        ),
        proof=proof,
    )
