"""Cases of 不是我办的: what may be decided in each state of the assessment."""

from __future__ import annotations

import pytest

from flexapp.rules.disputes import (
    OPEN_STATES,
    STEPS,
    TOLD_PERSON,
    TOLD_PROXY,
    CaseState,
    Choice,
    Situation,
    Step,
    choices,
    read_found,
    settle,
    situation,
)
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import Move, State, apply


@pytest.mark.parametrize(
    ("state", "claimed", "where"),
    [
        (None, False, Situation.NONE),
        (State.ASSESSED, False, Situation.HERE),
        (State.QUEUED, False, Situation.HERE),
        (State.QUEUED, True, Situation.ON_THE_WAY),
        (State.TRANSMITTED, False, Situation.AT_TAX),
        (State.PAID, False, Situation.PAID),
        (State.REJECTED, False, Situation.HERE),
        (State.TAX_REVOKING, False, Situation.ASKED),
        (State.TAX_REVOKED, False, Situation.TAX_REVOKED),
        (State.REVOKED, False, Situation.NONE),
    ],
)
def test_every_state_of_an_assessment_is_a_situation(
    state: State | None, claimed: bool, where: Situation
) -> None:
    assert situation(state, claimed=claimed) is where


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("claimed", [False, True])
@pytest.mark.parametrize("choice", Choice)
def test_what_settling_does_to_an_assessment_is_a_legal_move(
    state: State, claimed: bool, choice: Choice
) -> None:
    step = settle(choice, situation(state, claimed=claimed), by_proxy=True)
    moved = None if isinstance(step, Refusal) else step.move
    assert moved is None or not isinstance(apply(state, moved, claimed=claimed), Refusal)


def test_paid_months_are_never_revoked_and_the_way_is_named() -> None:
    assert {step.move for (_, where), step in STEPS.items() if where is Situation.PAID} == {None}
    refusal = settle(Choice.REVOKE, Situation.PAID, by_proxy=True)
    assert isinstance(refusal, Refusal)
    assert "退费由税务部门办理" in refusal.sentence
    assert choices(Situation.PAID, by_proxy=False) == (Choice.CONFIRM, Choice.ELSEWHERE)


def test_a_transmitted_one_goes_to_the_tax_bureau_first_and_stays_open() -> None:
    for choice in (Choice.REVOKE, Choice.CLOSE_PROXY):
        step = settle(choice, Situation.AT_TAX, by_proxy=True)
        assert isinstance(step, Step)
        assert (step.move, step.target) == (Move.ASK, CaseState.ASKED)
        assert step.target.is_open


def test_proxy_handling_is_closed_only_where_a_proxy_did_it() -> None:
    for where in Situation:
        assert isinstance(settle(Choice.CLOSE_PROXY, where, by_proxy=False), Refusal)
        assert Choice.CLOSE_PROXY not in choices(where, by_proxy=False)


def test_something_can_be_decided_wherever_the_tax_bureaus_answer_is_not_awaited() -> None:
    assert [where for where in Situation if not choices(where, by_proxy=False)] == [Situation.ASKED]


@pytest.mark.parametrize("where", [Situation.ASKED, Situation.TAX_REVOKED])
def test_what_the_tax_bureau_was_asked_to_revoke_is_not_found_right_meanwhile(
    where: Situation,
) -> None:
    assert isinstance(settle(Choice.CONFIRM, where, by_proxy=True), Refusal)


def test_what_the_tax_bureau_did_not_agree_to_can_be_ended_with_words() -> None:
    where = situation(State.TRANSMITTED, asked=True)
    assert where is Situation.DECLINED
    assert choices(where, by_proxy=True) == tuple(Choice)
    closed = settle(Choice.CLOSE_PROXY, where, by_proxy=True)
    assert isinstance(closed, Step)
    assert (closed.target, closed.move, closed.closes_proxy) == (CaseState.PROXY_CLOSED, None, True)


def test_everything_that_cannot_be_chosen_says_what_to_do() -> None:
    for choice in Choice:
        for where in Situation:
            answer = settle(choice, where, by_proxy=True)
            assert isinstance(answer, Step) or len(answer.sentence) > 8


def test_every_outcome_has_words_for_both_people() -> None:
    assert set(TOLD_PERSON) == set(TOLD_PROXY) == set(CaseState) - OPEN_STATES


@pytest.mark.parametrize("text", ["", "  好 的 ", "无", "字" * 201])
def test_what_was_found_is_said_in_words(text: str) -> None:
    assert isinstance(read_found(text), Refusal)


def test_what_was_found_loses_only_blanks() -> None:
    assert read_found("  本人  来窗口核实 ") == "本人 来窗口核实"
