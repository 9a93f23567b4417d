"""Identity numbers and names: parsing input, deriving facts, and masking.

An identity number is held in memory only as `IdentityNumber`. Its `str` and `repr` are masked, so
that the number does not reach a log, a traceback or a page by accident. Only `value` is unmasked.
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from stdnum.cn import uscc
from stdnum.cn.ric import calc_check_digit

from flexapp.rules.refusal import Refusal
from flexapp.rules.text import has_private_use, normalise

OLDEST_AGE = 130

# First two digits: the provinces of GB/T 2260, and 81/82/83 for the residence permits of people
# from Hong Kong, Macao and Taiwan. The next four digits are not checked: numbers stay valid when
# their county is abolished.
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
# Since 2023 the foreigner's permanent residence card has a number of the same form, with 9 as the
# first digit and the province as the second and third.
_FOREIGNER = "9"

_SHAPE = re.compile(r"[0-9]{17}[0-9X]")
_CHARACTERS = re.compile(r"[0-9]*X?")
# Characters typed for the final X: letters of other scripts, crosses, the * of a keypad.
_LIKE_X = "ХΧ×✕✖╳❌*"
_LAST_X = re.compile(f"(?<=[0-9]{{17}})[{_LIKE_X}]$")
_MASKED = re.compile(r"\*.*[0-9]|\*.*\*")
_NOISE = re.compile(f"[^\\w{_LIKE_X}]|_")
_NOT_LETTERS = re.compile(f"[{_LIKE_X[2:]}]")
_PREFIX = re.compile(r"^(?:SFZH?M?|ID(?:CARD)?(?:NO|NUMBER)?|NO)(?=[0-9])")
_OLD_LENGTH = 15

# Numbers of other documents as printed, without spaces and punctuation.
_HONG_KONG_MACAO_PERMIT = re.compile(r"[HM](?:[0-9]{8}|[0-9]{10})")
_TAIWAN_PERMIT = re.compile(r"[0-9]{8}")
_OLD_FOREIGNER = re.compile(r"[A-Z]{3}[0-9]{12}")
_PASSPORT = re.compile(r"[A-Z]{1,3}[0-9]{5,9}[A-Z]?")

# CJK Unified Ideographs with extensions A to J, the 12 of them in the compatibility block, and 〇.
_HAN = (
    "\u3007\u3400-\u4dbf\u4e00-\u9fff\ufa0e\ufa0f\ufa11\ufa13\ufa14\ufa1f\ufa21\ufa23\ufa24\ufa27-\ufa29"
    "\U00020000-\U0002a6df\U0002a700-\U0002ee5d\U00030000-\U00033479"
)


class Sex(StrEnum):
    MALE = "male"
    FEMALE = "female"

    @property
    def label(self) -> str:
        return "男" if self is Sex.MALE else "女"


@dataclass(frozen=True, slots=True, repr=False)
class IdentityNumber:
    """A number of 18 characters with an existing birth date.

    Raises `ValueError`, without the number in its message, for anything else. The check digit is
    verified only on input, by `parse_identity`.
    """

    value: str

    def __post_init__(self) -> None:
        if _SHAPE.fullmatch(self.value) is None or _birth_date(self.value) is None:
            raise ValueError("not an 18-character identity number")

    @property
    def birth_date(self) -> date:
        found = _birth_date(self.value)
        if found is None:  # excluded by __post_init__
            raise AssertionError("identity number without a birth date")
        return found

    @property
    def sex(self) -> Sex:
        """By the order number: odd for men, even for women (GB 11643)."""
        return Sex.MALE if int(self.value[16]) % 2 else Sex.FEMALE

    @property
    def masked(self) -> str:
        """The number for display: "640104********1234"."""
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
    """Parse an identity number and check it against GB 11643-1999.

    Accepts text copied with the number (身份证号 in front, punctuation, spaces, hyphens),
    half-width and full-width characters, a lower-case x and its look-alikes, and numbers of 15
    digits, which are converted to 18 (see `was_converted`). `today` limits the birth date: not in
    the future, at most OLDEST_AGE years ago. `fictional`: complete numbers accepted with a wrong
    check digit. The demo uses such numbers because no real person can have them; production passes
    none.

    Refusals: id_empty, id_characters, id_length, id_other_document, id_region, id_birth_date,
    id_birth_date_future, id_birth_date_too_old, id_check_digit.
    """
    if _MASKED.search(normalise(text)):
        return Refusal("id_characters", "身份证号里有星号，请填写完整的号码。", field)
    number = _letters_and_digits(text)
    refusal = _refuse_other_document(number, field) or _refuse_form(number, field)
    if refusal is not None:
        return refusal
    old = len(number) == _OLD_LENGTH
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


def was_converted(text: str) -> bool:
    """Whether an accepted number was entered with 15 digits, which include no check digit."""
    return len(_letters_and_digits(text)) == _OLD_LENGTH


def _letters_and_digits(text: str) -> str:
    """The number without label and punctuation, in upper case."""
    number = _NOISE.sub("", _HAN_TEXT.sub("", normalise(text).upper()))
    return _PREFIX.sub("", _NOT_LETTERS.sub("", _LAST_X.sub("X", number)))


def _refuse_other_document(number: str, field: str | None) -> Refusal | None:
    """Refuse numbers of documents that social insurance does not accept; name the accepted one.

    Flexibly employed people from Hong Kong, Macao and Taiwan are insured with their residence
    permit (人力资源社会保障部、国家医疗保障局令第 41 号, in force since 2020).
    """
    residence = (
        "灵活就业参保要用港澳台居民居住证，请填写居住证上的 18 位号码（81、82 或 83 开头）；"
        "还没有居住证的，请先到公安机关申领，或带证件到社保服务大厅咨询。"
    )
    sentence = None
    if _HONG_KONG_MACAO_PERMIT.fullmatch(number):
        sentence = f"这是港澳居民来往内地通行证（回乡证）的号码。{residence}"
    elif _TAIWAN_PERMIT.fullmatch(number):
        sentence = (
            "身份证号应为 18 位，现在是 8 位。"
            f"如果这是台湾居民来往大陆通行证（台胞证）的号码：{residence}"
        )
    elif _OLD_FOREIGNER.fullmatch(number):
        sentence = (
            "这是旧版外国人永久居留身份证的号码，请先换领 18 位号码（9 开头）的新证再办理；"
            "有疑问请带证件到社保服务大厅咨询。"
        )
    elif _PASSPORT.fullmatch(number):
        sentence = (
            "这像是护照或其他证件的号码。中国公民请填写 18 位身份证号；港澳台居民请填写居住证号码"
            "（81、82 或 83 开头）；外国人请填写外国人永久居留身份证号码（9 开头）。"
            "没有这些证件的，请到社保服务大厅咨询。"
        )
    elif not number[:-1].isdigit() and uscc.is_valid(number):
        sentence = "这是统一社会信用代码，这里请填写本人的 18 位身份证号。"
    return None if sentence is None else Refusal("id_other_document", sentence, field)


def _refuse_form(number: str, field: str | None) -> Refusal | None:
    if not number:
        return Refusal("id_empty", "请输入身份证号。", field)
    if _CHARACTERS.fullmatch(number) is None:
        return Refusal("id_characters", "身份证号只能是数字，最后一位可以是 X，请核对。", field)
    length = len(number)
    if length == _OLD_LENGTH and number.isdigit():
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
    # Compares tuples because 29 February plus 130 years may not be a date.
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


_LATIN = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ"
_CHINESE_NAME = re.compile(f"[{_HAN}]+(?:·[{_HAN}]+)*")
# Diacritics without a precomposed letter are combining characters after their base letter.
_LATIN_WORD = f"(?:[{_LATIN}][\u0300-\u036f]*)+"
_LATIN_NAME = re.compile(f"'?{_LATIN_WORD}(?:[-'·., ] ?'?{_LATIN_WORD})*[.']?")
_DOT = re.compile(r" ?[.。·] ?")
_HAN_TEXT = re.compile(f"[{_HAN}]+")
_NAME_LABEL = re.compile(r"^(?:姓 ?名|名字) ?: ?")
_COPIED_ALONG = ",.。、;: "
_PARTS = re.compile(f"(?<=[{_HAN}]) (?=[{_HAN}])")
NAME_MAX = 60
# Up to this many characters a space is only layout ("李 明"). In a longer name it may replace the
# dot, which keyboards lack ("阿依古丽 买买提").
_SPACED_OUT = 3


def parse_name(text: str, *, field: str | None = "name") -> str | Refusal:
    """Parse a name of up to 60 characters.

    A name consists of Chinese characters, with · between the parts of minority names, or of Latin
    letters as on foreigners' permits. A label in front (姓名：) and punctuation after a Chinese
    name are dropped. In a Chinese name dots become ·, and a space inside a short name is dropped. A
    space in a longer name may replace the dot, so it is refused. Refusals: name_empty, name_length,
    name_space, name_private_use, name_characters.
    """
    name = _NAME_LABEL.sub("", normalise(text))
    if not name:
        return Refusal("name_empty", "请输入姓名。", field)
    if len(name) > NAME_MAX:
        return Refusal("name_length", f"姓名最多 {NAME_MAX} 个字，请按证件填写全名。", field)
    if has_private_use(name):
        return Refusal(
            "name_private_use",
            "姓名里有一个字是旧字库里的，别的系统认不出来。请用手写输入法重新输入这个字；"
            "打不出来的，请带身份证到经办窗口办理。",
            field,
        )
    if not re.search(f"[{_LATIN}]", name):
        name = _DOT.sub("·", name.rstrip(_COPIED_ALONG))
        parts = _PARTS.split(name)
        if len(parts) > 1 and len(name) - len(parts) + 1 > _SPACED_OUT:
            return Refusal(
                "name_space",
                "姓名中间有空格。证件上那里如果是“·”，请把空格改成“·”（输入小数点也可以）；"
                "如果没有，请去掉空格。",
                field,
            )
        name = "".join(parts)
    if _CHINESE_NAME.fullmatch(name) is None and _LATIN_NAME.fullmatch(name) is None:
        return Refusal(
            "name_characters",
            "姓名只能用汉字（少数民族姓名中间可加“·”）或证件上的拉丁字母，请按证件填写。",
            field,
        )
    return name


def same_name(one: str, other: str) -> bool:
    """Whether two names have the same letters and characters.

    Dots, spaces, hyphens, apostrophes, capital letters and diacritics are ignored, because some
    documents print them and others do not.
    """
    return name_key(one) == name_key(other)


def name_key(name: str) -> str:
    """A key that is equal for names that are the same (`same_name`)."""
    letters = unicodedata.normalize("NFD", normalise(name)).casefold()
    return "".join(char for char in letters if unicodedata.category(char)[0] not in "MPZ")


def mask_name(name: str) -> str:
    """The name for display: 李明 → 李*, 欧阳修 → 欧**. A one-character name is fully masked."""
    if len(name) < 2:
        return "*" * len(name)
    return name[0] + "*" * (len(name) - 1)
