"""Forms for sign-in, real-name verification and handover codes."""

from __future__ import annotations

from datetime import date

from wtforms import Field, StringField

from flexapp.people.service import read_identity_number
from flexapp.rules.identity import IdentityNumber, was_converted
from flexapp.rules.refusal import Refusal
from flexapp.web.forms import PageForm, strip


class SignInForm(PageForm):
    """手机号 and 验证码, on one page with two buttons."""

    phone = StringField("手机号", filters=[strip])
    code = StringField("验证码", filters=[strip])


class RealNameForm(PageForm):
    """姓名 and 身份证号 for the one-time real-name verification."""

    STEPS = (("name",), ("identity",))

    name = StringField("姓名", filters=[strip])
    identity = StringField("身份证号", filters=[strip])


class HandOverForm(PageForm):
    """The six-digit handover code (办理码) of a case that was started elsewhere."""

    code = StringField("办理码", filters=[strip])


def typed_identity(field: Field, *, today: date) -> IdentityNumber | Refusal:
    """Read the ID number in a field.

    A 15-digit number has no check digit. It is replaced in the field by its 18-digit form and
    refused with `id_converted`, so that the person compares it and submits again.
    """
    typed: str = field.data
    found = read_identity_number(typed, today=today, field=field.name)
    if isinstance(found, Refusal) or not was_converted(typed):
        return found
    field.data = found.value
    return Refusal(
        "id_converted",
        f"您填的是 15 位的老号码，换算成 18 位是 {found.value}，已填在框里。"
        "请对照证件核对，没有错就再提交一次。",
        field.name,
    )
