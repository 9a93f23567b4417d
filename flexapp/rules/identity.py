"""Identity numbers and names: reading what was typed, deriving facts, and masking.

An identity number is held only as `IdentityNumber`, whose `str` and `repr` are masked, so that a
number never reaches a log, a traceback or a page by accident. `value` is the one way to it.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from stdnum.cn.ric import calc_check_digit

from flexapp.rules.refusal import Refusal

OLDEST_AGE = 130

# First two digits: GB/T 2260 provinces, then 81/82/83, the residence permits of people from
# Hong Kong, Macao and Taiwan. Only these two digits are checked: the four after them may belong to
# a county that was abolished decades ago and lives on in the numbers issued there.
_PROVINCES = frozenset(
    str(code)
    for code in (
        *range(11, 16),
        *range(21, 24),
        *range(31, 38),
        *range(41, 47),
        *range(50, 55),
        *range(61, 66),
        71,
        *range(81, 84),
    )
)
# Since 2023 the foreigner's permanent residence card has a number of the same form, with 9 in front
# and the province in the second and third places.
_FOREIGNER = "9"

_SHAPE = re.compile(r"[0-9]{17}[0-9X]")
_CHARACTERS = re.compile(r"[0-9]*X?")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９Ｘｘ", "0123456789XX")
# Invisible characters that come along when a number is pasted from a chat.
_INVISIBLE = re.compile("[\\s\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")


class Sex(StrEnum):
    MALE = "male"
    FEMALE = "female"

    @property
    def label(self) -> str:
        return "男" if self is Sex.MALE else "女"


@dataclass(frozen=True, slots=True, repr=False)
class IdentityNumber:
    """18 characters with a possible birth date. `ValueError` (without the number) otherwise.

    The check digit is the business of `parse_identity`: a stored number was checked on its way in.
    """

    value: str

    def __post_init__(self) -> None:
        if _SHAPE.fullmatch(self.value) is None or _birth_date(self.value) is None:
            raise ValueError("not an 18-character identity number")

    @property
    def birth_date(self) -> date:
        found = _birth_date(self.value)
        if found is None:  # __post_init__ has seen to it
            raise AssertionError("identity number without a birth date")
        return found

    @property
    def sex(self) -> Sex:
        """Odd order numbers were given to men, even ones to women (GB 11643)."""
        return Sex.MALE if int(self.value[16]) % 2 else Sex.FEMALE

    @property
    def masked(self) -> str:
        """For pages: "640104********1234"."""
        return f"{self.value[:6]}********{self.value[-4:]}"

    def __repr__(self) -> str:
        return f"IdentityNumber({self.masked})"

    def __str__(self) -> str:
        return self.masked


def parse_identity(
    text: str,
    today: date,
    *,
    field: str | None = "identity_number",
    fictional: Collection[str] = (),
) -> IdentityNumber | Refusal:
    """The identity number that was typed, checked against GB 11643-1999.

    Accepts full-width digits, spaces anywhere, a lower-case x, and numbers of 15 digits (converted
    to 18). `today` bounds the birth date. `fictional` are whole numbers let through although their
    check digit is wrong: a demo uses such numbers because nobody can really have them; production
    passes none. Refusals carry one of the reasons id_empty, id_characters, id_length, id_region,
    id_birth_date, id_birth_date_future, id_birth_date_too_old, id_check_digit.
    """
    number = _INVISIBLE.sub("", text).translate(_FULL_WIDTH).upper()
    refusal = _refuse_form(number, field)
    if refusal is not None:
        return refusal
    old = len(number) == 15
    if old:
        number = f"{number[:6]}19{number[6:]}"
        number += calc_check_digit(number + "0")
    province = number[1:3] if number[0] == _FOREIGNER else number[:2]
    if province not in _PROVINCES:
        return Refusal("id_region", "身份证号开头的地区号不存在，请对照证件核对前几位。", field)
    refusal = _refuse_birth_date(number, today, field, old=old)
    if refusal is not None:
        return refusal
    if number[-1] != calc_check_digit(number) and number not in fictional:
        return Refusal(
            "id_check_digit", "身份证号的校验位不对，可能输错了一位，请对照证件逐位核对。", field
        )
    return IdentityNumber(number)


def _refuse_form(number: str, field: str | None) -> Refusal | None:
    if not number:
        return Refusal("id_empty", "请输入身份证号。", field)
    if re.fullmatch(r"[A-Z]{3}[0-9]{12}", number):
        return Refusal(
            "id_characters", "旧版外国人永久居留身份证请先换领 18 位号码的新证再办理。", field
        )
    if _CHARACTERS.fullmatch(number) is None:
        return Refusal("id_characters", "身份证号只能是数字，最后一位可以是 X，请核对。", field)
    length = len(number)
    if length == 15 and number.isdigit():
        return None
    if length != 18:
        advice = "请检查是否漏输" if length < 18 else "请检查是否多输"
        return Refusal(
            "id_length",
            f"身份证号应为 18 位（老号码 15 位），现在是 {length} 位，{advice}。",
            field,
        )
    return None


def _refuse_birth_date(number: str, today: date, field: str | None, *, old: bool) -> Refusal | None:
    where = "第 7 至 12 位" if old else "第 7 至 14 位"
    born = _birth_date(number)
    if born is None:
        return Refusal("id_birth_date", f"身份证号中的出生日期不存在，请核对{where}。", field)
    if born > today:
        return Refusal(
            "id_birth_date_future", f"身份证号中的出生日期晚于今天，请核对{where}。", field
        )
    # Compared as tuples: 130 years before 29 February need not be a date.
    if (born.year + OLDEST_AGE, born.month, born.day) < (today.year, today.month, today.day):
        return Refusal(
            "id_birth_date_too_old",
            f"身份证号中的出生日期距今超过 {OLDEST_AGE} 年，请核对{where}。",
            field,
        )
    return None


def _birth_date(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


# CJK Unified Ideographs and extensions A to H, the compatibility block, and 〇.
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_CHINESE_NAME = re.compile(f"[{_HAN}]+(?:·[{_HAN}]+)*")
_LATIN_NAME = re.compile(r"[A-Za-z]+(?:[ '.-]{1,2}[A-Za-z]+)*\.?")
# Dots of other keyboards that people type for the middle dot of minorities' names.
_DOTS = str.maketrans(dict.fromkeys("•‧・･．｡。⋅∙●", "·"))
_LATIN_FULL_WIDTH = str.maketrans(
    {chr(code + 0xFEE0): chr(code) for code in (*range(65, 91), *range(97, 123))}
)
NAME_MIN, NAME_MAX = 2, 30


def parse_name(text: str, *, field: str | None = "name") -> str | Refusal:
    """The name that was typed, 2 to 30 characters: Chinese characters with · between the parts of
    minorities' names, or Latin letters for foreigners' permits.

    Spaces around the name and between Chinese characters are dropped, other dots become ·.
    Refusals: name_empty, name_length, name_characters.
    """
    name = re.sub(r"\s+", " ", text).strip().translate(_LATIN_FULL_WIDTH)
    if not name:
        return Refusal("name_empty", "请输入姓名。", field)
    if not re.search("[A-Za-z]", name):
        name = _INVISIBLE.sub("", name).translate(_DOTS)
    if not NAME_MIN <= len(name) <= NAME_MAX:
        return Refusal(
            "name_length", f"姓名应为 {NAME_MIN} 至 {NAME_MAX} 个字，请按证件填写全名。", field
        )
    if _CHINESE_NAME.fullmatch(name) is None and _LATIN_NAME.fullmatch(name) is None:
        return Refusal(
            "name_characters",
            "姓名只能用汉字（少数民族姓名中间可加“·”）或证件上的拉丁字母，请按证件填写。",
            field,
        )
    return name


def mask_name(name: str) -> str:
    """For pages: 李明 → 李*, 欧阳修 → 欧**; nothing of a one-character name is shown."""
    if len(name) < 2:
        return "*" * len(name)
    return name[0] + "*" * (len(name) - 1)
