"""The form of 凭证验证."""

from __future__ import annotations

from wtforms import StringField

from flexapp.web.forms import PageForm, strip


class VerifyForm(PageForm):
    """What stands on the sheet. No field `code`: a page that was open too long forgets that one."""

    serial = StringField("核定流水号", filters=[strip])
    check = StringField("验证码", filters=[strip])
