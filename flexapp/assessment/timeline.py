"""The progress of an assessment: stages reached and when, who must act now, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from flexapp.assessment.queries import (
    RESTORED,
    HeldUp,
    Record,
)
from flexapp.audit.service import Event
from flexapp.rules.states import Move, State

FIRST = "社保核定"


class Mark(StrEnum):
    """The status of a stage. The values are CSS classes, the labels are for screen readers."""

    DONE = "done"
    NOW = "now"
    NEXT = "next"

    @property
    def label(self) -> str:
        """The text for screen readers."""
        return {Mark.DONE: "已完成", Mark.NOW: "现在", Mark.NEXT: "未到"}[self]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. `at`: when it was reached, if it was."""

    name: str
    mark: Mark
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of one assessment. `holder`: who must act. `next`: what happens there."""

    stages: tuple[Stage, ...]
    holder: str
    next: str


_PAYING = (State.TRANSMITTED, State.PAID)
_REVOKING = (State.TRANSMITTED, State.TAX_REVOKING, State.TAX_REVOKED, State.REVOKED)

NAMES = {
    State.QUEUED: "传输中",
    State.TRANSMITTED: "已传税务",
    State.PAID: "已缴费",
    State.REJECTED: "税务退回",
    State.TAX_REVOKING: "税务撤销中",
    State.TAX_REVOKED: "税务已撤销",
    State.REVOKED: "已撤销",
}

PERSON = "您"
"""How the reader is addressed. At a counter the reader is a clerk and the person is 本人."""

HOLDERS = {
    State.ASSESSED: (PERSON, "按“传输”后才能缴费；不要了可以撤销。"),
    State.QUEUED: ("社保", "正在传给税务，一般几秒钟就好。"),
    State.TRANSMITTED: ("税务", "请到税务渠道缴费。"),
    State.PAID: ("", "税务已收到缴费。"),
    State.REJECTED: (PERSON, "按“撤销”后可以重新核定。"),
    State.TAX_REVOKING: ("税务", "等税务答复，同意或不同意都会有消息。"),
    State.TAX_REVOKED: (PERSON, "按“撤销”后可以重新核定。"),
    State.REVOKED: ("", ""),
}
"""Who must act on an assessment in a state ("": nobody), and what happens next."""

HELD_UP = {
    HeldUp.DOWN: ("社保", "税务系统维护中，恢复后自动传输。"),
    HeldUp.PARKED: ("社保经办机构", "传输遇到问题，经办机构正在处理，不用再按。"),
}

DISPUTED = ("社保经办机构", "正在核实“不是我办的”，核实前不能传输。")
DISPUTED_AT_TAX = ("社保经办机构", "正在核实“不是我办的”，核实完以前请先不要缴费。")

STEP_TEXTS = {  # other events about a record, such as a dispute, are not stages
    "assessment.assess": "已核定",
    "assessment.restored": RESTORED,
    "assessment.transmit": "已提交传输",
    "assessment.receive": "税务已接收",
    "assessment.refuse": "税务退回",
    "assessment.pay": "缴费到账",
    "assessment.ask": "已申请税务撤销",
    "assessment.agree": "税务同意撤销",
    "assessment.decline": "税务不同意撤销",
    "assessment.tax_revoke": "税务已撤销",
    "assessment.revoke": "已撤销",
}


FREE_AGAIN = "这些月份可以重新核定。"


def progress(
    record: Record, events: Sequence[Event], *, person: str = PERSON, free: bool = False
) -> Progress:
    """Build the progress of a record from its audit events, oldest first.

    `person`: how the person is addressed. `free`: it is revoked and its months can be assessed
    again.
    """
    reached = _reached(events)
    stages = [Stage(FIRST, Mark.DONE, record.made_at)]
    ahead = False
    for state in _way(record.state, events, frozenset(reached)):
        if state is record.state:
            mark = Mark.DONE if state in (State.PAID, State.REVOKED) else Mark.NOW
            ahead = True
        else:
            mark = Mark.NEXT if ahead or record.state is State.ASSESSED else Mark.DONE
        stages.append(Stage(NAMES[state], mark, None if mark is Mark.NEXT else reached.get(state)))
    if record.state is State.ASSESSED:
        stages[0] = Stage(FIRST, Mark.NOW, record.made_at)
    holder, following = HELD_UP.get(record.held_up) or HOLDERS[record.state]
    if record.held_back:
        holder, following = DISPUTED
    elif record.disputed_at is not None and record.state is State.TRANSMITTED:
        holder, following = DISPUTED_AT_TAX
    if free:
        following = FREE_AGAIN
    return Progress(tuple(stages), person if holder == PERSON else holder, following)


def _way(state: State, events: Sequence[Event], reached: frozenset[State]) -> tuple[State, ...]:
    """Return the states after 社保核定 that this record passes through, as far as is foreseeable.

    It depends on the state, not on the events: a restored record has no events before its state.
    """
    if state is State.QUEUED:
        return (State.QUEUED, *_PAYING)
    if state in (State.ASSESSED, *_PAYING):
        return _PAYING
    passed = reached | {state}
    if State.REJECTED in passed:
        return (State.REJECTED, State.REVOKED)
    if state is State.TAX_REVOKING or State.TAX_REVOKED in passed:
        asked = state is State.TAX_REVOKING or _asked(events)
        return tuple(each for each in _REVOKING if asked or each is not State.TAX_REVOKING)
    return (State.REVOKED,)


def _asked(events: Sequence[Event]) -> bool:
    """Whether the tax bureau revoked on our request, according to the events."""
    moves = [event.action.removeprefix("assessment.") for event in events]
    last = next((m for m in reversed(moves) if m in (Move.AGREE, Move.TAX_REVOKE)), None)
    return last == Move.AGREE


def _reached(events: Sequence[Event]) -> dict[State, datetime]:
    """Return when each state was last reached."""
    found: dict[State, datetime] = {}
    for event in events:
        target = event.data.get("to")
        if event.action.startswith("assessment.") and target in set(State):
            found[State(target)] = event.at
    return found
