"""注销账号: closes an account in every slice that stores data about it, in one transaction."""

from __future__ import annotations

from datetime import date, datetime

from flexapp.assessment import service as assessment
from flexapp.people import account_closure
from flexapp.people.service import Visitor
from flexapp.rating import service as rating
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import State


def why_not_close(*, visitor: Visitor, at: datetime, today: date) -> Refusal | None:
    """Return why the account cannot be closed now; None if it can.

    An outstanding answer of the tax bureau blocks closing: it arrives as a message of this account
    and may require an action. Anything else can be done after signing in again or at a counter.
    """
    refusal = account_closure.why_not_close(visitor=visitor, at=at, today=today)
    if refusal is not None:
        return refusal
    person_id = None if visitor.person is None else visitor.person.id
    waiting = assessment.awaiting_tax(visitor.account_id, person_id)
    if not waiting:
        return None
    first = waiting[0]
    todo = (
        "等税务接收后再来注销，或先把它撤销"
        if first.state is State.QUEUED
        else "等税务答复撤销申请后再来注销"
    )
    more = f"等 {len(waiting)} 笔核定" if len(waiting) > 1 else ""
    return Refusal(
        "under_way", f"核定流水号 {first.serial}{more}还是“{first.state.label}”，{todo}。"
    )


def close(*, visitor: Visitor, at: datetime, today: date) -> Refusal | None:
    """Close the visitor's account; None on success."""
    refusal = account_closure.hold_open(visitor) or why_not_close(
        visitor=visitor, at=at, today=today
    )
    if refusal is not None:
        return refusal
    rating.forget_account(visitor.account_id)
    assessment.forget_cases(visitor.account_id)
    account_closure.close(visitor=visitor, at=at)
    return None
