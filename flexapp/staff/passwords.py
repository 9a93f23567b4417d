"""Which passwords are too easily guessed to be chosen, and how many are checked at once.

Judged by zxcvbn, which knows the 30,000 most frequent ones, words, names, runs of the keyboard and
repetitions; what has to do with this service or with the clerk counts as known too. Nothing is
asked of what a password is made of: a few unconnected words do.

Checking one takes a tenth of a second of all processors on purpose (Argon2), and anybody may send
one. So a process checks one at a time, a few more may wait for that, and no single asker takes all
of these places; whoever comes beyond that is asked to try again. No transaction is open meanwhile.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.exceptions import ServiceUnavailable

from flexapp.rules.refusal import Refusal

PLACES = 4
"""Threads of a process that may be checking a password or waiting for that; app.py has more."""

PLACES_EACH = 2
"""Of these for one asker: an address may be that of all counters, and that of a flood."""

AGAIN_AFTER = 2
"""Seconds until whoever was turned away may find a place."""

_places, _here = threading.Lock(), Counter[str]()
_turn = threading.Lock()


PLACES_UNKNOWN = PLACES - 1
"""Of these for everybody who has not signed in there before: a flood has many addresses, and the
clerk at the usual computer is to find a place all the same."""


@contextmanager
def place(asker: str, *, known: bool = False) -> Iterator[None]:
    """Have a place among those who wait to check a password; 503 where there is none.

    `known`: whether somebody with a session, or with a computer that signed in before.
    """
    with _places:
        room = PLACES if known else PLACES_UNKNOWN
        if _here.total() >= room or _here[asker] >= PLACES_EACH:
            raise ServiceUnavailable(retry_after=AGAIN_AFTER)
        _here[asker] += 1
    try:
        yield
    finally:
        with _places:
            _here[asker] -= 1
            if not _here[asker]:
                del _here[asker]


def turn() -> threading.Lock:
    """To be held while a password is checked or hashed: one at a time in a process."""
    return _turn


OURS = (
    "ningxia",
    "yinchuan",
    "shebao",
    "yanglao",
    "jingban",
    "chuangkou",
    "linghuojiuye",
    "rensheju",
    "flexapp",
    "counter",
    "password",
    "mima",
    "12333",
)
"""Words of this service, in the letters that a password is typed with."""

ENOUGH = 3
"""zxcvbn's scores go from 0 to 4; three is 10 to the 8th guesses or more."""

JUDGED = 72
"""Characters that are looked at; longer ones are not easier to guess."""

GUESSABLE = Refusal(
    "password_guessable",
    "这个密码太容易被猜到。请换一个，比如几个不相干的词连起来，不要用单位、地名或自己的用户名。",
    "password",
)


def refuse_guessable(password: str, *about: str) -> Refusal | None:
    """Why this password cannot be chosen by somebody of whom these words are known."""
    # Its lists take longer to load than the rest of the start, and passwords are seldom chosen.
    from zxcvbn import zxcvbn

    judged = zxcvbn(password[:JUDGED], user_inputs=[*OURS, *about])
    return GUESSABLE if judged["score"] < ENOUGH else None
