"""Forms of sign-in and real name, and of cases begun elsewhere."""

from __future__ import annotations

from wtforms import StringField

from flexapp.web.forms import PageForm, strip


class SignInForm(PageForm):
    """手机号 and 验证码 on one page with two buttons."""

    phone = StringField("手机号", filters=[strip])
    code = StringField("验证码", filters=[strip])


class RealNameForm(PageForm):
    """姓名 and 身份证号, once."""

    QUESTIONS = (("name",), ("identity",))

    name = StringField("姓名", filters=[strip])
    identity = StringField("身份证号", filters=[strip])


class HandOverForm(PageForm):
    """The six digits of a case that was begun elsewhere."""

    code = StringField("办理码", filters=[strip])
