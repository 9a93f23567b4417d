"""Forms of the agency's desk, other than publications."""

from __future__ import annotations

from wtforms import StringField

from flexapp.web.forms import PageForm, prose, strip


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
