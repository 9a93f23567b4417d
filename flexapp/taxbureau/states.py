"""The life of an assessment at the tax bureau: its states and the one table of moves.

The product's own table (rules/states.py) is about what the product knows; this one is about what
the tax side holds. The two meet only in the events that the product is told.
"""

from dataclasses import dataclass
from enum import StrEnum

from flexapp.rules.refusal import Refusal


class State(StrEnum):
    """Where a received assessment is. The values are stored and sent; the labels are shown."""

    RECEIVED = "received"
    REVOKING = "revoking"
    PAID = "paid"
    REVOKED = "revoked"

    @property
    def label(self) -> str:
        return _STATE_LABELS[self]


_STATE_LABELS = {
    State.RECEIVED: "待缴费",
    State.REVOKING: "申请撤销中",
    State.PAID: "已缴费",
    State.REVOKED: "已撤销",
}


class Move(StrEnum):
    """What happens to a received assessment; the labels of a clerk's moves are the buttons."""

    PAY = "pay"
    REVOKE = "revoke"
    AGREE = "agree"
    DECLINE = "decline"
    REQUEST = "request"

    @property
    def label(self) -> str:
        return _MOVE_LABELS[self]


_MOVE_LABELS = {
    Move.PAY: "标记已缴费",
    Move.REVOKE: "撤销",
    Move.AGREE: "同意撤销",
    Move.DECLINE: "不同意撤销",
    Move.REQUEST: "社保申请撤销",
}

CLERK_MOVES: tuple[Move, ...] = (Move.PAY, Move.REVOKE, Move.AGREE, Move.DECLINE)

#: Moves that must say why, so that the resident can be told.
NEEDS_REASON: frozenset[Move] = frozenset({Move.REVOKE, Move.DECLINE})


class Event(StrEnum):
    """What the product is told that the tax side did."""

    RECEIVED = "received"
    PAID = "paid"
    REVOKED = "revoked"
    REVOCATION_DECLINED = "revocation_declined"


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table. `event` is what is told; `None` where the product moved."""

    source: State
    move: Move
    target: State
    event: Event | None


TRANSITIONS: tuple[Transition, ...] = (
    Transition(State.RECEIVED, Move.PAY, State.PAID, Event.PAID),
    Transition(State.RECEIVED, Move.REVOKE, State.REVOKED, Event.REVOKED),
    Transition(State.RECEIVED, Move.REQUEST, State.REVOKING, None),
    Transition(State.REVOKING, Move.AGREE, State.REVOKED, Event.REVOKED),
    Transition(State.REVOKING, Move.DECLINE, State.RECEIVED, Event.REVOCATION_DECLINED),
    # A request that crosses an answer of ours on the way asks for what is already so or already
    # asked: it is taken, and changes nothing. Refusing it would leave the product in doubt.
    Transition(State.REVOKING, Move.REQUEST, State.REVOKING, None),
    Transition(State.REVOKED, Move.REQUEST, State.REVOKED, None),
)

_TABLE = {(row.source, row.move): row for row in TRANSITIONS}

_NOT_ASKED = "社保没有申请撤销这笔核定，不用答复；要撤销请填写原因后点“撤销”。"
_ANSWER_FIRST = "社保正在申请撤销这笔核定，请先点“同意撤销”或“不同意撤销”。"
_PAID = "这笔核定已经缴费，不能在这里撤销；退费请按退费流程办理。"
_REVOKED = "这笔核定已经撤销，不用再操作。"

# For every illegal (state, move); the tests check that a sentence exists exactly where the table
# has no row.
SENTENCES: dict[tuple[State, Move], str] = {
    (State.RECEIVED, Move.AGREE): _NOT_ASKED,
    (State.RECEIVED, Move.DECLINE): _NOT_ASKED,
    (State.REVOKING, Move.PAY): _ANSWER_FIRST,
    (State.REVOKING, Move.REVOKE): _ANSWER_FIRST,
    (State.PAID, Move.PAY): "这笔核定已经缴费，不用再标记。",
    (State.PAID, Move.REVOKE): _PAID,
    (State.PAID, Move.AGREE): _PAID,
    (State.PAID, Move.DECLINE): "这笔核定已经缴费，不用再答复撤销申请。",
    (State.PAID, Move.REQUEST): "这笔核定已经缴费，不能申请撤销。",
    (State.REVOKED, Move.PAY): "这笔核定已经撤销，不能标记缴费；请等社保重新传输。",
    (State.REVOKED, Move.REVOKE): _REVOKED,
    (State.REVOKED, Move.AGREE): _REVOKED,
    (State.REVOKED, Move.DECLINE): _REVOKED,
}


def apply(state: State, move: Move) -> Transition | Refusal:
    """The table's row for `move` from `state`, or a refusal (`cannot_<move>`) that says why."""
    row = _TABLE.get((state, move))
    if row is not None:
        return row
    return Refusal(f"cannot_{move.value}", SENTENCES[state, move])


def clerk_moves(state: State) -> tuple[Move, ...]:
    """The moves to offer a clerk as buttons in `state`, in the table's order."""
    return tuple(r.move for r in TRANSITIONS if r.source is state and r.move in CLERK_MOVES)
