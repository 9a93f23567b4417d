"""Identity numbers as people type them, and names; GB 11643-1999."""

import logging
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flexapp.rules.identity import (
    IdentityNumber,
    Sex,
    mask_name,
    parse_identity,
    parse_name,
    same_name,
    was_converted,
)
from flexapp.rules.refusal import Refusal

TODAY = date(2026, 11, 23)
#: Printed as an example in GB 11643-1999 itself; born 1949-12-31, female.
EXAMPLE = "11010519491231002X"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def check_digit(first17: str) -> str:
    """The standard's own table, written out here so that the test does not ask the code."""
    return "10X98765432"[sum(int(d) * w for d, w in zip(first17, WEIGHTS, strict=True)) % 11]


def number_of(prefix: str, born: date, order: int) -> str:
    first17 = f"{prefix}{born:%Y%m%d}{order:03d}"
    return first17 + check_digit(first17)


def accepted(text: str, today: date = TODAY) -> IdentityNumber:
    result = parse_identity(text, today)
    assert isinstance(result, IdentityNumber), result
    return result


def refused(text: str, today: date = TODAY) -> Refusal:
    result = parse_identity(text, today)
    assert isinstance(result, Refusal)
    assert result.field == "identity_number"
    return result


def test_the_standards_own_example_is_accepted() -> None:
    number = accepted(EXAMPLE)
    assert number.value == EXAMPLE
    assert number.birth_date == date(1949, 12, 31)
    assert number.sex is Sex.FEMALE
    assert number.sex.label == "女"


@pytest.mark.parametrize(
    "typed",
    [
        "11010519491231002x",
        "１１０１０５１９４９１２３１００２Ｘ",
        "１１０１０５１９４９１２３１００２ｘ",
        " 110105 19491231 002X ",
        "110105\u300019491231\u00a0002X\u200b",
        "身份证号11010519491231002X",
        "身份证：11010519491231002X。",
        "我的公民身份号码是 110105-19491231-002X，谢谢",
        "ID NO. 11010519491231002X",
        "sfz:11010519491231002x",
        "身份证号码为“11010519491231002X”（二代）",
        "110105—1949—1231–002X.",
        "11010519491231002Х",
        "11010519491231002х",
        "11010519491231002Χ",
        "11010519491231002χ",
        "11010519491231002×",
        "11010519491231002Ⅹ",
        "11010519491231002*",
        "1101051949\ufe0d1231002X\u202c",
        "1️⃣10105194912310\ufe0f02X",
        "⼀11010519491231002X",
    ],
)
def test_what_is_copied_along_with_a_number_is_put_right(typed: str) -> None:
    assert accepted(typed).value == EXAMPLE


def test_an_old_number_of_15_digits_gets_its_century_and_check_digit() -> None:
    assert accepted("110105491231002").value == EXAMPLE
    assert accepted("身份证：１１０１０５-491231-002。").value == EXAMPLE


def test_a_number_typed_with_15_digits_is_told_from_one_typed_whole() -> None:
    assert was_converted("身份证：１１０１０５-491231-002。")
    assert not was_converted(EXAMPLE)


def test_an_old_number_with_an_impossible_date_points_at_its_own_places() -> None:
    refusal = refused("110105491331002")
    assert refusal.reason == "id_birth_date"
    assert "第 7 至 12 位" in refusal.sentence


@pytest.mark.parametrize("prefix", ["642124", "640321", "810000", "820000", "830000", "710000"])
def test_abolished_counties_and_residence_permits_are_accepted(prefix: str) -> None:
    typed = number_of(prefix, date(1964, 9, 20), 4)
    assert accepted(typed).birth_date == date(1964, 9, 20)


def test_a_foreigners_card_of_2023_is_accepted() -> None:
    assert accepted(number_of("964840", date(1980, 1, 2), 13)).sex is Sex.MALE


