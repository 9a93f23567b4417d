"""Parsing months and dates as people and spreadsheets write them; ambiguous input is refused.

"2019.1" may be 2019.10 that a spreadsheet converted to a number. "19-Jan" is 19 January of an
unknown year. 3/4/2019 is in March or in April. 43525 is the serial date of a spreadsheet, which
people cannot check. Each refusal says what the value may mean and how to write it.
"""

import re
from datetime import date, timedelta

from flexapp.rules.periods import Month
from flexapp.rules.refusal import Refusal
from flexapp.rules.text import normalise

FIRST_YEAR, LAST_YEAR = 1900, 2099

_TIME = re.compile(r"[ T]0{1,2}:00(?::00(?:\.0+)?)?")
"""The midnight that a spreadsheet appends to a date."""

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "september", "sept"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        start=1,
    )
    for name in names
}
_NAME = "|".join(sorted(_MONTHS, key=len, reverse=True))

_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})(?:\2([0-9]{1,2}))?")
_PACKED = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})?")
_CHINESE = re.compile(r"([0-9]{4})年([0-9]{1,2})月(?:份|([0-9]{1,2})[日号])?")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
_TWO_DIGITS = re.compile(r"[0-9]{2}([-/.])[0-9]{1,2}(?:\1[0-9]{1,2})?|[0-9]{2}年.*")
_NAME_YEAR = re.compile(rf"({_NAME})[-/ .,]*([0-9]{{4}}|[0-9]{{2}})")
_YEAR_NAME = re.compile(rf"([0-9]{{4}})[-/ .]*({_NAME})")
_DAY_NAME_YEAR = re.compile(rf"([0-9]{{1,2}})[-/ .]*({_NAME})[-/ .,]*([0-9]{{4}}|[0-9]{{2}})")
_NAME_DAY_YEAR = re.compile(rf"({_NAME})[-/ .]*([0-9]{{1,2}}), *([0-9]{{4}})")
_DAY_NAME = re.compile(rf"[0-9]{{1,2}}[-/ .]*(?:{_NAME})")
_YEAR_NUMERALS = re.compile(r"([〇零一二三四五六七八九]{4})年")
_NUMERALS = re.compile(r"[一二三四五六七八九十]{1,3}(?=[月日号])")

_DIGITS = {char: str(value) for value, char in enumerate("〇一二三四五六七八九")} | {"零": "0"}
_SERIAL_START = date(1899, 12, 30)
_SERIALS = range(20000, 60000)
"""Serial dates of spreadsheets, in days since `_SERIAL_START`, for the years 1954 to 2064."""

_Parts = tuple[int, int, int | None]


def read_month(text: str, *, what: str = "年月", field: str | None = None) -> Month | Refusal:
    """Parse a month; a full date is accepted too. `what` names the field in sentences.

    Refusals: month_missing, month_ambiguous, month_malformed, month_impossible.
    """
    found = _parts(text, what, field, "2018-01")
    return found if isinstance(found, Refusal) else Month(found[0], found[1])


def read_date(text: str, *, what: str = "日期", field: str | None = None) -> date | Refusal:
    """Parse a full date; a month without a day is refused. Refusals as in `read_month`."""
    found = _parts(text, what, field, "2018-03-01")
    if isinstance(found, Refusal):
        return found
    year, month, day = found
    if day is None:
        return Refusal(
            "month_malformed", f"{what}缺了日，应写成 2018-03-01 的样子（年、月、日）", field
        )
    return date(year, month, day)


def _parts(text: str, what: str, field: str | None, example: str) -> _Parts | Refusal:
    """Parse (year, month, day or `None`): an existing date from FIRST_YEAR to LAST_YEAR."""

    def refuse(reason: str, sentence: str) -> Refusal:
        return Refusal(f"month_{reason}", f"{what}{sentence}", field)

    plain = _plain(text)
    if not plain:
        return refuse("missing", "没有填")
    doubt = _doubt(plain)
    if doubt is not None:
        return refuse("ambiguous", f"{doubt}，应写成 {example} 的样子")
    found = _written(plain)
    if found is None:
        return refuse("malformed", f"应写成 {example} 的样子")
    year, month, day = found
    try:
        date(year, month, 1 if day is None else day)
    except ValueError:
        return refuse("impossible", f"里没有这个月或者这一天，应写成 {example} 的样子")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return refuse("impossible", f"的年份不对，应写成 {example} 的样子")
    return found


