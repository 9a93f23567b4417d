"""The form of 凭证验证."""

from __future__ import annotations

from wtforms import StringField

from flexapp.web.forms import PageForm, strip


class VerifyForm(PageForm):
    """The serial and code printed on a receipt.

    No field is called `code`, because an expired page discards the value of that name.
    """

    serial = StringField("核定流水号", filters=[strip])
    check = StringField("验证码", filters=[strip])
