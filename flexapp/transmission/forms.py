"""Forms of transmission."""

from __future__ import annotations

from wtforms import StringField

from flexapp.web.forms import PageForm, prose


class AskTaxForm(PageForm):
    """Why the tax bureau should revoke."""

    reason = StringField("撤销原因", filters=[prose])
