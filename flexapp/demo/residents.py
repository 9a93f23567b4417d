"""The demo's fictional residents.

Their ID numbers belong to nobody; production never loads them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FictionalResident:
    """A resident to sign in as in the demo; the README says what each one shows.

    `insured_since` (YYYY-MM) and `division` are set for residents who are already registered.
    """

    name: str
    identity: str
    phone: str | None
    insured_since: str | None = None
    division: str | None = None
    ethnic_group: str = "03"
    address: str = ""


_RESIDENTS = (
    FictionalResident(
        "马兰",
        "640104198503120021",
        "19900000001",
        "2008-01",
        "640104",
        address="银川市兴庆区演示路1号",
    ),
    FictionalResident("杨志强", "640321199007250031", "19900000002"),
    FictionalResident(
        "王建国",
        "640203196601150011",
        "19900000003",
        "1995-01",
        "640202",
        "01",
        address="石嘴山市大武口区演示路3号",
    ),
    FictionalResident(
        "张秀英",
        "642124196409200042",
        "19900000004",
        "2001-01",
        "640502",
        "01",
        address="中卫市沙坡头区演示路4号",
    ),
    FictionalResident(
        "丁海燕",
        "64032419920229002X",
        None,
        "2016-01",
        "640324",
        address="吴忠市同心县演示路5号",
    ),
)

FICTIONAL_RESIDENTS = {resident.identity: resident for resident in _RESIDENTS}
"""By ID number."""
