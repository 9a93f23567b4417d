"""Derives each generated person from the seed and the person's number.

The ID numbers have a valid check digit (GB 11643), so the product accepts them. They begin with a
county code that was never issued (640199 and similar), so they belong to nobody. Names contain 演示
and addresses contain 虚构.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from stdnum.cn.ric import calc_check_digit

from flexapp.rules import divisions
from flexapp.rules.divisions import Division
from flexapp.rules.ethnic_groups import ETHNIC_GROUPS, EthnicGroup
from flexapp.rules.identity import IdentityNumber
from flexapp.rules.periods import Month
from flexapp.rules.retirement import default_original_age, last_assessable_month

SEEDS = 64
"""Valid seeds are 0 to 63; two seeds never produce the same person."""

UNUSED_PREFIXES = ("640199", "640299", "640399", "640499", "640599")
FIRST_BORN, LAST_BORN = date(1964, 1, 1), date(2002, 12, 31)
"""Birth dates from nearly retired in 2019 to 16 years old in 2019."""
DAYS = (LAST_BORN - FIRST_BORN).days + 1
SLOTS = len(UNUSED_PREFIXES) * DAYS * 1000
SPREAD = 32_452_843
"""A prime multiplier: consecutive numbers get different birth dates and counties."""
MAX_PEOPLE = SLOTS // SEEDS
"""Maximum number of people per seed."""

FIRST_PHONE = 19_910_000_000
"""The first phone number; above those of the demo residents. The last is below 20,000,000,000."""

WITH_ACCOUNT = 0.7
STEMS, BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
DIVISIONS = tuple(place for _, places in divisions.choices() for place in places)
ETHNIC_SHARES = {"01": 0.62, "03": 0.36}
"""Shares of 汉族 and 回族 as in Ningxia; the remainder is spread over all groups."""


@dataclass(frozen=True, slots=True, repr=False)
class GeneratedPerson:
    """A generated person.

    `joins`: index (from 0) of the year in which they first use the service.
    """

    name: str
    identity: IdentityNumber
    phone: str | None
    division: Division
    group: EthnicGroup
    address: str
    joins: int
    insured_since: Month | None
    """The month they were first insured; None if they start work in the year they join."""
    last_month: Month


def generate_person(seed: int, number: int, years: tuple[int, ...]) -> GeneratedPerson:
    """Return the person with this number (from 0) of a seed (0 to 63)."""
    rng = Random(f"{seed}:{number}")  # noqa: S311
    slot = (number * SEEDS + seed) * SPREAD % SLOTS
    rest, order = divmod(slot, 1000)
    county, day = divmod(rest, DAYS)
    body = f"{UNUSED_PREFIXES[county]}{FIRST_BORN + timedelta(days=day):%Y%m%d}{order:03d}"
    identity = IdentityNumber(body + calc_check_digit(body + "0"))
    birth = Month.of(identity.birth_date)
    last = last_assessable_month(
        birth=birth, original=default_original_age(identity.sex), approved=None
    )
    joins = rng.choices(range(len(years)), (6, *(2 for _ in years[1:])))[0]
    if last < Month(years[joins], 1):
        joins = 0
    division = rng.choice(DIVISIONS)
    earliest = max(birth.year + 18, 1992)
    insured = rng.random() < 0.5 and earliest < years[joins]
    return GeneratedPerson(
        name=f"演示{rng.choice(STEMS)}{rng.choice(BRANCHES)}",
        identity=identity,
        phone=str(FIRST_PHONE + slot) if rng.random() < WITH_ACCOUNT else None,
        division=division,
        group=_group(rng),
        address=f"{division.name}虚构镇演示路 {number + 1} 号",
        joins=joins,
        insured_since=(
            Month(rng.randrange(earliest, years[joins]), rng.randint(1, 12)) if insured else None
        ),
        last_month=last,
    )


def _group(rng: Random) -> EthnicGroup:
    found = rng.random()
    for group in ETHNIC_GROUPS:
        found -= ETHNIC_SHARES.get(group.code, 0)
        if found < 0 and group.code in ETHNIC_SHARES:
            return group
    return rng.choice(ETHNIC_GROUPS)