def test_a_foreigners_card_of_the_old_form_is_told_what_to_do() -> None:
    assert "新证" in refused("USA110080010112").sentence


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("H12345678", ("回乡证", "居住证", "81、82 或 83", "社保服务大厅")),
        ("回乡证：h1234567801", ("回乡证", "居住证", "社保服务大厅")),
        ("M 1234 5678", ("回乡证", "居住证", "社保服务大厅")),
        ("Ｈ１２３４５６７８", ("回乡证", "居住证", "社保服务大厅")),
        ("12345678", ("台胞证", "居住证", "社保服务大厅")),
        ("台胞证号12345678", ("台胞证", "居住证", "社保服务大厅")),
        ("E12345678", ("护照", "9 开头", "社保服务大厅")),
        ("护照 EA1234567", ("护照", "9 开头", "社保服务大厅")),
        ("G12345678", ("护照", "18 位身份证号")),
        ("A123456(7)", ("证件", "居住证")),
        ("91640100MA75X2EX3J", ("统一社会信用代码", "18 位身份证号")),
    ],
)
def test_the_number_of_another_document_is_told_which_one_works(
    typed: str, said: tuple[str, ...]
) -> None:
    refusal = refused(typed)
    assert refusal.reason == "id_other_document"
    assert [words for words in said if words not in refusal.sentence] == []


@pytest.mark.parametrize("typed", ["110105********002X", "1101051949123****2", "*****002X"])
def test_a_masked_number_is_told_to_be_written_out(typed: str) -> None:
    assert "星号" in refused(typed).sentence


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "id_empty"),
        ("   ", "id_empty"),
        (EXAMPLE[:17], "id_length"),
        (EXAMPLE[:14], "id_length"),
        ("1" + EXAMPLE[:-1] + "0", "id_length"),
        ("1101054912310X", "id_length"),
        ("11010549123100X", "id_length"),
        ("1101051949123100A1", "id_characters"),
        ("11010519491231X021", "id_characters"),
        ("<script>", "id_characters"),
        ("٣٣" + EXAMPLE[2:], "id_characters"),
        ("990105194912310020", "id_region"),
        ("000105194912310020", "id_region"),
        ("110105194913310021", "id_birth_date"),
        ("110105198502300021", "id_birth_date"),
        ("110105000001010021", "id_birth_date"),
        ("110105194912310021", "id_check_digit"),
    ],
)
def test_each_mistake_has_its_own_reason(typed: str, reason: str) -> None:
    assert refused(typed).reason == reason


def test_every_reason_has_a_sentence_of_its_own() -> None:
    typed = [
        "", EXAMPLE[:17], "1" + EXAMPLE[:17] + "0", "abc", "990105194912310020",
        "110105194913310021",
        number_of("110105", date(2027, 1, 1), 2), number_of("110105", date(1880, 1, 1), 2),
        "110105194912310021",
    ]  # fmt: skip
    sentences = [refused(text).sentence for text in typed]
    assert len(set(sentences)) == len(sentences)
    assert "17 位" in sentences[1]
    assert "19 位" in sentences[2]


def test_a_birth_date_may_be_today_and_not_tomorrow() -> None:
    assert accepted(number_of("640104", TODAY, 1)).birth_date == TODAY
    tomorrow = number_of("640104", date(2026, 11, 24), 1)
    assert refused(tomorrow).reason == "id_birth_date_future"


def test_a_birth_date_may_be_130_years_ago_and_not_a_day_more() -> None:
    assert accepted(number_of("640104", date(1896, 11, 23), 1)).birth_date.year == 1896
    assert refused(number_of("640104", date(1896, 11, 22), 1)).reason == "id_birth_date_too_old"


def test_the_standards_second_example_was_young_enough_in_1999_and_is_not_now() -> None:
    typed = "440524188001010014"
    assert accepted(typed, date(1999, 7, 1)).sex is Sex.MALE
    assert refused(typed).reason == "id_birth_date_too_old"


def test_a_leap_day_130_years_ago_is_no_fault() -> None:
    assert refused(number_of("640104", date(1872, 2, 29), 1), date(2003, 3, 1)).reason == (
        "id_birth_date_too_old"
    )


