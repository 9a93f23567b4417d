"""Parse one row of a file of legacy batch assessments, or collect every reason to refuse it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flexapp.people.service import read_identity_number
from flexapp.rules import divisions
from flexapp.rules.dates import read_date, read_month
from flexapp.rules.identity import IdentityNumber, parse_name, was_converted
from flexapp.rules.lost_digits import lost_digits_fault
from flexapp.rules.money import plain, read_yuan, round_to_fen
from flexapp.rules.parameters import ParameterBook, Rate
from flexapp.rules.periods import Month, Period
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal
from flexapp.rules.text import normalise
from flexapp.spreadsheets import (
    Cell,
    Column,
    Kind,
)

COLUMNS = (
    Column("批量核定编号", ("编号", "核定编号", "批量编号")),
    Column("姓名", ("参保人姓名", "被核定人姓名", "人员姓名")),
    Column("身份证号", ("身份证号码", "身份证", "公民身份号码", "居民身份证号码", "社会保障号码")),
    Column("参保地区代码", ("参保地区", "参保地区编码", "参保地代码", "地区代码", "行政区划代码")),
    Column(
        "缴费开始年月", ("开始年月", "缴费起始年月", "起始年月", "缴费开始月份", "费款所属期起")
    ),
    Column(
        "缴费结束年月",
        (
            "结束年月",
            "缴费终止年月",
            "终止年月",
            "截止年月",
            "缴费截止年月",
            "缴费结束月份",
            "费款所属期止",
        ),
    ),
    Column(
        "月缴费基数",
        ("月基数", "每月缴费基数"),
        unclear={"缴费基数": "“缴费基数”看不出是每月的还是合计的，是每月的请写成“月缴费基数”。"},
    ),
    Column(
        "缴费总额",
        ("缴费合计", "应缴总额", "总缴费额"),
        unclear={"缴费金额": "“缴费金额”看不出是每月的还是合计的，是合计的请写成“缴费总额”。"},
    ),
    Column("核定日期", ("核定时间", "核定日")),
    Column("是否缴费", ("是否已缴费", "是否已缴", "缴费情况", "是否缴纳")),
)
HEADER = tuple(column.name for column in COLUMNS)

NUMBER = re.compile(r"[A-Za-z0-9-]{4,40}", re.ASCII)
_MONTH_NAME = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_TURNED_INTO_DATE = re.compile(
    f"{_MONTH_NAME}-[0-9]{{2}}|[0-9]{{1,2}}-{_MONTH_NAME}", re.IGNORECASE
)
MAX_CELL = 200
"""Maximum number of characters in a cell."""

CONVERTED_FROM_15 = "身份证号只有 15 位，没有校验位可以核对；请对照证件填 18 位号码"

ANSWERS = dict.fromkeys(("是", "已缴费", "已缴", "true", "yes"), True) | dict.fromkeys(
    ("否", "未缴费", "未缴", "false", "no"), False
)

_BY_NAME = {place.name: place.code for place in divisions.ALL_DIVISIONS}


@dataclass(frozen=True, slots=True, repr=False)
class OldAssessment:
    """A row that passed every check that needs only the row itself."""

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
    cells: Sequence[Cell], *, book: ParameterBook, today: date
) -> OldAssessment | tuple[str, ...]:
    """Parse a row whose cells are in the order of `COLUMNS`.

    Return the row, or every reason against it. The reasons contain no personal data.
    """
    reasons: list[str] = []
    found = [_readable(name, cell, reasons) for name, cell in zip(HEADER, cells, strict=True)]
    number, name, identity, division, start, end, base, total, made_on, paid = found
    read_number = _number(number, reasons)
    read_name = _name(name, reasons)
    read_identity = _identity(identity, today, reasons)
    read_division = _division(division, reasons)
    period = _period(start, end, today, reasons)
    monthly_base = _money(base, "月缴费基数", reasons)
    read_total = _money(total, "缴费总额", reasons)
    day = _day(made_on, today, reasons)
    is_paid = _paid(paid, reasons)
    amount = None
    if period is not None and monthly_base is not None and read_total is not None:
        rate = book.rate_of_period(RateKind.FLEXIBLE, period)
        amount = _amount(rate, period, monthly_base, read_total, reasons)
    if (
        read_number is None
        or read_name is None
        or read_identity is None
        or read_division is None
        or period is None
        or monthly_base is None
        or read_total is None
        or day is None
        or is_paid is None
        or amount is None
    ):
        return tuple(reasons)
    return OldAssessment(
        number=read_number,
        name=read_name,
        identity=read_identity,
        division=read_division,
        period=period,
        monthly_base=monthly_base,
        monthly_amount=amount,
        total=read_total,
        made_on=day,
        paid=is_paid,
    )


def _readable(name: str, cell: Cell, reasons: list[str]) -> Cell | None:
    """Return the cell, or None with a reason added if it is unreadable in any column."""
    text = cell.text.strip()
    if cell.kind is Kind.FAULT:
        reasons.append(f"{name}是公式的错误值（{cell.text}），请改成算好的内容")
    elif not text and cell.kind is Kind.EMPTY:
        reasons.append(f"{name}没有填（合并的单元格要拆开，公式要先算好再保存）")
    elif not text:
        reasons.append(f"{name}没有填")
    elif len(text) > MAX_CELL:
        reasons.append(f"{name}超过 {MAX_CELL} 个字")
    elif any("\ufffd" in char or unicodedata.category(char) == "Cc" for char in text):
        reasons.append(f"{name}有乱码或换行等不能显示的字符")
    else:
        return cell
    return None


def _number(cell: Cell | None, reasons: list[str]) -> str | None:
    if cell is None:
        return None
    text = normalise(cell.text)
    spoiled = lost_digits_fault(text, as_text=True)
    if cell.kind is Kind.DATE or _TURNED_INTO_DATE.fullmatch(text):
        reasons.append("批量核定编号被表格软件变成了日期，请把这一列设成文本格式后重新填写")
    elif spoiled is not None:
        reasons.append(f"批量核定编号：{spoiled}")
    elif NUMBER.fullmatch(text) is None:
        reasons.append("批量核定编号应为 4 至 40 位字母、数字或短横线")
    else:
        return text
    return None


def _name(cell: Cell | None, reasons: list[str]) -> str | None:
    if cell is None:
        return None
    found = parse_name(cell.text)
    if isinstance(found, Refusal):
        reasons.append(f"姓名：{found.sentence}")
        return None
    return found


def _paid(cell: Cell | None, reasons: list[str]) -> bool | None:
    if cell is None:
        return None
    answer = normalise(cell.text).casefold()
    found = ANSWERS.get(answer)
    if found is None:
        reasons.append("是否缴费只能填“是”或“否”")
    return found


def _identity(cell: Cell | None, today: date, reasons: list[str]) -> IdentityNumber | None:
    if cell is None:
        return None
    spoiled = lost_digits_fault(cell.text, as_text=cell.is_text)
    if spoiled is not None:
        reasons.append(f"身份证号：{spoiled}")
        return None
    if was_converted(cell.text):
        reasons.append(CONVERTED_FROM_15)
        return None
    found = read_identity_number(cell.text, today=today, field="identity")
    if isinstance(found, Refusal):
        reasons.append("身份证号不对（位数、出生日期或校验码）")
        return None
    return found


def _division(cell: Cell | None, reasons: list[str]) -> str | None:
    """Return the division's code. The full name of a county, a district or 宁东 is accepted too."""
    if cell is None:
        return None
    text = normalise(cell.text)
    code = _BY_NAME.get(text, text)
    if not divisions.is_choosable(code):
        reasons.append("没有这个参保地区代码，应为区、县或宁东的 6 位代码")
        return None
    return code


