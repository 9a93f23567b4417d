"""The stand-in's table of moves: complete, and the only thing that decides."""

import pytest

from flexapp.rules.refusal import Refusal
from flexapp.taxbureau.states import (
    SENTENCES,
    TRANSITIONS,
    Event,
    Move,
    State,
    Transition,
    apply,
    clerk_moves,
)

EVERY = [(state, move) for state in State for move in Move]


@pytest.mark.parametrize(("state", "move"), EVERY)
def test_every_move_is_either_in_the_table_or_refused_with_a_sentence(
    state: State, move: Move
) -> None:
    rows = [row for row in TRANSITIONS if (row.source, row.move) == (state, move)]
    assert len(rows) + ((state, move) in SENTENCES) == 1
    outcome = apply(state, move)
    if rows:
        assert outcome == rows[0]
    else:
        assert outcome == Refusal(f"cannot_{move}", SENTENCES[state, move])
        assert SENTENCES[state, move].endswith("。")


def test_a_paid_assessment_never_moves_again() -> None:
    assert [row for row in TRANSITIONS if row.source is State.PAID] == []


def test_a_revoked_assessment_stays_revoked() -> None:
    assert {row.target for row in TRANSITIONS if row.source is State.REVOKED} == {State.REVOKED}


def test_every_change_by_the_tax_side_is_announced_and_the_products_own_are_not() -> None:
    for row in TRANSITIONS:
        assert (row.event is None) == (row.move is Move.REQUEST)


def test_what_is_told_fits_the_state_it_leads_to() -> None:
    fitting = {
        State.PAID: Event.PAID,
        State.REVOKED: Event.REVOKED,
        State.RECEIVED: Event.REVOCATION_DECLINED,
    }
    assert all(row.event == fitting[row.target] for row in TRANSITIONS if row.event is not None)


def test_a_clerk_is_offered_exactly_the_moves_that_would_work() -> None:
    assert clerk_moves(State.RECEIVED) == (Move.PAY, Move.REVOKE)
    assert clerk_moves(State.REVOKING) == (Move.AGREE, Move.DECLINE)
    assert clerk_moves(State.PAID) == ()
    assert clerk_moves(State.REVOKED) == ()
    for state in State:
        assert all(isinstance(apply(state, move), Transition) for move in clerk_moves(state))
