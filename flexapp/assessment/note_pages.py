"""Notes shown on records, and the box about 不是我办的."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flexapp.assessment import disputes
from flexapp.assessment.disputes import Dispute
from flexapp.assessment.months import YearMonths
from flexapp.assessment.queries import (
    DeskPages,
    HeldUp,
    Record,
)
from flexapp.audit.service import ActorKind, Event
from flexapp.rules.disputes import TOLD_PROXY, CaseState
from flexapp.rules.states import State
from flexapp.web.formatting import moment, spoken_moment

NOTES = {
    State.ASSESSED: "核定好了，还没有传给税务。按“传输”后才能去缴费。",
    State.QUEUED: "正在传给税务，一般几秒钟就好。",
    State.TRANSMITTED: "税务已收到，请到税务渠道缴费。要改请先申请税务撤销。",
    State.PAID: "税务已收到这笔缴费。",
    State.REJECTED: "税务没有接收这一笔。请先撤销，再重新核定。",
    State.TAX_REVOKING: "已向税务申请撤销，请等税务办理。",
    State.TAX_REVOKED: "税务已撤销，现在可以在这里撤销，再重新核定。",
    State.REVOKED: "这一笔已撤销。",
}

HELD_UP = {
    HeldUp.DOWN: "税务系统维护中，恢复后自动传输。不用再按，也不用等在这里。",
    HeldUp.PARKED: "这一笔的传输遇到问题，经办机构正在处理。不用再按，也不用等在这里。",
}


FREE_AGAIN = "这一笔已撤销，月份可以重新核定。"


def is_free(record: Record, months: Sequence[YearMonths]) -> bool:
    """Whether a record is revoked and all of its months can be assessed again now."""
    free = {cell.month for year in months for cell in year.cells if cell.free}
    return record.state is State.REVOKED and free.issuperset(record.period.months)


def note(record: Record, *, listed: bool, person: str) -> str:
    """Return the note on a record's card: why it waits, or what comes next.

    "" for a disputed record on its own page, where `DisputeBox` says it. `person`: how to address
    who disputed it.
    """
    if record.disputed_at is None:
        return HELD_UP.get(record.held_up) or NOTES[record.state]
    if not listed:
        return ""
    since = f"{person}反映不是本人办的，{spoken_moment(record.disputed_at)}起正在核实"
    if record.held_back:
        return f"{since}，核实前不能传输。"
    if record.state is State.TRANSMITTED:
        return f"{since}。税务已收到这一笔，核实完以前请先不要缴费。"
    return f"{since}。{HELD_UP.get(record.held_up) or NOTES[record.state]}"


@dataclass(frozen=True, slots=True)
class DisputeBox:
    """The box about 不是我办的 on the page of a record.

    `text`: that a case is open, and since when. `act`: address and label of the button that opens
    or withdraws a case. `case`: address of the page where a clerk or an officer settles it.
    """

    text: str | None
    act: tuple[str, str] | None
    case: str | None

    @classmethod
    def of(
        cls,
        record: Record,
        case: Dispute | None,
        events: Sequence[Event],
        *,
        own: bool,
        who: str | None,
        desk: DeskPages,
    ) -> DisputeBox | None:
        """Build the box for the current user, or None if there is nothing to show or do.

        `case`: the latest case about the record. `own`: whether the user acts for the record's
        person.
        """
        if case is not None and not case.state.is_open and case.state is not CaseState.WITHDRAWN:
            return cls(f"反映过不是本人办的：{TOLD_PROXY[case.state]}。", None, None)
        if case is not None and case.state.is_open:
            where = desk.dispute("dispute", number=case.id) if own else None
            can_withdraw = own and case.can_withdraw
            act = desk.dispute("withdraw", number=case.id) if can_withdraw else None
            return cls(
                text=_open_text(case, record, person_of(who, desk)),
                act=(act, "说错了，是我同意办的") if act else None,
                case=where,
            )
        opening = _opening(record, events, who, desk) if own else None
        return None if opening is None else cls(None, opening, None)


def person_of(who: str | None, desk: DeskPages) -> str:
    """Return how to address the person of a record: 您 on their own pages."""
    return desk.person if who == "self" else "参保人"


def _open_text(case: Dispute, record: Record, person: str) -> str:
    since = f"{person}反映不是本人办的，经办机构从 {moment(case.opened_at)} 起在核实。"
    if record.held_back:
        return f"{since}核实前不会传输；核实完会告诉{person}和代办人。"
    if record.state is State.TAX_REVOKED:
        return f"{since}税务已撤销，按“撤销”就办完。"
    if record.state is State.PAID:
        return f"{since}这些月份已缴费，不在这里撤销；退费由税务部门办理（电话 12366）。"
    if case.declined:
        return f"{since}税务没有同意撤销，由经办机构接着处理；核实完以前请先不要缴费。"
    if case.state is CaseState.ASKED or record.state is State.TAX_REVOKING:
        return f"{since}已向税务申请撤销，等税务答复。"
    if record.state is State.TRANSMITTED:
        return f"{since}这一笔已经交给税务，要先由税务撤销；核实完以前请先不要缴费。"
    if case.under_way:
        return f"{since}这一笔已经交给税务，要先由税务撤销。"
    return f"{since}核实完会告诉{person}和代办人。"


def _opening(
    record: Record, events: Sequence[Event], who: str | None, desk: DeskPages
) -> tuple[str, str] | None:
    """Return address and label of the button that disputes the creation of a record, or None.

    At a counter any record may be disputed. On the phone only what somebody else created.
    """
    if record.state is State.REVOKED:
        return None
    if "open_dispute" in desk.endpoints:
        return desk.record("open_dispute", record.serial, who), "本人反映不是本人办的"
    made = disputes.making(events)
    if made is None or not (
        record.by_proxy or record.restored or made.actor_kind == ActorKind.STAFF
    ):
        return None
    url = desk.dispute("not_me", seq=made.seq)
    return None if url is None else (url, "不是我办的")
