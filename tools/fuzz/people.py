"""Four people with unique data, and the texts that identify each of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from flexapp.people.service import mask_phone
from flexapp.rules.identity import IdentityNumber, mask_name
from tests.support.walks import Resident, identity

DIVISION = "640104"
"""All four are in one division, so no clerk is restricted from any of them by area."""


@dataclass(frozen=True)
class Watched:
    """A person with data that nobody else has."""

    key: str
    resident: Resident
    address: str
    draft: str
    wage: str
    amounts: tuple[str, ...] = field(default=())
    """Their assessed amounts as shown on pages; nobody else has the same."""

    @cached_property
    def whole(self) -> tuple[str, ...]:
        """Texts shown only to the person, not even to a proxy."""
        return (
            self.resident.name,
            self.resident.identity,
            self.resident.phone,
            mask_phone(self.resident.phone),
            self.address,
            self.draft,
            self.wage,
            *self.amounts,
        )

    @cached_property
    def masked(self) -> tuple[str, ...]:
        """Texts that a proxy may see."""
        number = IdentityNumber(self.resident.identity)
        return (mask_name(self.resident.name), number.masked)

    @cached_property
    def identifiers(self) -> tuple[str, ...]:
        """Whoever knows one of these can sign in: the demo shows the code on the page."""
        return (self.resident.identity, self.resident.phone)


def _watched(key: str, name: str, birth: str, phone: str, wage: str) -> Watched:
    yuan, fen = wage.split(".")
    return Watched(
        key,
        Resident(name, identity(f"{DIVISION}{birth}731"), phone),
        f"兴庆区{name[1:]}巷七十一号院",
        f"{name[1:]}新村没有交出去的门牌",
        wage,
        (f"{int(yuan):,}.{fen}",),
    )


A = _watched("a", "夏侯甲乙丙", "19850312", "13900071111", "7111.31")
B = _watched("b", "尉迟丁戊己", "19860413", "13900072222", "7222.32")
O = _watched("o", "澹台庚辛壬", "19870514", "13900073333", "7333.33")  # noqa: E741
V = _watched("v", "濮阳子丑寅", "19880615", "13900074444", "7444.34")
EVERYBODY = (A, B, O, V)

WHOLE: Mapping[str, frozenset[str]] = {
    "a": frozenset("a"),
    "b": frozenset("b"),
    "xz01": frozenset("av"),
    "dt01": frozenset("ao"),
}
"""People whose full data each role may see: themselves, or the clerk's open cases."""

MASKED: Mapping[str, frozenset[str]] = {
    "a": frozenset("o"),
    "jb01": frozenset("abov"),
    "jb02": frozenset("abov"),
    "sj01": frozenset("abov"),
}
"""People whose masked name and ID number each role may see.

That is: whom they act for as a proxy, or whose audit events they may read.
"""


class Secrets:
    """What each role knows in one course, and therefore may be shown.

    A role that typed a person's number may act for them or sign in as them. Typed text may appear
    wherever it was sent. Nobody ever types data of V.
    """

    def __init__(self) -> None:
        self._known: dict[str, set[str]] = {}
        self._typed: set[str] = set()

    def typed(self, role: str, sent: str, *, everybody: bool = False) -> None:
        """Record the decoded text that a role sent; `everybody`: it lets other roles in as well."""
        for person in EVERYBODY:
            self._typed.update(each for each in person.whole if each in sent)
            if any(each in sent for each in person.identifiers):
                for who in ("*", role) if everybody else (role,):
                    self._known.setdefault(who, set()).add(person.key)

    def told(self, role: str, answer: str) -> list[str]:
        """Return "person: text" for each text in the response that this role must not see."""
        known = self._known.get(role, set()) | self._known.get("*", set())
        whole = WHOLE.get(role, frozenset()) | known
        masked = MASKED.get(role, frozenset()) | whole
        found = []
        for person in EVERYBODY:
            words: Iterable[str] = ()
            if person.key not in whole:
                words = person.whole if person.key in masked else person.whole + person.masked
            found += [f"{person.key}: {w}" for w in words if w in answer and w not in self._typed]
        return found


PATTERN = re.compile("|".join(re.escape(w) for p in EVERYBODY for w in p.whole + p.masked))
"""Matches any text of any of the four; a quick check before the exact one."""
