"""Names that are tried for a known ID number: counted, so that nobody finds one out by trying.

A few different names for one number are honest slips; who goes on is guessing. The same name again
teaches nothing and is not counted. What others have tried keeps nobody from a first try: a stranger
can neither learn whose number it is nor lock its owner out (web/rate_limit.py, `Tries`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flexapp.encryption import vault
from flexapp.rules.identity import IdentityNumber, name_key
from flexapp.rules.limits import NAMES_BY, NAMES_FOR, SAME_NAME
from flexapp.web import rate_limit
from flexapp.web.rate_limit import Tries


@dataclass(frozen=True, slots=True)
class NameTry:
    """A name about to be judged; `tries` is None where the same was tried before."""

    pair: str
    tries: Tries | None

    def was_right(self) -> None:
        """The name is that person's. In the caller's transaction."""
        if self.tries is not None:
            self.tries.was_right()

    def was_not_judged(self) -> None:
        """Nobody could say. In the caller's transaction."""
        if self.tries is not None:
            self.tries.was_right()
            rate_limit.take_back(SAME_NAME, self.pair)


def try_name(
    *, asker: str, kind: str, identity: IdentityNumber, name: str, alone: bool = False
) -> NameTry | timedelta:
    """Count a name for an ID number before it is judged; or how long until one may be tried.

    `asker`: an account or channel. `kind`: what it is for, each with counts of its own. `alone`:
    what others have tried does not concern this asker.
    """
    number = vault().index(identity.value, f"naming.{kind}")
    pair = f"{asker}\0{number}\0{name_key(name)}"
    if rate_limit.number(SAME_NAME, pair):
        return NameTry(pair, None)
    shared = None if alone else (NAMES_FOR, number)
    tries = Tries((NAMES_BY, f"{asker}\0{number}"), shared)
    wait = tries.begin()
    if wait is not None:
        return wait
    rate_limit.hit(SAME_NAME, pair)
    return NameTry(pair, tries)
