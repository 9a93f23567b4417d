"""The places of insurance (参保地区): 5 cities, 22 counties and districts, and 宁东.

Source of codes and names: GB/T 2260 as in force for 宁夏回族自治区 (640000).
宁东能源化工基地 is a development zone with its own social insurance agency but no GB/T 2260 code.
649901 is an internal code of this service for it. The standard assigns no code under 6499. Messages
to other systems must not present 649901 as a standard code.
"""

from dataclasses import dataclass
from enum import StrEnum

from flexapp.rules.rates import RateKind


class DivisionKind(StrEnum):
    """CITY: 地级市. COUNTY: 市辖区, 县 or 县级市. BASE: 宁东能源化工基地."""

    CITY = "city"
    COUNTY = "county"
    BASE = "base"


@dataclass(frozen=True, slots=True)
class Division:
    """A place of insurance.

    `code` has six digits. `city_code` is the group it is listed under: its own code for a city and
    for 宁东.
    """

    code: str
    name: str
    city_code: str
    kind: DivisionKind


NINGDONG_CODE = "649901"

_TABLE: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "640100",
        "银川市",
        (
            ("640104", "兴庆区"),
            ("640105", "西夏区"),
            ("640106", "金凤区"),
            ("640121", "永宁县"),
            ("640122", "贺兰县"),
            ("640181", "灵武市"),
        ),
    ),
    (
        "640200",
        "石嘴山市",
        (("640202", "大武口区"), ("640205", "惠农区"), ("640221", "平罗县")),
    ),
    (
        "640300",
        "吴忠市",
        (
            ("640302", "利通区"),
            ("640303", "红寺堡区"),
            ("640323", "盐池县"),
            ("640324", "同心县"),
            ("640381", "青铜峡市"),
        ),
    ),
    (
        "640400",
        "固原市",
        (
            ("640402", "原州区"),
            ("640422", "西吉县"),
            ("640423", "隆德县"),
            ("640424", "泾源县"),
            ("640425", "彭阳县"),
        ),
    ),
    (
        "640500",
        "中卫市",
        (("640502", "沙坡头区"), ("640521", "中宁县"), ("640522", "海原县")),
    ),
)

#: The five cities in code order.
CITIES: tuple[Division, ...] = tuple(
    Division(code, name, code, DivisionKind.CITY) for code, name, _ in _TABLE
)

#: The 22 counties and districts in code order.
COUNTIES: tuple[Division, ...] = tuple(
    Division(code, name, city_code, DivisionKind.COUNTY)
    for city_code, _, counties in _TABLE
    for code, name in counties
)

NINGDONG = Division(NINGDONG_CODE, "宁东能源化工基地", NINGDONG_CODE, DivisionKind.BASE)

#: All divisions with an agency of their own: cities, counties and 宁东, in code order.
ALL_DIVISIONS: tuple[Division, ...] = tuple(
    sorted((*CITIES, *COUNTIES, NINGDONG), key=lambda division: division.code)
)

_BY_CODE = {division.code: division for division in ALL_DIVISIONS}

_CHOICES: tuple[tuple[str, tuple[Division, ...]], ...] = (
    *(
        (city.name, tuple(county for county in COUNTIES if county.city_code == city.code))
        for city in CITIES
    ),
    (NINGDONG.name, (NINGDONG,)),
)


def find(code: str) -> Division | None:
    """The city, county or 宁东 with this code; `None` when there is none."""
    return _BY_CODE.get(code)


def choices() -> tuple[tuple[str, tuple[Division, ...]], ...]:
    """The divisions a resident may choose, as (group label, divisions) in code order.

    Counties and districts are grouped under their city; 宁东 is a group of its own. A city itself
    cannot be chosen: people are insured in one of its districts or counties.
    """
    return _CHOICES


def is_choosable(code: str) -> bool:
    """Whether a resident may register in `code`: a county, a district or 宁东."""
    division = _BY_CODE.get(code)
    return division is not None and division.kind is not DivisionKind.CITY


def virtual_unit_name(code: str, kind: RateKind) -> str:
    """The fixed name of a division's virtual unit (虚拟单位, 2019 notice).

    Raises `ValueError` for an unknown code: virtual units exist only for these divisions.
    """
    division = _BY_CODE.get(code)
    if division is None:
        raise ValueError("virtual units exist only for known divisions")
    if kind is RateKind.FLEXIBLE:
        return f"{division.name}灵活就业人员虚拟单位"
    return f"{division.name}以单位费率缴费虚拟单位"
