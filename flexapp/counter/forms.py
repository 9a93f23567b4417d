"""Forms of cases at a window."""

from __future__ import annotations

from wtforms import StringField

from flexapp.web.forms import PageForm, prose, strip


class SettleForm(PageForm):
    """How a case of 不是我办的 is settled."""

    choice = StringField("结果", filters=[strip])
    found = StringField("核实的情况", filters=[prose])
