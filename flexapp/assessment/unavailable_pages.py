"""Explain why nothing can be assessed now, and what to do instead."""

from __future__ import annotations

from dataclasses import dataclass

from flexapp.assessment.eligibility import Eligibility
from flexapp.assessment.queries import DeskPages
from flexapp.rules.periods import Month, group_months
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import State

NO_MONTH = "现在没有可以核定的月份"
WAITING = {
    State.ASSESSED: "{months} 核定好了，还没有传输给税务，传输后才能缴费。",
    State.REJECTED: "{months} 被税务退回，请先撤销，再重新核定。",
    State.TAX_REVOKED: "{months} 税务已撤销，请先在这里撤销，再重新核定。",
    State.QUEUED: "{months} 正在传给税务。",
    State.TAX_REVOKING: "{months} 在等税务答复撤销申请。",
    State.TRANSMITTED: "{months} 税务已收到，请到税务渠道缴费。",
}
"""What remains to be done for taken months, most urgent first."""
DISPUTED = {
    State.ASSESSED: "{months} 正在核实“不是我办的”，核实前不能传输。",
    State.QUEUED: "{months} 正在核实“不是我办的”，核实完以前请先不要缴费。",
    State.TRANSMITTED: "{months} 正在核实“不是我办的”，核实完以前请先不要缴费。",
}
"""The same for months with an open case, listed after the others."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The content shown instead of the form. `url`, `label`: the link to continue."""

    heading: str
    sentence: str
    url: str
    label: str


def why_closed(
    bounds: Eligibility,
    *,
    who: str,
    desk: DeskPages,
    not_open: Refusal | None = None,
    seen_by: int | None = None,
) -> Closed | None:
    """Return why there is no month to select, or None if there is one.

    `not_open`: why assessing is not available through this channel. `seen_by`: the account of a
    proxy, who may see only the states of assessments that this account created.
    """
    away = (desk.leave(who), desk.leave_label)
    if not_open is not None:
        return Closed("现在不能在手机上核定", not_open.sentence, *away)
    reason = _why_no_month(bounds)
    if reason is not None:
        return Closed(NO_MONTH, reason, *away)
    if bounds.free:
        return None
    left = pending_text(bounds, seen_by)
    if not left:
        return Closed(NO_MONTH, "可以核定的月份都已核定，不用再办。", *away)
    return Closed(
        NO_MONTH, f"可以核定的月份都已核定。{left}", desk.listing("records", who), "查看记录"
    )


def pending_text(bounds: Eligibility, seen_by: int | None = None) -> str:
    """Return what remains to be done for the taken months; "" if nothing."""
    said: dict[str, list[Month]] = {
        sentence: [] for sentence in (*WAITING.values(), *DISPUTED.values())
    }
    for month, held in sorted(bounds.reserved.items()):
        sentence = (DISPUTED if held.disputed else WAITING).get(held.state)
        if sentence is not None and seen_by in (None, held.made_by):
            said[sentence].append(month)
    return "".join(
        sentence.format(months="、".join(period.label for period in group_months(months)))
        for sentence, months in said.items()
        if months
    )


def _why_no_month(bounds: Eligibility) -> str | None:
    if not bounds.open_years:
        return "目前没有开放申报的年度，开放时间会在首页公告；急用请打 12333。"
    if all(year > bounds.last_month.year for year in bounds.open_years):
        return (
            f"{bounds.last_month.label}已到退休年龄，之后的月份不能再缴费；"
            "如有疑问请到社保服务大厅咨询。"
        )
    if bounds.unpublished is None:
        return None
    return (
        f"{bounds.unpublished.sentence}公布时间会在首页公告；"
        "之前年度的月份漏了，请到社保服务大厅咨询。"
    )
