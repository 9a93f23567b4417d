"""Which passwords are too easily guessed to be chosen.

Judged by zxcvbn, which knows the 30,000 most frequent ones, words, names, runs of the keyboard and
repetitions; what has to do with this service or with the clerk counts as known too. Nothing is
asked of what a password is made of: a few unconnected words do.
"""

from __future__ import annotations

from flexapp.rules.refusal import Refusal

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
