"""Forms for serving a person at a window. Registration and 核定 use the residents' forms."""

from __future__ import annotations

from wtforms import HiddenField, StringField

from flexapp.web.forms import PageForm, strip


class RetirementForm(PageForm):
    """The content of a retirement approval."""

    original = StringField("原法定退休年龄", filters=[strip])
    approved = StringField("批准的退休年月", filters=[strip])


class FindForm(PageForm):
    """The ID number of the person. The name is asked for only if the number is unknown."""

    identity = StringField("身份证号", filters=[strip])
    name = StringField("姓名", filters=[strip])
    reviewed = HiddenField()
    """Digest of name and number as shown in full."""


class NameForm(PageForm):
    """The name on a document."""

    name = StringField("新姓名", filters=[strip])
    document = StringField("看过的证件", filters=[strip])
    document_end = StringField("证件尾号", filters=[strip])
    reviewed = HiddenField()
    """Digest of the values shown for review."""


class PhoneForm(PageForm):
    """A new mobile number."""

    phone = StringField("新手机号", filters=[strip])
    reviewed = HiddenField()
    """The number shown for review."""
