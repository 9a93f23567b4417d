"""Forms of the agency's desk, other than publications."""

from __future__ import annotations

from wtforms import StringField

from flexapp.web.forms import PageForm, prose, strip


class GiveBackForm(PageForm):
    """Why a parked assessment is returned to the person."""

    reason = StringField("退回原因", filters=[prose])


class AuditPersonForm(PageForm):
    """The person whose audit log is looked up."""

    identity = StringField("身份证号", filters=[strip])


class AuditClerkForm(PageForm):
    """The clerk whose audit log is looked up."""

    user_name = StringField("经办人员用户名", filters=[strip])


class AnswerForm(PageForm):
    """What was done about a bad rating."""

    answer = StringField("怎么处理的", filters=[prose])