def _month(cell: Cell | None, what: str, reasons: list[str]) -> Month | None:
    if cell is None:
        return None
    found = read_month(cell.text, what=what)
    if isinstance(found, Refusal):
        reasons.append(found.sentence)
        return None
    return found


def _period(start: Cell | None, end: Cell | None, today: date, reasons: list[str]) -> Period | None:
    first = _month(start, "缴费开始年月", reasons)
    last = _month(end, "缴费结束年月", reasons)
    if first is None or last is None:
        return None
    if last < first:
        reasons.append("缴费结束年月早于开始年月")
    elif first.year != last.year:
        reasons.append("跨了年度，每笔核定只能在一个年度内")
    elif last > Month.of(today):
        reasons.append("缴费结束年月还没有到，不是旧的批量核定")
    else:
        return Period(first, last)
    return None


def _money(cell: Cell | None, what: str, reasons: list[str]) -> Decimal | None:
    if cell is None:
        return None
    value = read_yuan(cell.text)
    if value is None or not 0 < value < 10**9 or value != round_to_fen(value):
        reasons.append(f"{what}应为大于 0、最多两位小数的数字")
        return None
    return value


def _day(cell: Cell | None, today: date, reasons: list[str]) -> date | None:
    if cell is None:
        return None
    day = read_date(cell.text, what="核定日期")
    if isinstance(day, Refusal):
        reasons.append(day.sentence)
        return None
    if day > today:
        reasons.append("核定日期在将来")
        return None
    return day


def _amount(
    rate: Rate | Refusal, period: Period, base: Decimal, total: Decimal, reasons: list[str]
) -> Decimal | None:
    """Return the monthly amount, or None with a reason added.

    The total in the file must equal the base times the year's rate, over all months.
    """
    if isinstance(rate, Refusal):
        reasons.append(f"费率：{rate.sentence}")
        return None
    amount = round_to_fen(base * rate.total)
    if amount * period.count != total:
        reasons.append(f"缴费总额与基数对不上，按费率应为 {plain(amount * period.count)}")
        return None
    return amount
