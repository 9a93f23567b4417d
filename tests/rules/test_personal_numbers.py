"""Numbers that could lead to a person are found in what people write, and left out of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexapp.rules.personal_numbers import HIDDEN, hide, mask


@pytest.mark.parametrize(
    "number",
    [
        "13800138005",
        "138 0013 8005",
        "138-0013-8005",
        "138.0013.8005",
        "138，0013，8005",
        "138—0013—8005",
        "(138)00138005",
        "1 3 8 0 0 1 3 8 0 0 5",
        "+86 138 0013 8005",
        "8613800138005",
        "0086-13800138005",
        "１３８００１３８００５",
        "①③⑧⓪⓪①③⑧⓪⓪⑤",
        "一三八零零一三八零零五",
        "幺三八〇〇幺三八〇〇五",
        "壹叁捌零零壹叁捌零零伍",
        "138零零1三8〇〇五",
        "١٣٨٠٠١٣٨٠٠٥",
        "0951-6021234",
        "(0951) 6021234",
        "010-65801234",
        "6021234",
        "640104198503120021",
        "64010419850312002X",
        "64032419920229002x",
        "640104 19850312 0021",
        "640104-1985-03-12-0021",
        "６４０１０４１９８５０３１２００２１",
        "六四零一零四一九八五零三一二零零二一",
        "640104850312002",
        "6222021234567890123",
        "64010420261124000001",
        "H12345678",
        "12345678X",
    ],
)
def test_a_number_that_leads_to_somebody_is_hidden_however_it_is_written(number: str) -> None:
    assert hide(f"请打{number}找我") == f"请打{HIDDEN}找我"
    assert hide(number) == HIDDEN
    assert hide(f"{number}。{number}") == f"{HIDDEN}。{HIDDEN}"


@pytest.mark.parametrize(
    "words",
    [
        "",
        "页面看不懂，问了三次",
        "2026年11月24日 10:30 去的",
        "2026-11-24 10:30 去的",
        "20261124 去的",
        "基数 5023.00，总额 12055.20 元，1004.60 一个月",
        "¥7,447.20 和 ¥37236.00",
        "等了 45 分钟，前面 12 个人",
        "12333 打不通，12366 也打不通",
        "2025-01 至 2026-12",
        "60%、100%、300% 都试了",
        "一二三四五，上山打老虎",
        "第一百二十三号窗口",
        "编号 640104",
        "张姐很耐心，一次就办好了",
    ],
)
def test_what_people_write_otherwise_stays(words: str) -> None:
    assert hide(words) == words


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_hiding_twice_is_hiding_once_and_makes_nothing_longer(words: str) -> None:
    hidden = hide(words)
    assert hide(hidden) == hidden
    assert len(hidden) <= len(words)


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.lists(st.sampled_from(["", " ", "-", ".", "  ", " - ", "·"]), min_size=10, max_size=10),
)
def test_no_separators_keep_a_mobile_number_in_sight(number: str, between: list[str]) -> None:
    written = number[0] + "".join(a + b for a, b in zip(between, number[1:], strict=True))
    assert hide(f"电话{written}") == f"电话{HIDDEN}"


def test_lines_of_programs_keep_their_other_numbers() -> None:
    line = "id=64010420261124000001 took=1234567890 phone=13800138005 id=64010419850312002X"
    assert mask(line, "[masked]") == (
        "id=64010420261124000001 took=1234567890 phone=[masked] id=[masked]"
    )
