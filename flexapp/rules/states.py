"""The states of an assessment and the table of legal transitions (2019 notice).

`TRANSITIONS` is the only place that decides which move is legal. `apply` uses it for a stored
assessment, `moves_of_person` for the buttons of a page.
"""

from dataclasses import dataclass
from enum import StrEnum

from flexapp.rules.refusal import Refusal


class State(StrEnum):
    """States of an assessment. The values are stored; the labels are displayed to residents."""

    ASSESSED = "assessed"
    QUEUED = "queued"
    TRANSMITTED = "transmitted"
    PAID = "paid"
    REJECTED = "rejected"
    TAX_REVOKING = "tax_revoking"
    TAX_REVOKED = "tax_revoked"
    REVOKED = "revoked"

    @property
    def label(self) -> str:
        return _STATE_LABELS[self]


_STATE_LABELS = {
    State.ASSESSED: "已核定",
    State.QUEUED: "传输中",
    State.TRANSMITTED: "已传输",
    State.PAID: "已缴费",
    State.REJECTED: "税务退回",
    State.TAX_REVOKING: "税务撤销中",
    State.TAX_REVOKED: "税务已撤销",
    State.REVOKED: "已撤销",
}


class Move(StrEnum):
    """Moves of an assessment from state to state; labels of a person's moves are button texts."""

    TRANSMIT = "transmit"
    REVOKE = "revoke"
    ASK = "ask"
    RECEIVE = "receive"
    REFUSE = "refuse"
    PAY = "pay"
    AGREE = "agree"
    DECLINE = "decline"
    TAX_REVOKE = "tax_revoke"

    @property
    def label(self) -> str:
        return _MOVE_LABELS[self]


_MOVE_LABELS = {
    Move.TRANSMIT: "传输",
    Move.REVOKE: "撤销",
    Move.ASK: "申请税务撤销",
    Move.RECEIVE: "税务接收",
    Move.REFUSE: "税务退回",
    Move.PAY: "缴费到账",
    Move.AGREE: "税务同意撤销",
    Move.DECLINE: "税务不同意撤销",
    Move.TAX_REVOKE: "税务主动撤销",
}


class Mover(StrEnum):
    """Who initiates a move.

    PERSON: the resident, the proxy or a clerk for them. SENDER: our outbox worker, which records
    the tax bureau's response to a delivery (receipt or refusal). TAX: an event that the tax bureau
    initiates.
    """

    PERSON = "person"
    SENDER = "sender"
    TAX = "tax"


@dataclass(frozen=True, slots=True)
class Transition:
    """A row of the table. `unclaimed_only`: illegal once the sender has claimed the delivery."""

    source: State
    move: Move
    target: State
    mover: Mover
    unclaimed_only: bool = False


TRANSITIONS: tuple[Transition, ...] = (
    Transition(State.ASSESSED, Move.TRANSMIT, State.QUEUED, Mover.PERSON),
    Transition(State.ASSESSED, Move.REVOKE, State.REVOKED, Mover.PERSON),
    # For outages of the tax bureau. Once claimed, the delivery may already have arrived there.
    Transition(State.QUEUED, Move.REVOKE, State.REVOKED, Mover.PERSON, unclaimed_only=True),
    Transition(State.QUEUED, Move.RECEIVE, State.TRANSMITTED, Mover.SENDER),
    Transition(State.QUEUED, Move.REFUSE, State.REJECTED, Mover.SENDER),
    Transition(State.TRANSMITTED, Move.ASK, State.TAX_REVOKING, Mover.PERSON),
    Transition(State.TRANSMITTED, Move.PAY, State.PAID, Mover.TAX),
    Transition(State.TRANSMITTED, Move.TAX_REVOKE, State.TAX_REVOKED, Mover.TAX),
    Transition(State.REJECTED, Move.REVOKE, State.REVOKED, Mover.PERSON),
    Transition(State.TAX_REVOKING, Move.AGREE, State.TAX_REVOKED, Mover.TAX),
    Transition(State.TAX_REVOKING, Move.DECLINE, State.TRANSMITTED, Mover.TAX),
    Transition(State.TAX_REVOKED, Move.REVOKE, State.REVOKED, Mover.PERSON),
)

_TABLE = {(row.source, row.move): row for row in TRANSITIONS}

