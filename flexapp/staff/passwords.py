"""Password strength, and a limit on concurrent password checks.

zxcvbn rates a new password. It knows the 30,000 most frequent passwords, words, names, keyboard
sequences and repetitions; words of this service and of the clerk are added. There are no rules
about character classes: a few unrelated words are accepted.

Argon2 deliberately uses all processors for about 0.1 seconds per check, and anybody may send a
password. So each process checks one password at a time. A few more requests may wait, with a limit
per client; further ones get 503 with Retry-After. No transaction is open during a check.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.exceptions import ServiceUnavailable

from flexapp.rules.refusal import Refusal

PLACES = 4
"""Threads of a process that may check a password or wait to; app.py starts more threads."""

PLACES_EACH = 2
"""Slots for one client. An address may be shared by all counters, or be the source of a flood."""

AGAIN_AFTER = 2
"""Seconds in the Retry-After header of a rejected request."""

_places, _here = threading.Lock(), Counter[str]()
_turn = threading.Lock()


PLACES_UNKNOWN = PLACES - 1
"""Slots for all unknown browsers together.

A flood may use many addresses. One slot stays free for browsers that have signed in before.
"""


@contextmanager
def password_check_slot(asker: str, *, known: bool = False) -> Iterator[None]:
    """Hold one of the slots for password checks; `ServiceUnavailable` (503) if none is free.

    `asker` names the client. `known` is true for a client with a session, or with a browser that
    has signed in before.
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


def hashing_lock() -> threading.Lock:
    """Return the lock to hold during a check or a hash: one at a time in a process."""
    return _turn


OWN_WORDS = (
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
"""Words related to this service that must not make up a password (pinyin and English)."""

MIN_SCORE = 3
"""Minimum zxcvbn score, from 0 to 4; 3 means at least 10^8 guesses."""

MAX_SCORED = 72
"""Characters that zxcvbn reads; further ones do not make a password easier to guess."""

GUESSABLE = Refusal(
    "password_guessable",
    "这个密码太容易被猜到。请换一个，比如几个不相干的词连起来，不要用单位、地名或自己的用户名。",
    "password",
)


def refuse_guessable(password: str, *about: str) -> Refusal | None:
    """Return a refusal if the password is easy to guess, else None.

    `about`: words known of the user, such as the user name.
    """
    # Imported here because its word lists slow down the start, and passwords are rarely chosen.
    from zxcvbn import zxcvbn

    judged = zxcvbn(password[:MAX_SCORED], user_inputs=[*OWN_WORDS, *about])
    return GUESSABLE if judged["score"] < MIN_SCORE else None