@given(
    st.sampled_from(["640104", "642124", "110105", "810000", "654321"]),
    st.dates(date(1896, 11, 23), TODAY),
    st.integers(0, 999),
)
def test_every_valid_number_is_accepted_and_read_back(prefix: str, born: date, order: int) -> None:
    typed = number_of(prefix, born, order)
    number = accepted(typed)
    assert number.value == typed
    assert number.birth_date == born
    assert number.sex is (Sex.MALE if order % 2 else Sex.FEMALE)
    assert accepted(number.value) == number


@given(st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(0, 999))
def test_a_15_digit_number_becomes_the_18_digit_one(born: date, order: int) -> None:
    new = number_of("640203", born, order)
    assert accepted(new[:6] + new[8:17]).value == new


@given(
    st.dates(date(1930, 1, 1), date(2008, 12, 31)),
    st.integers(0, 999),
    st.integers(0, 17),
    st.sampled_from("0123456789X"),
)
def test_no_single_wrong_character_goes_through(
    born: date, order: int, place: int, wrong: str
) -> None:
    typed = number_of("640104", born, order)
    assume(typed[place] != wrong)
    assert isinstance(parse_identity(typed[:place] + wrong + typed[place + 1 :], TODAY), Refusal)


@given(st.dates(date(1930, 1, 1), date(2008, 12, 31)), st.integers(0, 999), st.integers(0, 16))
def test_no_swap_of_neighbours_goes_through(born: date, order: int, place: int) -> None:
    typed = number_of("640104", born, order)
    swapped = typed[:place] + typed[place + 1] + typed[place] + typed[place + 2 :]
    assume(swapped != typed)
    assert isinstance(parse_identity(swapped, TODAY), Refusal)


@given(st.text(max_size=40))
def test_any_text_gets_an_answer(text: str) -> None:
    result = parse_identity(text, TODAY)
    if isinstance(result, Refusal):
        assert result.sentence.endswith("。")
    else:
        assert len(result.value) == 18


def test_a_fictional_number_passes_only_where_it_is_listed() -> None:
    fictional = "11010519491231002" + "3"
    assert parse_identity(fictional, TODAY, fictional=[fictional]) == IdentityNumber(fictional)
    assert refused(fictional).reason == "id_check_digit"
    other = "11010519491231002" + "4"
    result = parse_identity(other, TODAY, fictional=[fictional])
    assert isinstance(result, Refusal)


def test_a_number_never_shows_itself_in_text_logs_or_errors(
    caplog: pytest.LogCaptureFixture,
) -> None:
    number = accepted(EXAMPLE)
    assert number.masked == "110105********002X"
    with caplog.at_level(logging.INFO):
        logging.getLogger("test").info("%s %r %s", number, number, {"id": number})
    shown = [str(number), repr(number), f"{number}", f"{number!r}", repr([number]), caplog.text]
    for text in shown:
        assert "110105********002X" in text
        assert "19491231" not in text


