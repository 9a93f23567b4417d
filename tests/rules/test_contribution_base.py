"""The number box: 60 to 300 is a percentage, above 300 a wage, everything doubtful is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexapp.rules.contribution_base import (
    EnteredBase,
    Meaning,
    parse_base,
)
from flexapp.rules.refusal import Refusal


@pytest.mark.parametrize(
    ("typed", "value", "meaning"),
    [
        ("60", "60", Meaning.PERCENT),
        ("６０", "60", Meaning.PERCENT),
        ("60%", "60", Meaning.PERCENT),
        ("60 %", "60", Meaning.PERCENT),
        ("６０％", "60", Meaning.PERCENT),
        ("60.5", "60.5", Meaning.PERCENT),
        ("60．5", "60.5", Meaning.PERCENT),
        ("60。5", "60.5", Meaning.PERCENT),
        ("60.", "60", Meaning.PERCENT),
        ("060", "60", Meaning.PERCENT),
        ("60.00", "60", Meaning.PERCENT),
        ("300", "300", Meaning.PERCENT),
        ("300%", "300", Meaning.PERCENT),
        ("300.00", "300", Meaning.PERCENT),
        ("300.01", "300.01", Meaning.WAGE),
        ("301", "301", Meaning.WAGE),
        ("5,000", "5000", Meaning.WAGE),
        ("５，０００", "5000", Meaning.WAGE),
        ("5 000", "5000", Meaning.WAGE),
        ("1,234,567.89", "1234567.89", Meaning.WAGE),
        (" 6000 ", "6000", Meaning.WAGE),
        ("6000元", "6000", Meaning.WAGE),
        ("6000 元", "6000", Meaning.WAGE),
        ("￥6000", "6000", Meaning.WAGE),
        ("10000000", "10000000", Meaning.WAGE),
    ],
)
def test_what_people_type_is_understood(typed: str, value: str, meaning: Meaning) -> None:
    assert parse_base(typed) == EnteredBase(typed.strip(), Decimal(value), meaning)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "base_empty"),
        ("  ", "base_empty"),
        ("0", "base_too_low"),
        ("5", "base_too_low"),
        ("59.99", "base_too_low"),
        ("59.99%", "base_too_low"),
        ("60.001", "base_decimals"),
        ("60.000", "base_decimals"),
        ("-60", "base_sign"),
        ("－60", "base_sign"),
        ("+60", "base_sign"),
        ("300.01%", "base_percent_too_high"),
        ("6000%", "base_percent_too_high"),
        ("200元", "base_wage_too_low"),
        ("¥60", "base_wage_too_low"),
        ("300元", "base_wage_too_low"),
        ("10000000.01", "base_too_high"),
        ("9" * 40, "base_too_high"),
        ("9" * 41, "base_not_number"),
        ("5,0", "base_separators"),
        ("5,00", "base_separators"),
        ("5,0000", "base_separators"),
        ("5000,000", "base_separators"),
        ("0,060", "base_separators"),
        ("6 0", "base_separators"),
        ("5,,000", "base_separators"),
        ("NaN", "base_not_number"),
        ("inf", "base_not_number"),
        ("1e3", "base_not_number"),
        ("0x3c", "base_not_number"),
        ("1_000", "base_not_number"),
        ("六十", "base_not_number"),
        ("٦٠", "base_not_number"),
        ("60%%", "base_not_number"),
        ("60%元", "base_not_number"),
        ("60元%", "base_not_number"),
        ("%", "base_not_number"),
        (".", "base_not_number"),
        ("6.0.0", "base_not_number"),
        ("60-300", "base_not_number"),
        ("60;drop table", "base_not_number"),
    ],
)
def test_what_leaves_a_doubt_is_refused_beside_the_field(typed: str, reason: str) -> None:
    result = parse_base(typed)
    assert isinstance(result, Refusal), result
    assert (result.reason, result.field) == (reason, "base")


def test_every_reason_has_a_sentence_of_its_own_that_says_what_to_type() -> None:
    typed = ["", "59.99", "60.001", "-60", "300.01%", "200元", "99999999", "5,0", "NaN"]
    sentences = []
    for text in typed:
        result = parse_base(text)
        assert isinstance(result, Refusal)
        sentences.append(result.sentence)
    assert len(set(sentences)) == len(typed)
    assert all("请" in sentence or "要用" in sentence for sentence in sentences)


@given(st.decimals("60", "10000000", places=2))
def test_every_allowed_number_is_accepted_with_the_right_meaning(value: Decimal) -> None:
    expected = Meaning.PERCENT if value <= 300 else Meaning.WAGE
    for typed in (str(value), f"{value:,}"):
        result = parse_base(typed)
        assert isinstance(result, EnteredBase)
        assert (result.value, result.meaning) == (value, expected)


@given(st.decimals("0", "59.99", places=2))
def test_everything_below_60_is_refused(value: Decimal) -> None:
    result = parse_base(str(value))
    assert isinstance(result, Refusal)
    assert result.reason == "base_too_low"


@given(st.text(max_size=50) | st.text("0123456789.,%元¥+- ０９．，％。", max_size=14))
def test_any_text_gets_an_answer_within_the_limits(text: str) -> None:
    result = parse_base(text)
    if isinstance(result, EnteredBase):
        assert 60 <= result.value <= 10_000_000
        assert (result.value <= 300) == (result.meaning is Meaning.PERCENT)
        assert result.value == round(result.value, 2)
    else:
        assert result.sentence.endswith("。")
