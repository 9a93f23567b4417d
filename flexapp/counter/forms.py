"""Forms of the counters."""

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


class GiveBackForm(PageForm):
    """Why a parked assessment is given back."""

    reason = StringField("退回原因", filters=[prose])


class AuditPersonForm(PageForm):
    """Whose record is looked up: a person's."""

    identity = StringField("身份证号", filters=[strip])


class AuditClerkForm(PageForm):
    """Whose record is looked up: one of the staff's."""

    user_name = StringField("经办人员用户名", filters=[strip])


class AnswerForm(PageForm):
    """What was done about a bad rating."""

    answer = StringField("怎么处理的", filters=[prose])


class SettleForm(PageForm):
    """How a case of 不是我办的 is settled."""

    choice = StringField("结果", filters=[strip])
    found = StringField("核实的情况", filters=[prose])
