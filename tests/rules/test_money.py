"""Money is exact: rounding half up, whole fen, and the two ways a figure is written."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexapp.rules.money import (
    from_fen,
    plain,
    read_yuan,
    round_fraction_to_fen,
    round_to_fen,
    to_fen,
    yen,
)

FEN = st.integers(-(10**14), 10**14)


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("0.005", "0.01"),
        ("0.0049999999999999999999", "0.00"),
        ("2.675", "2.68"),  # 2.67 in binary floats
        ("1.015", "1.02"),
        ("-0.005", "-0.01"),
        ("5022.6", "5022.60"),
    ],
)
def test_a_half_fen_is_rounded_up(amount: str, rounded: str) -> None:
    assert str(round_to_fen(Decimal(amount))) == rounded


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_what_is_not_a_number_is_never_an_amount(amount: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        round_to_fen(Decimal(amount))
    with pytest.raises(ValueError, match="fen"):
        to_fen(Decimal(amount))


def test_61_percent_of_62060_a_year_is_rounded_once() -> None:
    assert round_fraction_to_fen(Fraction(62060, 12) * 61 / 100) == Decimal("3154.72")


@given(FEN, st.integers(1, 10**6))
def test_rounding_a_fraction_is_never_more_than_half_a_fen_off(numerator: int, parts: int) -> None:
    exact = Fraction(numerator, parts)
    difference = Fraction(round_fraction_to_fen(exact)) - exact
    assert abs(difference) <= Fraction(1, 200)
    if abs(difference) == Fraction(1, 200):
        assert (difference > 0) == (exact > 0)


@given(st.decimals(-(10**9), 10**9, allow_nan=False, places=4))
def test_fractions_and_decimals_are_rounded_alike(amount: Decimal) -> None:
    assert round_fraction_to_fen(Fraction(amount)) == round_to_fen(amount)


@given(FEN)
def test_fen_survive_the_way_to_yuan_and_back(fen: int) -> None:
    yuan = from_fen(fen)
    assert to_fen(yuan) == fen
    assert Decimal(plain(yuan)) == yuan
    assert len(plain(yuan).partition(".")[2]) == 2


def test_part_of_a_fen_is_refused_instead_of_lost() -> None:
    with pytest.raises(ValueError, match="whole number of fen"):
        to_fen(Decimal("1.001"))
    with pytest.raises(ValueError, match="whole number of fen"):
        plain(Decimal(62060) / 12)


def test_the_notices_own_record_is_written_as_printed() -> None:
    assert plain(Decimal("37236")) == "37236.00"
    assert yen(Decimal("7447.2")) == "¥7447.20"
    assert yen(Decimal("-1")) == "-¥1.00"
    assert plain(Decimal("1E+4")) == "10000.00"


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("3103", "3103"),
        ("3103.00", "3103"),
        ("3,103.00", "3103"),
        ("1,234,567.8", "1234567.8"),
        ("３，１０３．５０", "3103.5"),
        ("¥3,103.00", "3103"),
        ("￥ 3103", "3103"),
        ("3103元", "3103"),
        ("3103.00 元", "3103"),
        ("人民币3103", "3103"),
        (" 3103 ", "3103"),
        ("\u00a03103\u3000", "3103"),
        ("0.125", "0.125"),
    ],
)
def test_an_amount_is_read_however_it_is_written(text: str, amount: str) -> None:
    assert read_yuan(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "(3,103)",
        "3,10",
        "31,03",
        "1,2345",
        "3.103,00",
        "3 103",
        "1e5",
        "６e2",
        "NaN",
        "三千",
        "3103美元",
        "$3103",
        "1" * 16,
        "3103%",
        "=3103",
        ".5",
        "5.",
    ],
)
def test_what_is_no_amount_is_not_read(text: str) -> None:
    assert read_yuan(text) is None
