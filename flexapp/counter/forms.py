"""The form of a dispute at a window."""

from __future__ import annotations

from wtforms import StringField

from flexapp.web.forms import PageForm, prose, strip


class SettleForm(PageForm):
    """The decision that settles a case of 不是我办的, and what was found."""

    choice = StringField("结果", filters=[strip])
    found = StringField("核实的情况", filters=[prose])