@pytest.mark.parametrize("value", ["", EXAMPLE[:17], EXAMPLE.lower(), "110105194913310021"])
def test_an_identity_number_cannot_be_built_from_anything_else(value: str) -> None:
    with pytest.raises(ValueError, match="identity number") as caught:
        IdentityNumber(value)
    assert value == "" or value not in str(caught.value)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("李明", "李明"),
        (" 欧阳修 ", "欧阳修"),
        ("李 明", "李明"),
        ("李　明", "李明"),
        ("马 小 兰", "马小兰"),
        ("姓名：马兰", "马兰"),
        ("姓 名: 阿依古丽.买买提", "阿依古丽·买买提"),
        ("马兰，", "马兰"),
        ("马兰。", "马兰"),
        ("姓名：O’BRIEN MARY", "O'BRIEN MARY"),
        ("马", "马"),
        ("⻢兰", "马兰"),
        ("⾺兰", "馬兰"),
        ("李\ue863", "李䶮"),
        ("\uf90a花", "金花"),
        ("李\u200b明\ufe00", "李明"),
        ("\U0002ebf0\U0002f800\U000323b0\U00033479", "\U0002ebf0丽\U000323b0\U00033479"),
        ("\ufa0e\ufa29", "\ufa0e\ufa29"),
        ("阿依古丽·买买提", "阿依古丽·买买提"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽．买买提", "阿依古丽·买买提"),
        ("阿依古丽.买买提", "阿依古丽·买买提"),
        ("阿依古丽。买买提", "阿依古丽·买买提"),
        ("阿依古丽 · 买买提", "阿依古丽·买买提"),
        ("艾力﹒买买提・吐尔逊", "艾力·买买提·吐尔逊"),
        ("𬭎㛃", "𬭎㛃"),
        ("〇一", "〇一"),
        ("JOHN  SMITH", "JOHN SMITH"),
        ("Ｊｏｈｎ Smith", "John Smith"),
        ("JEAN-PAUL O'BRIEN", "JEAN-PAUL O'BRIEN"),
        ("O’BRIEN MARY", "O'BRIEN MARY"),
        ("O`BRIEN, MARY—JANE", "O'BRIEN, MARY-JANE"),
        ("JOSE\u0301 MÜLLER", "JOSÉ MÜLLER"),
        ("NGUYỄN THỊ ÁNH", "NGUYỄN THỊ ÁNH"),
        ("J. R. SMITH JR.", "J. R. SMITH JR."),
        ("'T HOOFT", "'T HOOFT"),
        ("WOLFESCHLEGELSTEINHAUSENBERGERDORFF MAXIMILIAN",) * 2,
        ("马" * 60, "马" * 60),
    ],
)
def test_names_are_accepted_as_on_the_document(typed: str, name: str) -> None:
    assert parse_name(typed) == name


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "name_empty"),
        ("  ", "name_empty"),
        ("\u200b\ufe0f", "name_empty"),
        ("马" * 61, "name_length"),
        ("A" * 61, "name_length"),
        ("李明1", "name_characters"),
        ("李·", "name_characters"),
        ("姓名：", "name_empty"),
        ("·李明", "name_characters"),
        ("李··明", "name_characters"),
        ("李明<b>", "name_characters"),
        ("李Ming", "name_characters"),
        ("李*", "name_characters"),
        ("李,明", "name_characters"),
        ("😀😀", "name_characters"),
        ("МАРИЯ", "name_characters"),
        ("JOHN--SMITH", "name_characters"),
        ("JOHN,", "name_characters"),
        ("李\ue000", "name_private_use"),
    ],
)
def test_what_is_not_a_name_is_refused(typed: str, reason: str) -> None:
    result = parse_name(typed)
    assert isinstance(result, Refusal)
    assert (result.reason, result.field) == (reason, "name")


@pytest.mark.parametrize("typed", ["阿依古丽 买买提", "阿依古丽　买买提", "欧阳 娜娜"])
def test_a_space_where_the_dot_may_belong_is_asked_about(typed: str) -> None:
    result = parse_name(typed)
    assert isinstance(result, Refusal)
    assert result.reason == "name_space"
    assert "改成“·”" in result.sentence
    assert "去掉空格" in result.sentence


@given(
    st.text(max_size=60) | st.text(st.sampled_from("李马⻢·. -'’AbÉ\u0301\ue863\u200d"), max_size=9)
)
def test_a_name_once_accepted_is_accepted_again_unchanged(text: str) -> None:
    name = parse_name(text)
    if isinstance(name, str):
        assert parse_name(name) == name
        assert 1 <= len(name) <= 60
        assert same_name(name, text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("马兰", "⻢兰"),
        ("阿依古丽·买买提", "阿依古丽.买买提"),
        ("阿依古丽·买买提", "阿依古丽买买提"),
        ("O'BRIEN MARY", "o’brien, mary"),
        ("JOSÉ-MARIA", "Jose Maria"),
        ("李䶮", "李\ue863"),
    ],
)
def test_names_are_the_same_by_their_letters(one: str, other: str) -> None:
    assert same_name(one, other)
    assert same_name(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("马兰", "马蓝"), ("马兰", "馬兰"), ("马兰", "马"), ("MARY", "MARIA")]
)
def test_names_of_other_letters_are_not_the_same(one: str, other: str) -> None:
    assert not same_name(one, other)


def test_a_masked_name_keeps_the_family_name_only() -> None:
    assert mask_name("李明") == "李*"
    assert mask_name("欧阳修") == "欧**"
    assert mask_name("李") == "*"
    assert mask_name("") == ""
