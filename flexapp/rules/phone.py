"""Parsing phone numbers and SMS codes as people type them and phones fill them in."""

import re

import phonenumbers
from phonenumbers import PhoneNumberType

from flexapp.rules.refusal import Refusal
from flexapp.rules.text import normalise

_WORDS = re.compile(r"^(?:[^\W\d_A-Za-z]|\W)*(?:TEL|PHONE|MOBILE)?", re.IGNORECASE)
_MAINLAND = re.compile(r"(?:\+?86|0086)?0?(1[0-9]{10})")
_LANDLINE = re.compile(r"(?:\+?86|0086)?0?([1-9][0-9]{8,10})|([2-8][0-9]{6,7})")
_ABROAD = re.compile(r"(?:\+|00)(?!86)[0-9]{7,15}")
# Separators between the digits of a code: "123 456", "123-456".
_INSIDE_CODE = re.compile(r"(?<=[0-9])[ .·-]+(?=[0-9])")


def parse_phone(text: str, *, field: str | None = "phone") -> str | Refusal:
    """Parse a mainland mobile number into its 11 digits.

    Refusals: phone_invalid, phone_landline, phone_abroad, phone_unknown_block (11 digits that begin
    like a mobile number, in a block that the phonenumbers library does not know as assigned).
    """
    invalid = Refusal("phone_invalid", "请输入 11 位手机号码。", field)
    typed = normalise(text)
    prefix = _WORDS.match(typed)
    assert prefix is not None
    plus = "+" if "+" in prefix[0] else ""
    rest = re.sub(r"[^\w+]|_", "", typed[prefix.end() :])
    # Only digits: phonenumbers would also accept keypad letters and extensions.
    if not re.fullmatch(r"\+?[0-9]+", rest, re.ASCII):
        return invalid
    digits = _without_repetition(plus + rest.removeprefix("+") if plus else rest)
    mobile = _MAINLAND.fullmatch(digits)
    if mobile is not None and _kind(mobile[1]) == PhoneNumberType.MOBILE:
        return mobile[1]
    if _ABROAD.fullmatch(digits):
        return Refusal(
            "phone_abroad", "暂不支持境外的号码，请输入内地（大陆）的 11 位手机号码。", field
        )
    if mobile is not None and not digits.startswith("01"):
        return Refusal(
            "phone_unknown_block",
            "暂不支持这个号段，请核对号码，或换一个手机号；没有的可以到经办窗口办理。",
            field,
        )
    landline = _LANDLINE.fullmatch(digits)
    if landline is not None and (
        landline[2] or _kind("0" + landline[1]) == PhoneNumberType.FIXED_LINE
    ):
        return Refusal(
            "phone_landline", "这是固定电话，收不到验证码，请输入 11 位手机号码。", field
        )
    return invalid


def read_code(text: str, length: int = 6) -> str:
    """Extract the code of `length` digits from the input.

    Accepts a pasted message, and a code that the phone has filled in twice. Without exactly one
    such code the normalised input is returned, which the caller then rejects as wrong.
    """
    typed = _INSIDE_CODE.sub("", normalise(text))
    runs = {_without_repetition(run) for run in re.findall(r"[0-9]+", typed, re.ASCII)}
    codes = [run for run in runs if len(run) == length]
    return codes[0] if len(codes) == 1 else typed


def _without_repetition(digits: str) -> str:
    half, odd = divmod(len(digits), 2)
    twice = not odd and half >= 6 and digits[:half] == digits[half:]
    return digits[:half] if twice else digits


def _kind(digits: str) -> int | None:
    try:
        number = phonenumbers.parse(digits, "CN")
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.number_type(number) if number.country_code == 86 else None
