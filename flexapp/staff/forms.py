"""Forms of signing in, and the reason that staff give for what they do."""

from __future__ import annotations

from wtforms import PasswordField, StringField

from flexapp.web.forms import PageForm, prose, strip


class SignInForm(PageForm):
    """用户名 and 密码."""

    user_name = StringField("用户名", filters=[strip])
    password = PasswordField("密码")


class PasswordForm(PageForm):
    """One's own password, twice."""

    password = PasswordField("新密码")
    again = PasswordField("再输入一次新密码")


class CodeForm(PageForm):
    """A code of the second factor."""

    code = StringField("动态码", filters=[strip])


class ReasonForm(PageForm):
    """Why."""

    reason = StringField("原因", filters=[prose])
