"""Parsing the contribution base (缴费基数), the single number field of an assessment.

60 to 300 is a percentage of last year's average wage. More than 300 is a monthly wage in yuan.
Less than 60 is invalid (2019 notice). Ambiguous input is refused with a sentence that says what to
enter.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from flexapp.rules.refusal import Refusal
from flexapp.rules.text import normalise

LOWEST_PERCENT = Decimal(60)
HIGHEST_PERCENT = Decimal(300)
HIGHEST_WAGE = Decimal(10_000_000)

_MAX_TYPED = 40

_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]*)?")
_SEPARATED = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]*)?")
# Digits with separators in any position, correct or not.
_WITH_SEPARATORS = re.compile(r"[0-9]+(?:,[0-9]*)+(?:\.[0-9]*)?")


class Meaning(StrEnum):
    """How the number is interpreted.

    PERCENT: of last year's average wage. WAGE: a monthly wage in yuan.
    """

    PERCENT = "percent"
    WAGE = "wage"


@dataclass(frozen=True, slots=True)
class EnteredBase:
    """The input (`text`, trimmed), its number and how that number is interpreted."""

    text: str
    value: Decimal
    meaning: Meaning


def parse_base(text: str, *, field: str | None = "base") -> EnteredBase | Refusal:
    """Parse a contribution base.

    Accepts full-width characters, well-formed thousands separators (comma or space), a % after a
    percentage, and 元 after or ¥ before a wage. Refusals: base_empty, base_sign, base_separators,
    base_not_number, base_decimals, base_too_low, base_percent_too_high, base_wage_too_low,
    base_too_high.
    """
    typed = text.strip()
    number = normalise(typed)
    if not number:
        return Refusal(
            "base_empty", "请输入缴费基数：60 至 300 的百分比，或大于 300 的月工资。", field
        )
    if len(typed) > _MAX_TYPED:
        return _not_a_number(field)
    number = number.replace("。", ".")
    has_percent = number.endswith("%")
    has_yuan = "元" in number or "¥" in number
    if has_percent and has_yuan:
        return _not_a_number(field)
    number = number.removeprefix("¥").removesuffix("%").removesuffix("元").strip()
    digits = _digits(number, field)
    if isinstance(digits, Refusal):
        return digits
    if len(digits.partition(".")[2]) > 2:
        return Refusal("base_decimals", "缴费基数最多保留两位小数，请重新输入。", field)
    value = Decimal(digits.removesuffix("."))
    refusal = _refuse_range(value, field, has_percent=has_percent, has_yuan=has_yuan)
    if refusal is not None:
        return refusal
    meaning = Meaning.PERCENT if value <= HIGHEST_PERCENT else Meaning.WAGE
    return EnteredBase(typed, value, meaning)


def _digits(number: str, field: str | None) -> str | Refusal:
    """`number` as ASCII digits with at most one decimal point."""
    number = re.sub(r"\s+", ",", number)
    if re.fullmatch(r"[+-][0-9].*", number):
        return Refusal("base_sign", "缴费基数前面不要加正负号，请只输入数字，例如 60。", field)
    if _PLAIN.fullmatch(number):
        return number
    if _SEPARATED.fullmatch(number):
        return number.replace(",", "")
    if _WITH_SEPARATORS.fullmatch(number):
        return Refusal(
            "base_separators", "数字中的逗号或空格位置不对，请直接输入数字，例如 5000。", field
        )
    return _not_a_number(field)


def _not_a_number(field: str | None) -> Refusal:
    return Refusal(
        "base_not_number", "缴费基数要用数字填写，例如 60（即 60%）或 6000（月工资）。", field
    )


def _refuse_range(
    value: Decimal, field: str | None, *, has_percent: bool, has_yuan: bool
) -> Refusal | None:
    if has_percent and value > HIGHEST_PERCENT:
        return Refusal(
            "base_percent_too_high",
            "百分比最高是 300%；如果想按月工资填，请去掉 %，只输入金额。",
            field,
        )
    if has_yuan and value <= HIGHEST_PERCENT:
        return Refusal(
            "base_wage_too_low",
            "300 及以下的数按百分比处理，不能带“元”；想按百分比请只填 60 至 300 的数字，"
            "按月工资请填大于 300 的金额。",
            field,
        )
    if value < LOWEST_PERCENT:
        return Refusal(
            "base_too_low",
            "缴费基数最低填 60（即 60%），请填 60 至 300，或大于 300 的月工资。",
            field,
        )
    if value > HIGHEST_WAGE:
        return Refusal("base_too_high", "月工资不能超过 10000000 元，请检查是否多输了数字。", field)
    return None
