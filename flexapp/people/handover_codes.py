"""A form half filled in one place and finished in another: phone to counter, counter to phone.

What was typed is kept for a day under six digits that the person reads out or types in. The digits
open nothing by themselves: only the case of the very person whom a clerk has found by ID number, or
whom an account was real-name checked for. Whatever else is typed gets one and the same answer, and
a wrong one counts for who typed it, for this person and in all. Nothing is registered or assessed
until the form is submitted where it is finished, by what that place may do.
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
from flexapp.web.rate_limit import Tries

LIFE = timedelta(hours=24)
"""Long enough to go to the counter tomorrow morning, or home to the phone."""

WRONG = Refusal(
    "hand_over_wrong",
    "办理码不对：可能输错了，已经用过，或者过了 24 小时。请核对后再输入。",
    "code",
)


class Place(StrEnum):
    """Where a case is to be finished."""

    COUNTER = "counter"
    PHONE = "phone"


ENOUGH = {
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
    """A case under way. `code`: six digits; `typed`: what stood in the fields, by name."""

    id: int
    code: str
    action: Action
    place: Place
    typed: Mapping[str, str]

    @property
    def spoken(self) -> str:
        """The digits as one reads them out: 483 920."""
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
    """Keep what was typed and give its code; an earlier one for the same thing is void.

    Refused: `hand_overs_enough`. The last code stays what it was then.
    """
    whose = f"{_taker(actor)}\0{person_id}"
    if rate_limit.retry_after(HAND_OVERS, whose) is not None:
        return ENOUGH[place]
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
    """The case of this code and person, which is not yet taken over by looking."""
    taker = _taker(actor)
    tries = Tries((HAND_OVER_FOR, f"{person_id}\0{taker}"), (HAND_OVER_ALL, person_id))
    wait = rate_limit.retry_after(HAND_OVER_BY, taker) or tries.begin()
    if wait is not None:
        again = rate_limit.spoken(wait)
        return Refusal("hand_over_limit", f"办理码输错太多次，请{again}再试。", "code")
    digits = read_code(code)
    row = repository.open_case(_digest(digits), person_id, place.value, utcnow())
    if row is not None:
        tries.was_right()
        return _read(row)
    rate_limit.hit(HAND_OVER_BY, taker)
    _record("hand_over.wrong", person_id, actor, at, {"place": place.value})
    return WRONG


def take_over(*, case: HandedOver, person_id: int, actor: Actor, at: datetime) -> Refusal | None:
    """Go on with a case that was found: its code is spent."""
    if not repository.take(case.id, _taker(actor)):
        return WRONG
    _record("hand_over.taken", person_id, actor, at, {"action": case.action.value})
    return None


def taken(*, number: int | None, person_id: int, action: Action, actor: Actor) -> HandedOver | None:
    """A case that this actor has taken over, as long as it is not finished."""
    if number is None:
        return None
    row = repository.taken_case(number, person_id, action.value, _taker(actor), utcnow())
    return None if row is None else _read(row)


def waiting(*, person_id: int, place: Place) -> Sequence[HandedOver]:
    """What waits for a code to be read out, newest first."""
    return [_read(row) for row in repository.waiting(person_id, place.value, utcnow())]


def everything(*, person_id: int) -> Sequence[tuple[datetime, HandedOver]]:
    """Whatever is kept of a person, taken over or not, each with its end; newest first."""
    return [(end, _read(row)) for end, row in repository.all_waiting(person_id, utcnow())]


def close(*, person_id: int, account_id: int) -> None:
    """The account is being closed: what nobody goes on with goes. What a clerk has already taken
    over is finished at the counter."""
    repository.drop_pending(person_id, f"{ActorKind.ACCOUNT.value}:{account_id}")


def give_up(*, number: int, person_id: int, actor: Actor, at: datetime) -> None:
    """The person does not want it finished elsewhere: the code is worth nothing any more."""
    if repository.remove(number, person_id):
        _record("hand_over.given_up", person_id, actor, at, {})


def finished(*, person_id: int, action: Action) -> None:
    """The thing was done, here or elsewhere: what was kept for it goes."""
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
