"""Handover codes (办理码): start a form on the phone and finish it at a counter, or the reverse.

The input is stored for a day under a six-digit code, which the person reads out or types in. A code
alone gives no access. It only opens a case of the person whom a clerk has found by ID number, or
who owns the signed-in account. Every other code gets the same refusal. Wrong codes are counted per
clerk or account, per clerk or account and person, and per person. Nothing is registered or assessed
until the form is submitted at its destination, with the permissions of that place.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from flexapp.audit import service as audit
from flexapp.audit.service import Actor, ActorKind
from flexapp.encryption import vault
from flexapp.people import handover_repository as repository
from flexapp.people.handover_repository import Row
from flexapp.rules.capabilities import Action
from flexapp.rules.limits import HAND_OVER_ALL, HAND_OVER_BY, HAND_OVER_FOR, HAND_OVERS
from flexapp.rules.phone import read_code
from flexapp.rules.refusal import Refusal
from flexapp.web import rate_limit
from flexapp.web.clock import utcnow
from flexapp.web.rate_limit import AttemptLimit

LIFE = timedelta(hours=24)
"""Lifetime of a code: long enough to go to a counter the next morning, or home to the phone."""

WRONG = Refusal(
    "hand_over_wrong",
    "办理码不对：可能输错了，已经用过，或者过了 24 小时。请核对后再输入。",
    "code",
)


class Place(StrEnum):
    """Where a case is finished."""

    COUNTER = "counter"
    PHONE = "phone"


TOO_MANY = {
    Place.COUNTER: Refusal(
        "hand_overs_enough",
        f"一天最多取 {HAND_OVERS.most} 个办理码，今天已经取满。最后一个还能用，在“我的”里看；"
        "也可以直接在手机上提交，或者带身份证到窗口，请经办人员从头填写。",
    ),
    Place.PHONE: Refusal(
        "hand_overs_enough",
        f"今天已经给这个人 {HAND_OVERS.most} 个办理码，不能再给。最后一个还能用；"
        "也可以直接在窗口办完，或者请本人在手机上从头填写。",
    ),
}


@dataclass(frozen=True, slots=True, repr=False)
class HandedOver:
    """A handed-over case. `code` has six digits; `typed` is the input by field name."""

    id: int
    code: str
    action: Action
    place: Place
    typed: Mapping[str, str]

    @property
    def spoken(self) -> str:
        """The code in groups of three digits: "483 920"."""
        return f"{self.code[:3]} {self.code[3:]}"


def hand_over(
    *,
    person_id: int,
    action: Action,
    place: Place,
    typed: Mapping[str, str],
    actor: Actor,
    at: datetime,
) -> HandedOver | Refusal:
    """Store the input and return its code; an earlier code for the same action becomes invalid.

    Refusal: `hand_overs_enough`; the last code then stays valid.
    """
    whose = f"{_taker(actor)}\0{person_id}"
    if rate_limit.retry_after(HAND_OVERS, whose) is not None:
        return TOO_MANY[place]
    rate_limit.hit(HAND_OVERS, whose)
    real = utcnow()
    repository.sweep(real)
    repository.drop(person_id, action.value)
    code = _free_code()
    content = json.dumps({"code": code, "typed": dict(typed)}, ensure_ascii=False)
    number = repository.add(
        {
            "person_id": person_id,
            "action": action.value,
            "place": place.value,
            "code_digest": _digest(code),
            "content": content,
            "expires_at": real + LIFE,
        }
    )
    data = {"action": action.value, "place": place.value}
    _record("hand_over.given", person_id, actor, at, data)
    return HandedOver(number, code, action, place, dict(typed))


def find(
    *, person_id: int, place: Place, code: str, actor: Actor, at: datetime
) -> HandedOver | Refusal:
    """Return the case of this code and person, without taking it over.

    Refusals: `hand_over_wrong`, `hand_over_limit`.
    """
    taker = _taker(actor)
    tries = AttemptLimit((HAND_OVER_FOR, f"{person_id}\0{taker}"), (HAND_OVER_ALL, person_id))
    wait = rate_limit.retry_after(HAND_OVER_BY, taker) or tries.begin()
    if wait is not None:
        again = rate_limit.in_words(wait)
        return Refusal("hand_over_limit", f"办理码输错太多次，请{again}再试。", "code")
    digits = read_code(code)
    row = repository.open_case(_digest(digits), person_id, place.value, utcnow())
    if row is not None:
        tries.was_right()
        return _read(row)
    rate_limit.hit(HAND_OVER_BY, taker)
    _record("hand_over.wrong", person_id, actor, at, {"place": place.value})
    return WRONG


def redeem(*, case: HandedOver, person_id: int, actor: Actor, at: datetime) -> Refusal | None:
    """Take over a found case, which uses up its code; `hand_over_wrong` if already taken."""
    if not repository.take(case.id, _taker(actor)):
        return WRONG
    _record("hand_over.taken", person_id, actor, at, {"action": case.action.value})
    return None


def redeemed(
    *, number: int | None, person_id: int, action: Action, actor: Actor
) -> HandedOver | None:
    """Return a case that this actor has taken over; None if there is none or it is finished."""
    if number is None:
        return None
    row = repository.taken_case(number, person_id, action.value, _taker(actor), utcnow())
    return None if row is None else _read(row)


def waiting(*, person_id: int, place: Place) -> Sequence[HandedOver]:
    """Return a person's cases that nobody has taken over, newest first."""
    return [_read(row) for row in repository.waiting(person_id, place.value, utcnow())]


def everything(*, person_id: int) -> Sequence[tuple[datetime, HandedOver]]:
    """Return a person's cases, taken over or not, each with its expiry time; newest first."""
    return [(end, _read(row)) for end, row in repository.all_waiting(person_id, utcnow())]


def close(*, person_id: int, account_id: int) -> None:
    """Delete a person's cases when the account is closed.

    Cases that a clerk has taken over are kept and finished at the counter.
    """
    repository.drop_pending(person_id, f"{ActorKind.ACCOUNT.value}:{account_id}")


def cancel(*, number: int, person_id: int, actor: Actor, at: datetime) -> None:
    """Delete a case at the person's request; its code becomes invalid."""
    if repository.remove(number, person_id):
        _record("hand_over.given_up", person_id, actor, at, {})


def finished(*, person_id: int, action: Action) -> None:
    """Delete a person's cases for an action once it is done, wherever that was."""
    repository.drop(person_id, action.value)


def _free_code() -> str:
    while True:
        code = f"{secrets.randbelow(1_000_000):06d}"
        if not repository.in_use(_digest(code)):
            return code


def _digest(code: str) -> str:
    return vault().index(code, "hand_over.code")


def _taker(actor: Actor) -> str:
    assert actor.kind in (ActorKind.ACCOUNT, ActorKind.STAFF)
    return f"{actor.kind.value}:{actor.id}"


def _read(row: Row) -> HandedOver:
    content = json.loads(row.content)
    return HandedOver(
        id=row.id,
        code=content["code"],
        action=Action(row.action),
        place=Place(row.place),
        typed=content["typed"],
    )


def _record(action: str, person_id: int, actor: Actor, at: datetime, data: dict[str, str]) -> None:
    audit.record(
        action=action, person_id=person_id, subject="hand_over", actor=actor, at=at, data=data
    )
