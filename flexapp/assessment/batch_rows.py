"""One row of a file of old batch assessments: what it says, or every reason why it is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flexapp.people.service import read_identity_number
from flexapp.rules import divisions
from flexapp.rules.identity import IdentityNumber, parse_name
from flexapp.rules.money import plain, round_to_fen
from flexapp.rules.parameters import ParameterBook, Rate
from flexapp.rules.periods import Month, Period
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal
from flexapp.rules.text import is_printable, normalise

HEADER = (
    "批量核定编号",
    "姓名",
    "身份证号",
    "参保地区代码",
    "缴费开始年月",
    "缴费结束年月",
    "月缴费基数",
    "缴费总额",
    "核定日期",
    "是否缴费",
)

NUMBER = re.compile(r"[A-Za-z0-9-]{4,40}", re.ASCII)
MONEY = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?", re.ASCII)
LONGEST = 200
"""Characters of a field; no honest one is longer."""


@dataclass(frozen=True, slots=True, repr=False)
class OldAssessment:
    """A row that may come in, as far as the row itself can tell."""

    number: str
    name: str
    identity: IdentityNumber
    division: str
    period: Period
    monthly_base: Decimal
    monthly_amount: Decimal
    total: Decimal
    made_on: date
    paid: bool


def read(
    fields: Sequence[str], *, book: ParameterBook, today: date
) -> OldAssessment | tuple[str, ...]:
    """The row, or every reason against it in words that repeat nothing personal."""
    if len(fields) != len(HEADER):
        return (f"应有 {len(HEADER)} 列，实有 {len(fields)} 列",)
    if any(len(field) > LONGEST for field in fields):
        return (f"有一列超过 {LONGEST} 个字",)
    if any("\ufffd" in field or not is_printable(field.strip()) for field in fields):
        return ("有乱码或换行等不能显示的字符",)
    number, name_text, identity_text, division, start, end, base, total, made_on, paid = (
        normalise(field) for field in fields
    )
    reasons: list[str] = []
    if NUMBER.fullmatch(number) is None:
        reasons.append("批量核定编号应为 4 至 40 位字母、数字或短横线")
    name = parse_name(name_text)
    if isinstance(name, Refusal):
        reasons.append(f"姓名：{name.sentence}")
    identity = read_identity_number(identity_text, today=today, field="identity")
    if isinstance(identity, Refusal):
        reasons.append("身份证号不对（位数、出生日期或校验码）")
    if not divisions.is_choosable(division):
        reasons.append("没有这个参保地区代码，应为区、县或宁东的 6 位代码")
    period = _period(start, end, today, reasons)
    money = _money(base, "月缴费基数", reasons), _money(total, "缴费总额", reasons)
    day = _day(made_on, today, reasons)
    if paid not in ("是", "否"):
        reasons.append("是否缴费只能填“是”或“否”")
    amount = None
    if period is not None and money[0] is not None and money[1] is not None:
        rate = book.rate_of_period(RateKind.FLEXIBLE, period)
        amount = _amount(rate, period, money[0], money[1], reasons)
    if reasons or isinstance(name, Refusal) or isinstance(identity, Refusal):
        return tuple(reasons)
    assert period is not None
    assert money[0] is not None
    assert money[1] is not None
    assert day is not None
    assert amount is not None
    return OldAssessment(
        number=number,
        name=name,
        identity=identity,
        division=division,
        period=period,
        monthly_base=money[0],
        monthly_amount=amount,
        total=money[1],
        made_on=day,
        paid=paid == "是",
    )


def _month(text: str, what: str, reasons: list[str]) -> Month | None:
    try:
        return Month.parse(text)
    except ValueError:
        reasons.append(f"{what}应写成 2018-01 的样子")
        return None


def _period(start: str, end: str, today: date, reasons: list[str]) -> Period | None:
    first = _month(start, "缴费开始年月", reasons)
    last = _month(end, "缴费结束年月", reasons)
    if first is None or last is None:
        return None
    if str(last) < str(first):
        reasons.append("缴费结束年月早于开始年月")
    elif first.year != last.year:
        reasons.append("跨了年度，每笔核定只能在一个年度内")
    elif str(last) > str(Month.of(today)):
        reasons.append("缴费结束年月还没有到，不是旧的批量核定")
    else:
        return Period(first, last)
    return None


def _money(text: str, what: str, reasons: list[str]) -> Decimal | None:
    if MONEY.fullmatch(text) is None or Decimal(text) == 0:
        reasons.append(f"{what}应为大于 0、最多两位小数的数字")
        return None
    return Decimal(text)


def _day(text: str, today: date, reasons: list[str]) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        reasons.append("核定日期应写成 2018-03-01 的样子")
        return None
    if day > today:
        reasons.append("核定日期在将来")
        return None
    return day


def _amount(
    rate: Rate | Refusal, period: Period, base: Decimal, total: Decimal, reasons: list[str]
) -> Decimal | None:
    """The monthly amount; the total of the file must be what the base gives at the year's rate."""
    if isinstance(rate, Refusal):
        reasons.append(f"费率：{rate.sentence}")
        return None
    amount = round_to_fen(base * rate.total)
    if amount * period.count != total:
        reasons.append(f"缴费总额与基数对不上，按费率应为 {plain(amount * period.count)}")
        return None
    return amount
