"""Forms of serving a person at a counter. What is declared is the residents' own forms' matter."""

from __future__ import annotations

from wtforms import StringField

from flexapp.web.forms import PageForm, strip


class RetirementForm(PageForm):
    """What the approval says."""

    original = StringField("原法定退休年龄", filters=[strip])
    approved = StringField("批准的退休年月", filters=[strip])


class FindForm(PageForm):
    """Whose? The name only for somebody we do not know yet."""

    identity = StringField("身份证号", filters=[strip])
    name = StringField("姓名", filters=[strip])
