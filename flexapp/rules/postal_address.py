"""Whether a postal address says more than in which town or township somebody lives."""

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
"""The cities, counties and districts of Ningxia, as written and without their last character."""

_ELSEWHERE = re.compile(
    r"(?:[\u4e00-\u9fff]{2,8}?(?:省|自治区))?"
    r"(?:[\u4e00-\u9fff]{2,8}?(?:市|自治州|地区|盟))?"
    r"(?:[\u4e00-\u9fff]{1,6}?(?:市|县|旗)(?!场))?"
    r"(?:[\u4e00-\u9fff]{2,3}(?<!小)(?<!社)(?<!校)(?<!园)(?<!厂)(?<!矿)(?<!院)区)?"
)
"""Province, city and district of any other region. A 小区 or 社区 is where one lives."""

_TOWNSHIP = re.compile(
    r"[\u4e00-\u9fff]{1,8}?(?:镇|乡|街道办事处|街道办|街道|苏木|管理委员会|管委会)"
)


def is_only_a_division(address: str) -> bool:
    """Whether nothing is left of an address once its administrative divisions are taken off: no
    village, street, estate, house or number by which a letter would arrive."""
    rest = re.sub(r"[^\w\u4e00-\u9fff]", "", address)
    rest = rest.removeprefix("中国").removeprefix(_REGION).removeprefix("宁夏")
    ours = True
    while ours:
        ours = False
        for place in _PLACES:
            # 红寺堡镇 and 中宁县城 begin like a place; what is left says whether it is meant.
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
"""What may follow the short name of a place and still says no more than the place."""
