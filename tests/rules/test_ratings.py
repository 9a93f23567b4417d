"""好差评: what can be rated, and which counts are told."""

from __future__ import annotations

from decimal import Decimal

import pytest

from flexapp.rules.capabilities import Action
from flexapp.rules.ratings import (
    FINISHED,
    Level,
    RatingCount,
    RatingTally,
    business_of,
    read_level,
    read_sentence,
    tally_ratings,
)
from flexapp.rules.refusal import Refusal
from flexapp.rules.states import State


def of(*numbers: int) -> RatingTally:
    """So many of each level, the best first."""
    counts = [
        RatingCount("2026-11", "assess", "phone", "640104", level, number)
        for level, number in zip(sorted(Level, reverse=True), numbers, strict=True)
    ]
    return tally_ratings(counts, lambda _: "")[""]


def test_the_levels_are_the_five_of_the_standard_the_best_first() -> None:
    assert [level.label for level in sorted(Level, reverse=True)] == [
        "非常满意",
        "满意",
        "基本满意",
        "不满意",
        "非常不满意",
    ]
    assert [level.label for level in Level if level.is_bad] == ["不满意", "非常不满意"]


@pytest.mark.parametrize("text", ["", "0", "6", "满意", "1.0", "05", "５"])
def test_any_other_level_is_refused(text: str) -> None:
    answer = read_level(text)
    assert isinstance(answer, Refusal)
    assert answer.field == "level"


def test_two_hundred_characters_can_be_said_and_no_more() -> None:
    assert read_sentence(" 办得  快 ") == "办得 快"
    assert read_sentence("快" * 200) == "快" * 200
    refused = read_sentence("快" * 201)
    assert isinstance(refused, Refusal)
    assert "现在有 201 个" in refused.sentence


def test_what_is_under_way_is_not_rated() -> None:
    assert set(State) - set(FINISHED) == {
        State.QUEUED,
        State.REJECTED,
        State.TAX_REVOKING,
        State.TAX_REVOKED,
    }


@pytest.mark.parametrize(
    ("action", "kind", "channel", "business"),
    [
        ("registration.made", "account", "phone", Action.REGISTER),
        ("registration.changed", "staff", "township", Action.REGISTER),
        ("assessment.assess", "account", "wdnx", Action.ASSESS),
        ("assessment.revoke", "staff", "hall", Action.REVOKE),
        ("assessment.revoke", "staff", "agency", None),  # old batches, in bulk
        ("registration.made", "system", "system", None),
        ("assessment.pay", "tax", "tax", None),
        ("proxy.opened", "account", "phone", None),
    ],
)
def test_only_what_a_person_or_a_counter_did_for_somebody_is_rated(
    action: str, kind: str, channel: str, business: Action | None
) -> None:
    assert business_of(action, actor_kind=kind, channel=channel) is business


def test_nothing_is_told_of_one_or_two_ratings_but_that_they_are_few() -> None:
    for few in (of(1, 0, 0, 0, 0), of(0, 1, 0, 0, 1)):
        assert few.total is None
        assert {few.number(level) for level in Level} == {None}
        assert {few.share(level) for level in Level} == {None}
        assert few.content is None


def test_with_more_ratings_only_a_level_of_one_or_two_is_not_told() -> None:
    tally = of(5, 3, 0, 2, 0)
    assert tally.total == 10
    assert [tally.number(level) for level in sorted(Level, reverse=True)] == [5, 3, 0, None, 0]
    assert tally.share(Level.VERY_GOOD) == Decimal("50.0")
    assert tally.share(Level.BAD) is None
    assert tally.content is None  # it would tell the two


def test_the_share_of_the_content_counts_the_fairly_content_too() -> None:
    assert of(5, 3, 1, 2, 1).content == Decimal("75.0")
    assert of(3, 0, 0, 0, 0).content == Decimal("100.0")
    assert of(0, 0, 0, 3, 0).content == Decimal("0.0")
    assert of(0, 0, 0, 0, 0).content is None


def test_shares_are_rounded_half_up_to_one_decimal() -> None:
    assert of(13, 3, 0, 0, 0).share(Level.VERY_GOOD) == Decimal("81.3")  # 81.25
