"""Removing numbers that could identify a person: ID numbers, phone numbers and similar ones.

`mask` is for text written by programs, where numbers are contiguous digits. `hide` is for text
written by people. There a phone number may contain spaces, dashes, Chinese numerals or digits of
other scripts, and other long numbers (bank card, serial, landline) identify a person as well.
"""

import re
import unicodedata

# Separators between the digits of one number in text written by people; data has none.
_SIGNS = r"[\s\-‐-―−─.·_/~,，、;；:：()（）\[\]*#|+\u20e3]{0,3}"


def _digits(shape: str, between: str) -> str:
    """Join the single-character patterns of `shape` ("[1-9] [0-9] [0-9]") with `between`."""
    return between.join(shape.split())


def _repeat(shape: str, times: int) -> str:
    return " ".join([shape] * times)


_D = r"\d"
_MONTH_DAY = r"(?:0{s}[1-9]|1{s}[0-2]){s}(?:0{s}[1-9]|[12]{s}[0-9]|3{s}[01])"  # of a date of birth


def _personal(between: str) -> str:
    """The pattern of an ID number of 18 or 15 digits (GB 11643) or a mobile number."""
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
"""Matches ID numbers and mobile numbers in data, but not serials, which have 20 digits."""

_DATE = r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_WRITTEN = re.compile(
    rf"(?<![0-9])[+(]?(?:{_personal(_SIGNS)}"
    rf"|0[0-9]{{2,3}}{_SIGNS}[2-9]{_SIGNS}{_digits(_repeat(_D, 6), _SIGNS)}(?:{_SIGNS}[0-9])?)"
    r"(?![0-9])"
    # Seven or more consecutive digits are neither an amount nor a year. Eight may be a date.
    rf"|(?<![0-9A-Za-z])(?!{_DATE}(?![0-9]))[A-Za-z]{{0,2}}[0-9]{{7,}}[Xx]?"
)

_NUMERALS = {char: str(value) for value, char in enumerate("〇一二三四五六七八九")} | {
    char: str(value) for value, char in enumerate("零壹贰叁肆伍陆柒捌玖")
}
_NUMERALS |= {"○": "0", "幺": "1", "两": "2"}

HIDDEN = "（号码已隐去）"
"""Not longer than the shortest number that it replaces, so that no sentence becomes longer."""


def mask(text: str, by: str) -> str:
    """Replace ID numbers and mobile numbers in data with `by`."""
    return PERSONAL.sub(by, text)


def hide(text: str) -> str:
    """Replace identifying numbers in text written by a person with `HIDDEN`. Idempotent."""
    plain = "".join(map(_plain, text))
    found, last = [], 0
    for match in _WRITTEN.finditer(plain):
        found += [text[last : match.start()], HIDDEN]
        last = match.end()
    return "".join([*found, text[last:]])


def _plain(char: str) -> str:
    """Normalise one character to one character, so that positions in the text do not change.

    Digits of all scripts and Chinese numerals become ASCII digits; full width becomes half width.
    """
    narrow = unicodedata.normalize("NFKC", char)
    char = narrow if len(narrow) == 1 else char
    digit = unicodedata.digit(char, None)
    return _NUMERALS.get(char, char) if digit is None else str(digit)
