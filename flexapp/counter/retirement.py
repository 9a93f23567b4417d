"""Record a retirement at a hall, and list assessments that conflict with it (design 2.5).

A hall of the person's division records it from documents it has seen. The limit of what may be
assessed changes at once. Assessments beyond the limit stay until somebody revokes them.
"""

from __future__ import annotations

from datetime import datetime

from flexapp.counter.cases import (
    Case,
    refused,
    why_not_here,
)
from flexapp.people import service as people
from flexapp.people.service import PersonCard
from flexapp.rules.capabilities import Action
from flexapp.rules.periods import Month
from flexapp.rules.refusal import Refusal
from flexapp.rules.retirement import OriginalAge
from flexapp.rules.states import State

WHAT_TO_DO = {
    State.ASSESSED: "还没有传输：请撤销，再核定到可核定的月份。",
    State.QUEUED: "正在传输：还能撤销的请撤销；不能撤销的，等显示“已传输”后申请税务撤销。",
    State.TRANSMITTED: "税务已收到：请申请税务撤销，税务撤销后再撤销、重新核定。",
    State.PAID: "已缴费：这里不能撤销；多缴的月份怎么办，请参保人向税务部门咨询。",
    State.REJECTED: "税务没有接收：请撤销，再核定到可核定的月份。",
    State.TAX_REVOKING: "已申请税务撤销：请等税务答复，撤销后再重新核定。",
    State.TAX_REVOKED: "税务已撤销：请撤销，再核定到可核定的月份。",
}
"""What to do about an assessment beyond the limit, by state. Every state that reserves months is
listed.
"""


def record(*, case: Case, original: str, approved: str, at: datetime) -> PersonCard | Refusal:
    """Record the original retirement age and the approved month.

    `original`: "" keeps the present age. `approved`: "YYYY-MM", or "" if none is approved yet.
    """
    refusal = why_not_here(case, Action.SPECIAL)
    if refusal is not None:
        return refused(case, Action.SPECIAL, "retirement", refusal, at)
    age = case.person.original_age
    if original:
        if original not in set(OriginalAge):
            return Refusal("original_age", "请选择原法定退休年龄。", "original")
        age = OriginalAge(original)
    month: Month | None = None
    if approved:
        try:
            month = Month.parse(approved)
        except ValueError:
            return Refusal("approved_malformed", "请从列表中选择批准的退休年月。", "approved")
    return people.record_retirement(
        person=case.person, original=age, approved=month, actor=case.clerk.actor, at=at
    )
