"""Numbers that could lead to a person: ID numbers, phones, and what looks like them.

`mask` is for lines that programs write: whole numbers, as they stand in data. `hide` is for what
people write: there a phone number has spaces, dashes, Chinese numerals or other digits, and any
other long number (a bank card, a serial, a landline) leads to somebody as well.
"""

import re
import unicodedata

# What separates the digits of one number. Nothing in data, signs and spaces in what people write.
_SIGNS = r"[\s\-‐-―−─.·_/~,，、;；:：()（）\[\]*#|+\u20e3]{0,3}"


def _digits(shape: str, between: str) -> str:
    """A pattern of single characters, such as "[1-9] [0-9] [0-9]", with something between."""
    return between.join(shape.split())


def _repeat(shape: str, times: int) -> str:
    return " ".join([shape] * times)


_D = r"\d"
_MONTH_DAY = r"(?:0{s}[1-9]|1{s}[0-2]){s}(?:0{s}[1-9]|[12]{s}[0-9]|3{s}[01])"  # of a date of birth


def _personal(between: str) -> str:
    """An ID number of 18 or 15 digits (GB 11643) or a mobile number."""
    month_day = _MONTH_DAY.replace("{s}", between)
    area = _digits(f"[1-9] {_repeat(_D, 5)}", between)
    order = _digits(_repeat(_D, 3), between)
    century = f"(?:1{between}[89]|2{between}0)"
    year = _digits(_repeat(_D, 2), between)
    return between.join((area, century, year, month_day, order, r"[\dXx]")) + (
        f"|{between.join((area, year, month_day, order))}"
        f"|(?:(?:0{between}0{between})?8{between}6{between})?"
        + _digits(f"1 [3-9] {_repeat(_D, 9)}", between)
    )


PERSONAL = re.compile(rf"(?<!\d)(?:{_personal('')})(?!\d)")
"""What looks like an ID number or a mobile number in data. A serial has 20 digits and does not."""

_DATE = r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_WRITTEN = re.compile(
    rf"(?<![0-9])[+(]?(?:{_personal(_SIGNS)}"
    rf"|0[0-9]{{2,3}}{_SIGNS}[2-9]{_SIGNS}{_digits(_repeat(_D, 6), _SIGNS)}(?:{_SIGNS}[0-9])?)"
    r"(?![0-9])"
    # Seven digits and more in a row are no amount and no year; eight may be a day.
    rf"|(?<![0-9A-Za-z])(?!{_DATE}(?![0-9]))[A-Za-z]{{0,2}}[0-9]{{7,}}[Xx]?"
)

_NUMERALS = {char: str(value) for value, char in enumerate("〇一二三四五六七八九")} | {
    char: str(value) for value, char in enumerate("零壹贰叁肆伍陆柒捌玖")
}
_NUMERALS |= {"○": "0", "幺": "1", "两": "2"}

HIDDEN = "（号码已隐去）"
"""As long as the shortest number that it stands for, so that no sentence grows by it."""


def mask(text: str, by: str) -> str:
    """Data without its ID and mobile numbers."""
    return PERSONAL.sub(by, text)


def hide(text: str) -> str:
    """What a person wrote without the numbers that could lead to somebody; the same when applied
    twice."""
    plain = "".join(map(_plain, text))
    found, last = [], 0
    for match in _WRITTEN.finditer(plain):
        found += [text[last : match.start()], HIDDEN]
        last = match.end()
    return "".join([*found, text[last:]])


def _plain(char: str) -> str:
    """One character for one, so that places stay: any digit and Chinese numeral as its digit, any
    width as half."""
    narrow = unicodedata.normalize("NFKC", char)
    char = narrow if len(narrow) == 1 else char
    digit = unicodedata.digit(char, None)
    return _NUMERALS.get(char, char) if digit is None else str(digit)
