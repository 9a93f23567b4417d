"""Divisions (GB/T 2260), their virtual units (2019 notice) and ethnic groups (GB/T 3304)."""

import pytest

from flexapp.rules.divisions import (
    ALL_DIVISIONS,
    CITIES,
    COUNTIES,
    NINGDONG_CODE,
    choices,
    find,
    is_choosable,
    virtual_unit_name,
)
from flexapp.rules.ethnic_groups import CHOICES, ETHNIC_GROUPS
from flexapp.rules.ethnic_groups import find as find_group
from flexapp.rules.rates import RateKind

#: The published list, written out.
PUBLISHED = """
640100 银川市: 640104 兴庆区 640105 西夏区 640106 金凤区 640121 永宁县 640122 贺兰县 640181 灵武市
640200 石嘴山市: 640202 大武口区 640205 惠农区 640221 平罗县
640300 吴忠市: 640302 利通区 640303 红寺堡区 640323 盐池县 640324 同心县 640381 青铜峡市
640400 固原市: 640402 原州区 640422 西吉县 640423 隆德县 640424 泾源县 640425 彭阳县
640500 中卫市: 640502 沙坡头区 640521 中宁县 640522 海原县
"""

#: GB/T 3304-1991, written out.
STANDARD_GROUPS = """
01 汉族 02 蒙古族 03 回族 04 藏族 05 维吾尔族 06 苗族 07 彝族 08 壮族 09 布依族 10 朝鲜族
11 满族 12 侗族 13 瑶族 14 白族 15 土家族 16 哈尼族 17 哈萨克族 18 傣族 19 黎族 20 傈僳族
21 佤族 22 畲族 23 高山族 24 拉祜族 25 水族 26 东乡族 27 纳西族 28 景颇族 29 柯尔克孜族 30 土族
31 达斡尔族 32 仫佬族 33 羌族 34 布朗族 35 撒拉族 36 毛南族 37 仡佬族 38 锡伯族 39 阿昌族 40 普米族
41 塔吉克族 42 怒族 43 乌孜别克族 44 俄罗斯族 45 鄂温克族 46 德昂族 47 保安族 48 裕固族 49 京族
50 塔塔尔族 51 独龙族 52 鄂伦春族 53 赫哲族 54 门巴族 55 珞巴族 56 基诺族
"""


def test_the_five_cities_and_22_counties_are_those_published() -> None:
    lines = []
    for city in CITIES:
        inside = [c for c in COUNTIES if c.city_code == city.code]
        listed = " ".join(f"{county.code} {county.name}" for county in inside)
        lines.append(f"{city.code} {city.name}: {listed}")
    assert lines == PUBLISHED.strip().splitlines()
    assert (len(CITIES), len(COUNTIES)) == (5, 22)


def test_residents_choose_counties_by_city_and_ningdong_but_no_city() -> None:
    groups = choices()
    labels = [label for label, _ in groups]
    assert labels == ["银川市", "石嘴山市", "吴忠市", "固原市", "中卫市", "宁东能源化工基地"]
    offered = [division for _, divisions in groups for division in divisions]
    assert [division.code for division in offered] == sorted(d.code for d in offered)
    assert len(offered) == 23
    assert {d.code for d in offered} == {d.code for d in ALL_DIVISIONS if is_choosable(d.code)}


@pytest.mark.parametrize("code", ["640100", "640500", "640103", "110105", "", "64010４", "640000"])
def test_cities_and_unknown_codes_cannot_be_chosen(code: str) -> None:
    assert not is_choosable(code)


def test_ningdong_is_found_under_our_own_code() -> None:
    ningdong = find(NINGDONG_CODE)
    assert ningdong is not None
    assert (ningdong.code, ningdong.name) == ("649901", "宁东能源化工基地")


def test_every_division_is_found_by_its_code_and_none_twice() -> None:
    assert len(ALL_DIVISIONS) == 28
    assert [find(division.code) for division in ALL_DIVISIONS] == list(ALL_DIVISIONS)
    assert find("640103") is None


def test_virtual_units_carry_the_two_fixed_names() -> None:
    assert virtual_unit_name("640100", RateKind.FLEXIBLE) == "银川市灵活就业人员虚拟单位"
    assert virtual_unit_name("640121", RateKind.UNIT) == "永宁县以单位费率缴费虚拟单位"
    names = {virtual_unit_name(d.code, kind) for d in ALL_DIVISIONS for kind in RateKind}
    assert len(names) == 2 * len(ALL_DIVISIONS)


def test_no_virtual_unit_exists_for_an_unknown_division() -> None:
    with pytest.raises(ValueError, match="known divisions"):
        virtual_unit_name("640103", RateKind.FLEXIBLE)


def test_the_56_ethnic_groups_have_the_codes_of_the_standard() -> None:
    listed = " ".join(f"{group.code} {group.name}" for group in ETHNIC_GROUPS)
    assert listed == " ".join(STANDARD_GROUPS.split())
    assert [find_group(group.code) for group in ETHNIC_GROUPS] == list(ETHNIC_GROUPS)
    assert len(ETHNIC_GROUPS) == len({group.name for group in ETHNIC_GROUPS}) == 56


def test_two_more_choices_are_for_those_who_belong_to_none_of_them() -> None:
    assert [(each.code, each.name) for each in CHOICES[56:]] == [
        ("97", "其他"),
        ("98", "外国血统中国籍人士"),
    ]
    assert [find_group(each.code) for each in CHOICES] == list(CHOICES)


@pytest.mark.parametrize("code", ["", "00", "57", "1", "3", "96", "99", "回族"])
def test_an_unknown_ethnic_code_is_not_found(code: str) -> None:
    assert find_group(code) is None
