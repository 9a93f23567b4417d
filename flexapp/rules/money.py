"""Money: exact yuan as `Decimal`, whole fen as `int`, and the two ways a figure is written.

Every amount of the service passes through here, so that nothing is ever rounded twice, rounded by
being shown, or held as a binary float.
"""

import re
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from fractions import Fraction

from flexapp.rules.text import normalise

FEN = Decimal("0.01")
_CONTEXT = Context(prec=40, rounding=ROUND_HALF_UP, traps=[InvalidOperation])


def round_to_fen(amount: Decimal) -> Decimal:
    """`amount` in yuan with exactly two places, a half fen away from zero.

    Raises `ValueError` for NaN and infinities: they are never an amount.
    """
    if not amount.is_finite():
        raise ValueError("an amount of money must be a finite number")
    return amount.quantize(FEN, context=_CONTEXT)


def round_fraction_to_fen(amount: Fraction) -> Decimal:
    """Like `round_to_fen` for an exact quotient such as 62060/12, which no `Decimal` can hold."""
    doubled = abs(amount) * 200
    fen = (doubled.numerator // doubled.denominator + 1) // 2
    return from_fen(-fen if amount < 0 else fen)


def to_fen(amount: Decimal) -> int:
    """`amount` in yuan as whole fen. `ValueError` when it is not a whole number of fen."""
    if not amount.is_finite() or amount != round_to_fen(amount):
        raise ValueError("not a whole number of fen")
    return int(amount.scaleb(2, context=_CONTEXT))


def from_fen(fen: int) -> Decimal:
    """Whole fen as yuan with exactly two places."""
    return Decimal(fen).scaleb(-2, context=_CONTEXT).quantize(FEN, context=_CONTEXT)


_YUAN = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(?:\.[0-9]{1,10})?")


def read_yuan(text: str) -> Decimal | None:
    """The amount that was written, with or without separators and the sign of the yuan.

    Any number of decimals, so that the caller can say which are too many; None for anything else,
    a negative amount and separators in odd places included.
    """
    written = normalise(text)
    written = re.sub(r"^(?:¥|CNY|RMB|人民币)\s*|\s*元$", "", written, flags=re.IGNORECASE)
    return Decimal(written.replace(",", "")) if _YUAN.fullmatch(written) else None


def plain(amount: Decimal) -> str:
    """Two places, no separators: "37236.00".

    `ValueError` when `amount` is not a whole number of fen: showing a figure never rounds it.
    """
    return str(from_fen(to_fen(amount)))


def yen(amount: Decimal) -> str:
    """With the sign of the yuan: "¥7447.20"; a negative amount has its sign in front: "-¥1.00"."""
    text = plain(abs(amount))
    return f"-¥{text}" if amount < 0 else f"¥{text}"
