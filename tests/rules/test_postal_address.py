"""A postal address that names only where an administrative division is reaches nobody."""

import pytest

from flexapp.rules.postal_address import is_only_a_division


@pytest.mark.parametrize(
    "address",
    [
        "红寺堡镇",
        "红寺堡区红寺堡镇",
        "宁夏回族自治区吴忠市红寺堡区大河乡",
        "宁夏吴忠红寺堡",
        "银川市兴庆区",
        "银川 兴庆",
        "银川市，兴庆区，大新镇",
        "西夏区镇北堡镇",
        "宁夏",
        "宁夏回族自治区",
        "中国宁夏银川市",
        "沙坡头区迎水桥镇",
        "利通区古城镇。",
        "金凤区长城中路街道办事处",
        "金凤区满城北街街道",
        "同心县城",
        "陕西省西安市雁塔区",
        "甘肃省庆阳市环县",
        "北京市朝阳区",
        "内蒙古自治区阿拉善盟阿拉善左旗",
        "灵武市",
    ],
)
def test_an_address_that_ends_with_a_division_is_one(address: str) -> None:
    assert is_only_a_division(address)


@pytest.mark.parametrize(
    "address",
    [
        "红寺堡镇朝阳村",
        "红寺堡镇3组12号",
        "夹道村",
        "银川市兴庆区演示路1号",
        "中卫市沙坡头区迎水桥镇一号院",
        "和平小区",
        "银川市和平小区3号楼",
        "西夏区同心路南街",
        "同心村",
        "城市花园3号",
        "灵武农场四队",
        "解放街道3号",
        "陕西省西安市雁塔区小寨路1号",
        "金凤区正源街1号",
        "银川市金凤区阅海万家C区2号楼",
        "宁夏军区干休所",
        "中宁县宁安镇新堡村三队",
        "路" * 99,
    ],
)
def test_an_address_that_says_where_in_it_is_none(address: str) -> None:
    assert not is_only_a_division(address)
