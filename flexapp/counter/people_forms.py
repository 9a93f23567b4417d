"""Forms of serving a person at a counter. What is declared is the residents' own forms' matter."""

from __future__ import annotations

from wtforms import HiddenField, StringField

from flexapp.web.forms import PageForm, strip


class RetirementForm(PageForm):
    """What the approval says."""

    original = StringField("原法定退休年龄", filters=[strip])
    approved = StringField("批准的退休年月", filters=[strip])


class FindForm(PageForm):
    """Whose? The name only for somebody we do not know yet."""

    identity = StringField("身份证号", filters=[strip])
    name = StringField("姓名", filters=[strip])
    reviewed = HiddenField()
    """Digest of name and number as they were shown whole."""


class NameForm(PageForm):
    """The name that a document says."""

    name = StringField("新姓名", filters=[strip])
    document = StringField("看过的证件", filters=[strip])
    document_end = StringField("证件尾号", filters=[strip])
    reviewed = HiddenField()
    """Digest of what was looked at."""


class PhoneForm(PageForm):
    """Another mobile number."""

    phone = StringField("新手机号", filters=[strip])
    reviewed = HiddenField()
    """The number that was looked at."""