def _plain(text: str) -> str:
    """Normalise: half width, lower case, digits for Chinese numerals, no spaces around separators,
    midnight removed.
    """
    plain = normalise(text).casefold()
    plain = _TIME.sub("", plain.replace("t0", "T0"))
    if re.search("[年月]", plain):
        plain = re.sub(r"\s", "", plain)
        plain = _YEAR_NUMERALS.sub(
            lambda found: "".join(_DIGITS[char] for char in found[1]) + "年", plain
        )
        plain = _NUMERALS.sub(lambda found: str(_numeral(found[0])), plain)
    return re.sub(r"\s*([-/.])\s*", r"\1", plain).strip()


def _numeral(text: str) -> int:
    """The value of 一 to 三十一; 0 for malformed numerals."""
    if "十" not in text:
        return int(_DIGITS[text]) if len(text) == 1 else 0
    tens, _, ones = text.partition("十")
    if len(tens) > 1 or len(ones) > 1 or "十" in ones:
        return 0
    return (int(_DIGITS[tens]) if tens else 1) * 10 + (int(_DIGITS[ones]) if ones else 0)


def _doubt(plain: str) -> str | None:
    """Why the input is ambiguous, as a sentence; `None` when it is not."""
    if re.fullmatch(r"[0-9]{4}\.1", plain):
        return f"“{plain}”可能是 1 月，也可能是被表格软件去掉了 0 的 10 月"
    if _DAY_NAME.fullmatch(plain):
        return f"“{plain}”看不出是哪一年"
    year_last = _YEAR_LAST.fullmatch(plain)
    if (
        year_last is not None
        and int(year_last[1]) <= 12
        and int(year_last[3]) <= 12
        and year_last[1] != year_last[3]
    ):
        return f"“{plain}”看不出哪个是月、哪个是日"
    if _TWO_DIGITS.fullmatch(plain):
        return f"“{plain}”的年份要写四位"
    if re.fullmatch(r"[0-9]{5}(?:\.0*)?", plain) and int(plain[:5]) in _SERIALS:
        day = _SERIAL_START + timedelta(int(plain[:5]))
        return f"“{plain}”是表格软件的日期序号（大概是 {day.isoformat()}），请把单元格改成日期格式"
    return None


def _written(plain: str) -> _Parts | None:
    found = _YEAR_FIRST.fullmatch(plain)
    if found is not None:
        return int(found[1]), int(found[3]), int(found[4]) if found[4] else None
    found = _PACKED.fullmatch(plain) or _CHINESE.fullmatch(plain)
    if found is not None:
        return int(found[1]), int(found[2]), int(found[3]) if found[3] else None
    found = _YEAR_LAST.fullmatch(plain)
    if found is not None:
        # Both are valid month numbers only when they are equal: `_doubt` refuses the other cases.
        first, second = int(found[1]), int(found[3])
        month, day = (first, second) if first <= 12 else (second, first)
        return int(found[4]), month, day
    found = _NAME_DAY_YEAR.fullmatch(plain)
    if found is not None:
        return int(found[3]), _MONTHS[found[1]], int(found[2])
    found = _DAY_NAME_YEAR.fullmatch(plain)
    if found is not None:
        return _year(found[3]), _MONTHS[found[2]], int(found[1])
    found = _NAME_YEAR.fullmatch(plain)
    if found is not None:
        return _year(found[2]), _MONTHS[found[1]], None
    found = _YEAR_NAME.fullmatch(plain)
    return None if found is None else (int(found[1]), _MONTHS[found[2]], None)


def _year(text: str) -> int:
    """Parse a year. Two digits are read as spreadsheets do: 00-29 as 20xx, 30-99 as 19xx."""
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 30 else 1900)
