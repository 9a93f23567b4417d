"""Money: exact yuan as `Decimal`, whole fen as `int`, and the two formats for display.

All amounts of the service use these functions, so that no amount is rounded twice, rounded for
display, or stored as a binary float.
"""

import re
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from fractions import Fraction

from flexapp.rules.text import normalise

FEN = Decimal("0.01")
_CONTEXT = Context(prec=40, rounding=ROUND_HALF_UP, traps=[InvalidOperation])


def round_to_fen(amount: Decimal) -> Decimal:
    """`amount` in yuan rounded to two places; a half fen is rounded away from zero.

    Raises `ValueError` for NaN and infinities.
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
    """`amount` in yuan as whole fen. Raises `ValueError` when it is not a whole number of fen."""
    if not amount.is_finite() or amount != round_to_fen(amount):
        raise ValueError("not a whole number of fen")
    return int(amount.scaleb(2, context=_CONTEXT))


def from_fen(fen: int) -> Decimal:
    """Whole fen as yuan with exactly two places."""
    return Decimal(fen).scaleb(-2, context=_CONTEXT).quantize(FEN, context=_CONTEXT)


_YUAN = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(?:\.[0-9]{1,10})?")


def read_yuan(text: str) -> Decimal | None:
    """Parse an amount in yuan, with or without thousands separators and currency sign.

    Up to 15 digits and 10 decimals are accepted, so that the caller can refuse excess decimals with
    its own sentence. Returns `None` for anything else, including negative amounts and misplaced
    separators.
    """
    written = normalise(text)
    written = re.sub(r"^(?:¥|CNY|RMB|人民币)\s*|\s*元$", "", written, flags=re.IGNORECASE)
    return Decimal(written.replace(",", "")) if _YUAN.fullmatch(written) else None


def plain(amount: Decimal) -> str:
    """Format with two places and no separators: "37236.00".

    Raises `ValueError` when `amount` is not a whole number of fen: formatting never rounds.
    """
    return str(from_fen(to_fen(amount)))


def yen(amount: Decimal) -> str:
    """Format with the yuan sign: "¥7447.20"; negative amounts as "-¥1.00"."""
    text = plain(abs(amount))
    return f"-¥{text}" if amount < 0 else f"¥{text}"
