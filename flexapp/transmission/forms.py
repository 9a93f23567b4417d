"""Forms of this slice."""

from __future__ import annotations

from wtforms import StringField

from flexapp.web.forms import PageForm, prose


class AskTaxForm(PageForm):
    """The reason for asking the tax bureau to revoke."""

    reason = StringField("撤销原因", filters=[prose])
