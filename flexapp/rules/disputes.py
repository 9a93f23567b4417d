"""Disputes (不是我办的): the states of a case, the decisions that settle it and their effects.

A person reports that something done in their name was done neither by them nor with their consent
(design 2.4). While the case is open, the disputed assessment is not transmitted. `STEPS` is the
single table of the decisions that an officer or a hall clerk may take. The states of the assessment
are defined in `states.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move, State, apply

FOUND_MIN, FOUND_MAX = 4, 200
"""Length of the text of the findings, in characters."""


class CaseState(StrEnum):
    """States of a case. The values are stored; the labels are displayed."""

    OPEN = "open"
    ASKED = "asked"
    REVOKED = "revoked"
    CONFIRMED = "confirmed"
    PROXY_CLOSED = "proxy_closed"
    ELSEWHERE = "elsewhere"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def is_open(self) -> bool:
        """Whether the case is unsettled. While it is, the assessment is not transmitted."""
        return self in OPEN_STATES


_LABELS = {
    CaseState.OPEN: "待核实",
    CaseState.ASKED: "已申请税务撤销",
    CaseState.REVOKED: "撤销",
    CaseState.CONFIRMED: "核实无误",
    CaseState.PROXY_CLOSED: "关闭代办",
    CaseState.ELSEWHERE: "另行处理",
    CaseState.WITHDRAWN: "本人撤回",
}

OPEN_STATES = frozenset({CaseState.OPEN, CaseState.ASKED})


class Choice(StrEnum):
    """Decisions on a case; the labels are the options shown to an officer."""

    REVOKE = "revoke"
    CONFIRM = "confirm"
    CLOSE_PROXY = "close_proxy"
    ELSEWHERE = "elsewhere"

    @property
    def label(self) -> str:
        return _OUTCOMES[self].label


_OUTCOMES = {
    Choice.REVOKE: CaseState.REVOKED,
    Choice.CONFIRM: CaseState.CONFIRMED,
    Choice.CLOSE_PROXY: CaseState.PROXY_CLOSED,
    Choice.ELSEWHERE: CaseState.ELSEWHERE,
}


class Situation(StrEnum):
    """The status of the disputed assessment, as far as it limits the decision."""

    NONE = "none"  # no assessment is disputed, or it is already revoked
    HERE = "here"  # can be revoked in this system now
    ON_THE_WAY = "on_the_way"  # claimed by the sender: wait for the tax bureau's answer
    AT_TAX = "at_tax"  # the tax bureau must revoke it first
    ASKED = "asked"  # revocation is requested, the tax bureau has not answered
    DECLINED = "declined"  # the tax bureau has declined the requested revocation
    TAX_REVOKED = "tax_revoked"  # revoked by the tax bureau, still to be revoked here
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class Step:
    """The effects of a decision.

    `target`: the next state of the case. `move`: the move of the assessment. `closes_proxy`:
    whether handling by proxies (代办) is closed for the person.
    """

    target: CaseState
    move: Move | None = None
    closes_proxy: bool = False


STEPS: dict[tuple[Choice, Situation], Step] = {
    (Choice.REVOKE, Situation.HERE): Step(CaseState.REVOKED, Move.REVOKE),
    # The tax bureau revokes a transmitted assessment first (design 2.3): the case stays open.
    (Choice.REVOKE, Situation.AT_TAX): Step(CaseState.ASKED, Move.ASK),
    (Choice.CLOSE_PROXY, Situation.NONE): Step(CaseState.PROXY_CLOSED, closes_proxy=True),
    (Choice.CLOSE_PROXY, Situation.HERE): Step(CaseState.PROXY_CLOSED, Move.REVOKE, True),
    (Choice.CLOSE_PROXY, Situation.AT_TAX): Step(CaseState.ASKED, Move.ASK, True),
    (Choice.CLOSE_PROXY, Situation.PAID): Step(CaseState.PROXY_CLOSED, closes_proxy=True),
    # The entry was wrong but cannot be revoked here: the findings say what is done instead.
    (Choice.REVOKE, Situation.DECLINED): Step(CaseState.ASKED, Move.ASK),
    (Choice.CLOSE_PROXY, Situation.DECLINED): Step(CaseState.PROXY_CLOSED, closes_proxy=True),
    (Choice.ELSEWHERE, Situation.DECLINED): Step(CaseState.ELSEWHERE),
    (Choice.REVOKE, Situation.TAX_REVOKED): Step(CaseState.REVOKED, Move.REVOKE),
    (Choice.CLOSE_PROXY, Situation.TAX_REVOKED): Step(CaseState.PROXY_CLOSED, Move.REVOKE, True),
    (Choice.ELSEWHERE, Situation.NONE): Step(CaseState.ELSEWHERE),
    (Choice.ELSEWHERE, Situation.PAID): Step(CaseState.ELSEWHERE),
    # Not once revocation is requested: the tax bureau may agree at any moment, so the assessment
    # cannot be confirmed as valid.
    **{
        (Choice.CONFIRM, each): Step(CaseState.CONFIRMED)
        for each in Situation
        if each not in (Situation.ASKED, Situation.TAX_REVOKED)
    },
}
"""The allowed decisions by situation. `settle` refuses any other, with a sentence of `_WHY_NOT`."""

PAID_WAY = "已缴费的月份不在这里撤销；退费由税务部门办理（电话 12366）。"
"""Advice for paid months: refunds are handled by the tax authorities."""

_WHY_NOT = {
    Situation.NONE: "这件事没有可以撤销的核定。",
    Situation.ON_THE_WAY: "这笔核定正在传输，等税务答复以后再选；一般几分钟。",
    Situation.ASKED: "已经向税务申请撤销，等税务答复以后再选。",
    Situation.TAX_REVOKED: "税务已经撤销这一笔，请选{choices}；需要的话再重新核定。",
    Situation.PAID: PAID_WAY,
}
_ELSEWHERE_WHY_NOT = "这笔核定还能撤销，请选{choices}。"
NO_PROXY = "这件事不是代办人办的，没有代办可以关闭。"


def situation(state: State | None, *, claimed: bool = False, asked: bool = False) -> Situation:
    """The situation of an assessment in `state`; `None`: the case concerns no assessment.

    `claimed`: whether the sender has claimed the delivery. `asked`: whether the tax bureau was
    asked to revoke the assessment because of the case.
    """
    if state is None or state is State.REVOKED:
        return Situation.NONE
    if state is State.PAID:
        return Situation.PAID
    if state is State.TAX_REVOKED:
        return Situation.TAX_REVOKED
    if not isinstance(apply(state, Move.REVOKE, claimed=claimed), Refusal):
        return Situation.HERE
    if not isinstance(apply(state, Move.ASK), Refusal):
        return Situation.DECLINED if asked else Situation.AT_TAX
    return Situation.ASKED if state is State.TAX_REVOKING else Situation.ON_THE_WAY


def settle(choice: Choice, where: Situation, *, by_proxy: bool) -> Step | Refusal:
    """The effects of `choice` in situation `where`, or a refusal that says what to do instead.

    `by_proxy`: whether a proxy performed the disputed action. Refusals: dispute_no_proxy,
    dispute_choice.
    """
    step = _step(choice, where, by_proxy=by_proxy)
    if choice is Choice.CLOSE_PROXY and not by_proxy:
        return Refusal("dispute_no_proxy", NO_PROXY, "choice")
    if step is not None:
        return step
    sentence = _WHY_NOT.get(where, _ELSEWHERE_WHY_NOT)
    offered = choices_in_words(choices(where, by_proxy=by_proxy)) if "{choices}" in sentence else ""
    return Refusal("dispute_choice", sentence.format(choices=offered), "choice")


def choices(where: Situation, *, by_proxy: bool) -> tuple[Choice, ...]:
    """The decisions offered to an officer in situation `where`."""
    return tuple(choice for choice in Choice if _step(choice, where, by_proxy=by_proxy) is not None)


def _step(choice: Choice, where: Situation, *, by_proxy: bool) -> Step | None:
    closes_nothing = choice is Choice.CLOSE_PROXY and not by_proxy
    return None if closes_nothing else STEPS.get((choice, where))


def choices_in_words(offered: tuple[Choice, ...]) -> str:
    """The labels joined for a sentence: “撤销”“核实无误”或“关闭代办”."""
    names = [f"“{choice.label}”" for choice in offered]
    return "或".join(["".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def read_found(text: str) -> str | Refusal:
    """Validate the text of the findings; whitespace is collapsed. Refusal: found_length."""
    words = " ".join(text.split())
    if FOUND_MIN <= len(words) <= FOUND_MAX:
        return words
    return Refusal("found_length", f"请写明核实的情况，{FOUND_MIN} 至 {FOUND_MAX} 个字。", "found")


TOLD_PERSON = {
    CaseState.REVOKED: "已撤销",
    CaseState.CONFIRMED: "核实无误，可以继续办理",
    CaseState.PROXY_CLOSED: "属实，已关闭他人代办",
    CaseState.ELSEWHERE: "已另行处理，怎么处理的见经办机构的答复",
    CaseState.WITHDRAWN: "您已撤回",
}
TOLD_PROXY = {
    CaseState.REVOKED: "已撤销",
    CaseState.CONFIRMED: "核实无误，可以继续办理",
    CaseState.PROXY_CLOSED: "对方已不再由他人代办，能撤销的已经撤销",
    CaseState.ELSEWHERE: "已由经办机构处理，您不用再办",
    CaseState.WITHDRAWN: "本人已撤回，可以继续办理",
}
"""Notification texts of every outcome: `TOLD_PERSON` for the person, `TOLD_PROXY` for the proxy
who performed the action."""