#: States that reserve their months: no other assessment of the person may include one of them.
LIVE_STATES: frozenset[State] = frozenset(State) - {State.REVOKED}

# What to do instead, for every illegal (state, move) of a person. A test checks that a sentence
# exists exactly where the table has no unconditional row.
_INSTEAD: dict[tuple[State, Move], str] = {
    (State.ASSESSED, Move.ASK): "这笔核定还没有传输，不用找税务；要取消请直接点“撤销”。",
    (State.QUEUED, Move.TRANSMIT): "这笔核定正在传输，不用再点，请稍后刷新查看结果。",
    (State.QUEUED, Move.REVOKE): (
        "这笔核定正在传输给税务，现在不能撤销；请稍后刷新，显示“已传输”后再申请税务撤销。"
    ),
    (State.QUEUED, Move.ASK): ("这笔核定还在传输中，请稍后刷新；显示“已传输”后再申请税务撤销。"),
    (State.TRANSMITTED, Move.TRANSMIT): "这笔核定已经传输到税务，不用再传输，请到税务渠道缴费。",
    (State.TRANSMITTED, Move.REVOKE): (
        "已传输的核定要先由税务撤销：请先点“申请税务撤销”，税务撤销后再回来点“撤销”。"
    ),
    (State.PAID, Move.TRANSMIT): "这笔核定已经缴费，不用再传输。",
    (State.PAID, Move.REVOKE): "已缴费的月份不能撤销；如有疑问，请到社保服务大厅咨询。",
    (State.PAID, Move.ASK): "已缴费的月份不能申请税务撤销；如有疑问，请到社保服务大厅咨询。",
    (State.REJECTED, Move.TRANSMIT): "税务退回了这笔核定，不能再传输；请先点“撤销”，再重新核定。",
    (State.REJECTED, Move.ASK): "税务已经退回这笔核定，不用再申请；请直接点“撤销”。",
    (State.TAX_REVOKING, Move.TRANSMIT): "这笔核定正在等税务撤销，不能传输，请等税务处理。",
    (State.TAX_REVOKING, Move.REVOKE): "税务还没有答复撤销申请，请等税务撤销后再点“撤销”。",
    (State.TAX_REVOKING, Move.ASK): "已经向税务申请撤销，不用再申请，请等税务处理。",
    (State.TAX_REVOKED, Move.TRANSMIT): (
        "税务已经撤销这笔核定，不能再传输；请先点“撤销”，再重新核定。"
    ),
    (State.TAX_REVOKED, Move.ASK): "税务已经撤销这笔核定，不用再申请；请直接点“撤销”。",
    (State.REVOKED, Move.TRANSMIT): "这笔核定已经撤销，不能传输；需要缴费请点“新增”重新核定。",
    (State.REVOKED, Move.REVOKE): "这笔核定已经撤销，不用再点；需要缴费请点“新增”重新核定。",
    (State.REVOKED, Move.ASK): "这笔核定已经撤销，不用再申请；需要缴费请点“新增”重新核定。",
}


def apply(state: State, move: Move, *, claimed: bool = False) -> State | Refusal:
    """The state after `move`, or a refusal that says what to do instead.

    `claimed`: whether the sender has claimed the queued delivery; it matters only in `QUEUED`. The
    reason of the refusal is `cannot_<move>`.
    """
    row = _TABLE.get((state, move))
    if row is not None and not (row.unclaimed_only and claimed):
        return row.target
    return Refusal(f"cannot_{move.value}", _what_instead(state, move))


def transition_for(state: State, move: Move) -> Transition | None:
    """The table's row for `move` from `state`; `None` when there is none."""
    return _TABLE.get((state, move))


def moves_of_person(state: State, claimed: bool = False) -> tuple[Move, ...]:
    """The moves to offer as buttons in `state`, in the table's order."""
    return tuple(
        row.move
        for row in TRANSITIONS
        if row.source is state
        and row.mover is Mover.PERSON
        and not (row.unclaimed_only and claimed)
    )


def _what_instead(state: State, move: Move) -> str:
    sentence = _INSTEAD.get((state, move))
    if sentence is not None:
        return sentence
    # Reached only by messages of the tax bureau; clerks and operators read this sentence.
    return f"这笔核定现在是“{state.label}”，不能登记“{move.label}”，请先与税务核对这笔核定的状态。"
