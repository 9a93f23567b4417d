"""The one normaliser: what characters become, whoever brings them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexapp.rules.text import has_private_use, is_printable, normalise, normalise_prose, printable

ANY = st.text(st.characters(), max_size=60)
MARKS = st.text(
    st.sampled_from("a6马⻢\u0301\u0338\u200d\ufe0f\ue863\uff9eｶ`´˙·—（\u1100\u1161\u3000\t\u115f"),
    max_size=12,
)


@pytest.mark.parametrize(
    ("entered", "stored"),
    [
        ("⻢兰", "马兰"),
        ("⼀⼆⾺", "一二馬"),
        ("⻰⻓⺟⻳", "龙长母龟"),
        ("㇐", "一"),
        ("\uf9d1\uf90a\U0002f800", "六金丽"),
        ("李\ue863", "李䶮"),
        ("李\ue864", "李龻"),
        ("\ue816", "𠂇"),
        ("\ue815", "厂"),
        ("\ue830", "牛"),
        ("\ue7c7\ue7c8", "ḿǹ"),
        ("１２３ＡＢＣｘ", "123ABCx"),
        ("１３８\ufe0d００\U000e0100１", "138001"),
        ("a\u200b\u2060\ufeff\u200e\u202e\u00ad\u034f\u3164b", "ab"),
        ("a\x00\x07\ud800\ufdd0\U0010ffffb", "ab"),
        ("a\u3000\u00a0\u2009\t\r\n b", "a b"),
        ("3—2–501", "3-2-501"),
        ("3‐2‑5−1－9ー8─7", "3-2-5-1-9-8-7"),
        ("a•b‧c・d･e⋅f∙g●h\u0387i", "a·b·c·d·e·f·g·h·i"),
        ("1．5﹒6", "1.5.6"),
        ("O’B‘C`D´EʼF′G＇", "O'B'C'D'E'F'G'"),
        ("（3）﹙4﹚【5】〔6〕［7］", "(3)(4)[5][6][7]"),
        ("JOSE\u0301", "JOSÉ"),
        ("ﬁ①Ⅻ㎡", "fi1XIIm2"),
        ("\U0002ee5d\U000323b0\U00033479", "\U0002ee5d\U000323b0\U00033479"),
    ],
)
def test_one_character_for_one_meaning(entered: str, stored: str) -> None:
    assert normalise(entered) == stored


@pytest.mark.parametrize(
    ("entered", "stored"),
    [
        ("公告：办理（试行）……", "公告：办理（试行）……"),
        ("宁人社发〔２０２５〕30号", "宁人社发〔2025〕30号"),
        ("“好”——他说，‘行’！", "“好”——他说，‘行’！"),
        ("⻢\u200b\ue863ＡＢＣ", "马䶮ABC"),
        ("一行\r\n另一行\x00", "一行 另一行"),
    ],
)
def test_prose_keeps_its_chinese_punctuation(entered: str, stored: str) -> None:
    assert normalise_prose(entered) == stored


def double_bytes() -> list[tuple[int, bytes]]:
    """The private code points of GBK and their bytes, in the order of the standard."""
    trails = [*range(0x50, 0x7F), *range(0x80, 0xA1)]
    runs = [
        (0xE815, 0xFE, trails),
        (0xE78D, 0xA6, [*range(0xD9, 0xE0), 0xEC, 0xED, 0xF3]),
        (0xE7C7, 0xA8, [0xBC, 0xBF]),
        (0xE7E7, 0xA9, list(range(0x89, 0x96))),
    ]
    return [
        (first + n, bytes((lead, trail)))
        for first, lead, run in runs
        for n, trail in enumerate(run)
    ]


def test_private_code_points_stand_for_what_their_bytes_stand_for_in_gb_18030() -> None:
    compared = 0
    for code, double in double_bytes():
        assert not has_private_use(normalise(chr(code))), hex(code)
        today = double.decode("gb18030")
        if not has_private_use(today):
            assert normalise(chr(code)) == normalise(today), hex(code)
            compared += 1
    assert compared >= 80


def test_the_eighteen_code_points_that_gb_18030_moved_in_2022() -> None:
    moved = "\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864"
    assert normalise(moved) == "\u9fb4\u9fb5\u9fb6\u9fb7\u9fb8\u9fb9\u9fba\u9fbb"
    vertical = "".join(chr(code) for code in range(0xE78D, 0xE797))
    assert normalise(vertical) == normalise(
        "\ufe10\ufe12\ufe11\ufe13\ufe14\ufe15\ufe16\ufe17\ufe18\ufe19"
    )


def test_other_private_code_points_stay_to_be_refused() -> None:
    assert has_private_use(normalise("李\ue000"))


@given(ANY | MARKS)
def test_nothing_that_cannot_be_seen_comes_through(text: str) -> None:
    for normal in (normalise(text), normalise_prose(text)):
        assert is_printable(normal)
        assert printable(normal) == normal
        categories = {unicodedata.category(char) for char in normal if char != " "}
        assert not categories & {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}
        assert normal == normal.strip()
        assert "  " not in normal
        assert unicodedata.is_normalized("NFC", normal)


@given(ANY | MARKS)
def test_applying_it_again_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
    assert normalise_prose(normalise_prose(text)) == normalise_prose(text)
    assert normalise(normalise_prose(text)) == normalise(text)


@given(ANY | MARKS)
def test_a_value_holds_no_compatibility_form(text: str) -> None:
    assert unicodedata.is_normalized("NFKC", normalise(text))


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40).map(str.strip))
def test_ascii_alone_becomes_what_it_becomes_beside_other_characters(text: str) -> None:
    assert f"{normalise(text)}马" == normalise(f"{text}马")
