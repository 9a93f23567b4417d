"""Checking that a postal address is more specific than a city, county or township."""

import re

from flexapp.rules import divisions

_REGION = "宁夏回族自治区"
_PLACES = sorted(
    {
        name
        for city, places in divisions.choices()
        for place in (city, *(each.name for each in places))
        for name in (f"{place}城", place, re.sub(r"(?<=..)[市县区]$", "", place))
    },
    key=len,
    reverse=True,
)
"""The cities, counties and districts of Ningxia: as written, followed by 城, and without their
final 市, 县 or 区. Longest first."""

_ELSEWHERE = re.compile(
    r"(?:[\u4e00-\u9fff]{2,8}?(?:省|自治区))?"
    r"(?:[\u4e00-\u9fff]{2,8}?(?:市|自治州|地区|盟))?"
    r"(?:[\u4e00-\u9fff]{1,6}?(?:市|县|旗)(?!场))?"
    r"(?:[\u4e00-\u9fff]{2,3}(?<!小)(?<!社)(?<!校)(?<!园)(?<!厂)(?<!矿)(?<!院)区)?"
)
"""Province, city and district of any other region. A 小区 or 社区 is part of the address proper."""

_TOWNSHIP = re.compile(
    r"[\u4e00-\u9fff]{1,8}?(?:镇|乡|街道办事处|街道办|街道|苏木|管理委员会|管委会)"
)


def is_only_a_division(address: str) -> bool:
    """Whether an address consists only of administrative divisions.

    Such an address has no village, street, estate, building or number, so mail cannot be delivered.
    """
    rest = re.sub(r"[^\w\u4e00-\u9fff]", "", address)
    rest = rest.removeprefix("中国").removeprefix(_REGION).removeprefix("宁夏")
    ours = True
    while ours:
        ours = False
        for place in _PLACES:
            # 红寺堡镇 and 中宁县城 begin with the name of a place; the check of the rest decides.
            if rest.startswith(place):
                rest, ours = rest[len(place) :], True
                break
    if rest in _SUFFIXES:
        return True
    elsewhere = _ELSEWHERE.match(rest)
    if elsewhere is not None:
        rest = rest[elsewhere.end() :]
    township = _TOWNSHIP.fullmatch(rest)
    return not rest or rest in _SUFFIXES or township is not None


_SUFFIXES = frozenset({"市", "县", "区", "镇", "乡", "街道", "街道办事处", "市区", "城区", "县城"})
"""Suffixes of a short place name that do not make the address more specific."""
