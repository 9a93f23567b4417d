"""Forms of staff sign-in, and the shared form for the reason of an action."""

from __future__ import annotations

from wtforms import PasswordField, StringField

from flexapp.web.forms import PageForm, prose, strip


class SignInForm(PageForm):
    """用户名 and 密码."""

    user_name = StringField("用户名", filters=[strip])
    password = PasswordField("密码")


class PasswordForm(PageForm):
    """The new password, entered twice."""

    password = PasswordField("新密码")
    again = PasswordField("再输入一次新密码")


class CodeForm(PageForm):
    """A one-time code (动态码) of the second factor."""

    code = StringField("动态码", filters=[strip])


class ReasonForm(PageForm):
    """The reason (原因) that staff enter for an action."""

    reason = StringField("原因", filters=[prose])
