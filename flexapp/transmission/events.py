"""Events from the tax bureau: validated, and applied exactly once in any order of arrival."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from flexapp.assessment import service as assessment
from flexapp.db.session import advisory_lock
from flexapp.rules.refusal import Refusal
from flexapp.rules.text import is_printable
from flexapp.signing import body_digest
from flexapp.transmission import repository
from flexapp.transmission.event_transitions import (
    Fact,
    Outcome,
    agree,
    answers_our_request,
    explain,
)
from flexapp.transmission.protocol import Proof
from flexapp.web.clock import utcnow

DIFFERS = Refusal("event_differs", "这个事件编号已经收到过，但内容不同。")

_FACTS = {
    "received": Fact.RECEIVED,
    "paid": Fact.PAID,
    "revoked": Fact.REVOKED,
    "revocation_declined": Fact.DECLINED,
}
_SERIAL = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{3,39}")
_REQUEST_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._:-]{0,63}")
_REASON_MAX = 200


@dataclass(frozen=True, slots=True)
class TaxEvent:
    """An event of the protocol (schema `Event`)."""

    event_id: str
    cursor: int
    serial: str
    event: str
    at: datetime
    reason: str | None
    request_id: str | None

    @property
    def digest(self) -> str:
        """SHA-256 of all fields. An event that is sent again must have the same digest."""
        return body_digest(json.dumps(asdict(self), default=str, sort_keys=True).encode())


def parse(sent: object) -> TaxEvent | tuple[tuple[str, str], ...]:
    """Parse the decoded JSON body of an event.

    Returns the event, or (field, sentence) for every fault in the body.
    """
    if not isinstance(sent, dict):
        return (("", "请求内容必须是一个 JSON 对象。"),)
    wrong = [
        (ascii(name)[1:-1][:40], "没有这个字段，请对照接口说明。")
        for name in sent
        if name not in _CHECKS
    ]
    for name, (fits, sentence) in _CHECKS.items():
        if name not in sent:
            wrong.append((name, "缺少这个字段。"))
        elif not fits(sent[name]):
            wrong.append((name, sentence))
    if wrong:
        return tuple(wrong)
    return TaxEvent(**{**sent, "at": datetime.fromisoformat(sent["at"])})


def receive(event: TaxEvent, proof: Proof) -> Outcome | Refusal:
    """Apply an event in the caller's transaction; for a repeated event return its stored outcome.

    Refused if the event id is known with other content. Raises `Conflict` if a resident or clerk
    moved the record meanwhile: roll back; the tax bureau sends the event again.
    """
    advisory_lock("tax event", event.serial)
    known = repository.event(event.event_id)
    if known is not None:
        # Events from before signing have no digest to compare with.
        return Outcome(known.outcome) if known.digest in ("", event.digest) else DIFFERS
    outcome = _carry_over(event)
    repository.add_event(
        {
            "event_id": event.event_id,
            "cursor": event.cursor,
            "serial": event.serial,
            "event": event.event,
            "at": event.at,
            "outcome": outcome.value,
            "digest": event.digest,
            "proof": proof.stored(),
        }
    )
    return outcome


def _carry_over(event: TaxEvent) -> Outcome:
    record = assessment.find(event.serial)
    if record is None:
        repository.note_finding(event.serial, explain(event.event, None), utcnow())
        return Outcome.UNKNOWN_SERIAL
    if repository.last_cursor(event.serial) > event.cursor:
        return Outcome.NOTHING_TO_DO  # a later event was applied already
    fact = _FACTS[event.event]
    if fact is Fact.DECLINED and not answers_our_request(event.serial, event.request_id):
        return Outcome.NOTHING_TO_DO
    outcome = agree(record, fact, data={"reason": event.reason} if event.reason else {})
    if outcome is Outcome.CONFLICT:
        repository.note_finding(event.serial, explain(event.event, record), utcnow())
    else:
        repository.clear_finding(event.serial)
    return outcome


def _text(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_uuid(value: object) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except ValueError:
        return False


def _is_moment(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_reason(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, str) and 1 <= len(value) <= _REASON_MAX and is_printable(value)


def _is_cursor(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 2**53


_CHECKS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "event_id": (_is_uuid, "要一个小写的 UUID。"),
    "cursor": (_is_cursor, "要大于 0 的整数。"),
    "serial": (_text(_SERIAL), "要 4 到 40 个字母、数字或连字符。"),
    "event": (
        lambda value: isinstance(value, str) and value in _FACTS,
        f"只能是 {'、'.join(_FACTS)}。",
    ),
    "at": (_is_moment, "要带时区的时间。"),
    "reason": (_is_reason, f"要 1 到 {_REASON_MAX} 个字，一行；没有时填 null。"),
    "request_id": (
        lambda value: value is None or _text(_REQUEST_ID)(value),
        "要 1 到 64 个字母、数字或 . _ : -；没有时填 null。",
    ),
}
