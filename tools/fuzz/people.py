"""Four people nobody could mistake, and the words that could only be about one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from flexapp.people.service import mask_phone
from flexapp.rules.identity import IdentityNumber, mask_name
from tests.support.walks import Resident, identity

DIVISION = "640104"
"""Of all four: a clerk's area keeps none of them from any clerk."""


@dataclass(frozen=True)
class Watched:
    """A person, and what else is stored of them alone."""

    key: str
    resident: Resident
    address: str
    draft: str
    wage: str
    amounts: tuple[str, ...] = field(default=())
    """How the pages write what they pay; nobody else pays as much."""

    @cached_property
    def whole(self) -> tuple[str, ...]:
        """Theirs, and whoever acts for them is not shown it either."""
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
        """What whoever acts for them is shown."""
        number = IdentityNumber(self.resident.identity)
        return (mask_name(self.resident.name), number.masked)

    @cached_property
    def identifiers(self) -> tuple[str, ...]:
        """Who knows one of these may be let in with it: the demo sends the code to its page."""
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
"""Of whom each role may see everything: themselves, or whose case the clerk has opened."""

MASKED: Mapping[str, frozenset[str]] = {
    "a": frozenset("o"),
    "jb01": frozenset("abov"),
    "jb02": frozenset("abov"),
    "sj01": frozenset("abov"),
}
"""Of whom each role may see the masked name and number: whom they act for, or whose events they
look through."""


class Secrets:
    """What the roles have come to know in one course of requests, and what they must not be shown.

    Whoever has typed a person's number may act for them or be let in as them; what anybody typed
    may stand wherever it was typed to. Nobody ever types anything of V.
    """

    def __init__(self) -> None:
        self._known: dict[str, set[str]] = {}
        self._typed: set[str] = set()

    def typed(self, role: str, sent: str, *, everybody: bool = False) -> None:
        """Somebody sent this (decoded); `everybody`: others may come in with it too."""
        for person in EVERYBODY:
            self._typed.update(each for each in person.whole if each in sent)
            if any(each in sent for each in person.identifiers):
                for who in ("*", role) if everybody else (role,):
                    self._known.setdefault(who, set()).add(person.key)

    def told(self, role: str, answer: str) -> list[str]:
        """Which person an answer to this role tells of that it must not, and by what."""
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
"""Anything of any of them: a quick look first."""
