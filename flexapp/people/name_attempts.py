"""Rate limit of names tried for an ID number, so that nobody finds the name by guessing.

A few different names for one number are typing errors; more are guesses. Repeating a name reveals
nothing and is not counted. Attempts of others never block a first attempt. So a stranger can
neither find the name nor lock out its owner (web/rate_limit.py, `Tries`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flexapp.encryption import vault
from flexapp.rules.identity import IdentityNumber, name_key
from flexapp.rules.limits import NAMES_BY, NAMES_FOR, SAME_NAME
from flexapp.web import rate_limit
from flexapp.web.rate_limit import AttemptLimit


@dataclass(frozen=True, slots=True)
class NameTry:
    """A counted attempt with a name; `tries` is None if the same name was tried before."""

    pair: str
    tries: AttemptLimit | None

    def was_right(self) -> None:
        """Take back the count because the name is correct. Runs in the caller's transaction."""
        if self.tries is not None:
            self.tries.was_right()

    def was_not_judged(self) -> None:
        """Take back the attempt because it was not checked. Runs in the caller's transaction."""
        if self.tries is not None:
            self.tries.was_right()
            rate_limit.take_back(SAME_NAME, self.pair)


def try_name(
    *, asker: str, kind: str, identity: IdentityNumber, name: str, alone: bool = False
) -> NameTry | timedelta:
    """Count a name for an ID number before it is checked, or return the time to wait.

    `asker` is an account or a channel. `kind` is the purpose; each has its own counters. With
    `alone`, attempts of others do not count.
    """
    number = vault().index(identity.value, f"naming.{kind}")
    pair = f"{asker}\0{number}\0{name_key(name)}"
    if rate_limit.number(SAME_NAME, pair):
        return NameTry(pair, None)
    shared = None if alone else (NAMES_FOR, number)
    tries = AttemptLimit((NAMES_BY, f"{asker}\0{number}"), shared)
    wait = tries.begin()
    if wait is not None:
        return wait
    rate_limit.hit(SAME_NAME, pair)
    return NameTry(pair, tries)
