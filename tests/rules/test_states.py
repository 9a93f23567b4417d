"""The life of an assessment: the table against the 2019 notice, and a model that walks it."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from flexapp.rules.refusal import Refusal
from flexapp.rules.states import (
    LIVE_STATES,
    TRANSITIONS,
    Move,
    Mover,
    State,
    apply,
    moves_of_person,
    transition_for,
)

#: The diagram of the rules, written out by hand: (source, move) → target.
DIAGRAM = {
    (State.ASSESSED, Move.TRANSMIT): State.QUEUED,
    (State.QUEUED, Move.RECEIVE): State.TRANSMITTED,
    (State.TRANSMITTED, Move.PAY): State.PAID,
    (State.ASSESSED, Move.REVOKE): State.REVOKED,
    (State.QUEUED, Move.REFUSE): State.REJECTED,
    (State.REJECTED, Move.REVOKE): State.REVOKED,
    (State.QUEUED, Move.REVOKE): State.REVOKED,
    (State.TRANSMITTED, Move.ASK): State.TAX_REVOKING,
    (State.TAX_REVOKING, Move.AGREE): State.TAX_REVOKED,
    (State.TAX_REVOKED, Move.REVOKE): State.REVOKED,
    (State.TAX_REVOKING, Move.DECLINE): State.TRANSMITTED,
    (State.TRANSMITTED, Move.TAX_REVOKE): State.TAX_REVOKED,
}
EVERY_PAIR = [(state, move) for state in State for move in Move]
PERSON_MOVES = (Move.TRANSMIT, Move.REVOKE, Move.ASK)


@pytest.mark.parametrize(("state", "move"), EVERY_PAIR)
def test_a_move_leads_where_the_diagram_says_or_is_refused(state: State, move: Move) -> None:
    result = apply(state, move)
    if (state, move) in DIAGRAM:
        assert result is DIAGRAM[state, move]
    else:
        assert isinstance(result, Refusal)
        assert result.reason == f"cannot_{move.value}"


@pytest.mark.parametrize(("state", "move"), EVERY_PAIR)
def test_a_claim_forbids_revoking_what_is_queued_and_nothing_else(state: State, move: Move) -> None:
    claimed = apply(state, move, claimed=True)
    if (state, move) == (State.QUEUED, Move.REVOKE):
        assert isinstance(claimed, Refusal)
    else:
        assert claimed == apply(state, move)


def test_the_table_has_one_row_for_each_arrow() -> None:
    assert len(TRANSITIONS) == len(DIAGRAM)
    for row in TRANSITIONS:
        assert transition_for(row.source, row.move) is row
    assert transition_for(State.PAID, Move.REVOKE) is None


def test_labels_are_the_terms_of_the_field() -> None:
    assert {state.value: state.label for state in State} == {
        "assessed": "已核定",
        "queued": "传输中",
        "transmitted": "已传输",
        "paid": "已缴费",
        "rejected": "税务退回",
        "tax_revoking": "税务撤销中",
        "tax_revoked": "税务已撤销",
        "revoked": "已撤销",
    }
    assert [move.label for move in PERSON_MOVES] == ["传输", "撤销", "申请税务撤销"]
    assert len({move.label for move in Move}) == len(Move)


@pytest.mark.parametrize(
    ("state", "moves"),
    [
        (State.ASSESSED, (Move.TRANSMIT, Move.REVOKE)),
        (State.QUEUED, (Move.REVOKE,)),
        (State.TRANSMITTED, (Move.ASK,)),
        (State.PAID, ()),
        (State.REJECTED, (Move.REVOKE,)),
        (State.TAX_REVOKING, ()),
        (State.TAX_REVOKED, (Move.REVOKE,)),
        (State.REVOKED, ()),
    ],
)
def test_a_page_offers_the_buttons_its_state_allows(state: State, moves: tuple[Move, ...]) -> None:
    assert moves_of_person(state) == moves


def test_no_button_is_offered_once_the_sender_has_claimed() -> None:
    assert moves_of_person(State.QUEUED, claimed=True) == ()
    assert moves_of_person(State.ASSESSED, claimed=True) == (Move.TRANSMIT, Move.REVOKE)


@pytest.mark.parametrize("claimed", [False, True])
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", PERSON_MOVES)
def test_a_button_is_offered_exactly_when_it_works(state: State, move: Move, claimed: bool) -> None:
    works = isinstance(apply(state, move, claimed=claimed), State)
    assert works == (move in moves_of_person(state, claimed))


@pytest.mark.parametrize("move", PERSON_MOVES)
def test_every_refused_button_says_what_to_do_instead(move: Move) -> None:
    sentences = []
    for state in State:
        result = apply(state, move, claimed=True)
        if isinstance(result, Refusal):
            assert "请" in result.sentence or "不用" in result.sentence
            assert "不能登记" not in result.sentence  # the wording for the tax bureau's messages
            sentences.append(result.sentence)
    assert len(set(sentences)) == len(sentences) >= 4


@pytest.mark.parametrize(
    ("state", "move", "advice"),
    [
        (State.TRANSMITTED, Move.REVOKE, "先点“申请税务撤销”"),
        (State.PAID, Move.REVOKE, "已缴费的月份不能撤销"),
        (State.REVOKED, Move.TRANSMIT, "新增"),
        (State.ASSESSED, Move.ASK, "直接点“撤销”"),
    ],
)
def test_refusals_name_the_way_that_is_open(state: State, move: Move, advice: str) -> None:
    result = apply(state, move)
    assert isinstance(result, Refusal)
    assert advice in result.sentence


def test_a_message_of_the_tax_bureau_out_of_turn_names_state_and_message() -> None:
    result = apply(State.ASSESSED, Move.PAY)
    assert isinstance(result, Refusal)
    assert "已核定" in result.sentence
    assert "缴费到账" in result.sentence


def test_everything_but_a_revoked_assessment_holds_its_months() -> None:
    assert set(State) - {State.REVOKED} == LIVE_STATES


class AssessmentLife(RuleBasedStateMachine):
    """Walks an assessment by random moves of everyone.

    The model knows nothing of the table: it remembers what happened in the world (did the tax
    bureau get it, did it let go of it, was money paid, was the delivery in the sender's hands).
    """

    @initialize()
    def begin(self) -> None:
        self.state = State.ASSESSED
        self.claimed = False
        self.at_tax = False
        self.paid = False
        self.ended = False

    def attempt(self, move: Move) -> bool:
        before = self.state
        result = apply(before, move, claimed=self.claimed)
        if isinstance(result, Refusal):
            return False
        assert result is not before, "a move must lead somewhere"
        self.state = result
        return True

    @rule(move=st.sampled_from(PERSON_MOVES))
    def person_presses_a_button(self, move: Move) -> None:
        offered = move in moves_of_person(self.state, self.claimed)
        was_claimed = self.claimed and self.state is State.QUEUED
        moved = self.attempt(move)
        assert moved == offered
        if moved and move is Move.REVOKE:
            assert not self.at_tax, "revoked here while the tax bureau still holds it"
            assert not was_claimed, "revoked while a delivery was on its way"
            assert not self.ended
            self.ended = True
        if moved and move is Move.ASK:
            assert self.at_tax, "asked the tax bureau about something it does not have"

    @precondition(lambda self: self.state is State.QUEUED and not self.claimed)
    @rule()
    def sender_claims(self) -> None:
        self.claimed = True

    @precondition(lambda self: self.claimed and self.state is State.QUEUED)
    @rule(accepted=st.booleans())
    def tax_bureau_answers_the_delivery(self, accepted: bool) -> None:
        assert self.attempt(Move.RECEIVE if accepted else Move.REFUSE)
        self.at_tax = accepted
        self.claimed = False

    @rule(move=st.sampled_from([Move.PAY, Move.AGREE, Move.DECLINE, Move.TAX_REVOKE]))
    def tax_bureau_sends_an_event(self, move: Move) -> None:
        if not self.attempt(move):
            return
        assert self.at_tax, "the tax bureau acted on something it never had"
        assert not self.paid
        self.paid = move is Move.PAY
        self.at_tax = move not in (Move.AGREE, Move.TAX_REVOKE)

    @rule(move=st.sampled_from([Move.RECEIVE, Move.REFUSE]))
    def an_answer_arrives_again(self, move: Move) -> None:
        if self.state is not State.QUEUED:
            assert not self.attempt(move), "a late second answer must change nothing"

    @invariant()
    def months_are_free_exactly_when_it_has_ended(self) -> None:
        assert (self.state not in LIVE_STATES) == self.ended

    @invariant()
    def the_state_tells_where_the_tax_bureau_stands(self) -> None:
        holds = {State.TRANSMITTED, State.TAX_REVOKING, State.PAID}
        assert (self.state in holds) == self.at_tax
        assert (self.state is State.PAID) == self.paid

    @invariant()
    def nobody_is_stuck(self) -> None:
        final = self.state in (State.PAID, State.REVOKED)
        onward = any(row.source is self.state for row in TRANSITIONS)
        assert onward != final


TestAssessmentLife = AssessmentLife.TestCase


def test_every_state_can_be_reached_and_each_mover_has_a_part() -> None:
    reached = {State.ASSESSED}
    while fresh := {r.target for r in TRANSITIONS if r.source in reached} - reached:
        reached |= fresh
    assert reached == set(State)
    assert {row.mover for row in TRANSITIONS} == set(Mover)
    assert {row.move for row in TRANSITIONS} == set(Move)
