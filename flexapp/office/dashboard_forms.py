"""The form that selects the period of the dashboard and of the ratings."""

from __future__ import annotations

from wtforms import StringField

from flexapp.web.forms import PageForm, strip


class DashboardForm(PageForm):
    """A range of days, an area and a channel."""

    first = StringField("开始日期", filters=[strip])
    last = StringField("结束日期", filters=[strip])
    area = StringField("参保地区", filters=[strip])
    channel = StringField("渠道", filters=[strip])
