"""Forms of 核定."""

from __future__ import annotations

from flask import request
from wtforms import HiddenField, StringField

from flexapp.web.forms import SHOWN, PageForm, strip

SELF, OTHER = "self", "other"


class ChooseForm(PageForm):
    """For whom the assessment is: 本人缴费核定, or 代他人核定 with name and ID number."""

    who = StringField("办理方式", default=SELF, filters=[strip])
    name = StringField("被核定人姓名", filters=[strip])
    identity = StringField("被核定人身份证号", filters=[strip])


class AssessmentForm(PageForm):
    """The months and the contribution base of an assessment."""

    STEPS = (("start", "end", "tap"), ("base",))

    start = StringField("缴费开始年月", filters=[strip])
    end = StringField("缴费结束年月", filters=[strip])
    base = StringField("缴费基数", filters=[strip])
    tap = HiddenField(filters=[strip])
    """What the next tap on a month does (rules/month_picker.py)."""

    @property
    def shown(self) -> str:
        """The figures behind the amounts of the posted page (`RateTerms.shown`).

        Not a form field, because the response must carry the figures of its own amounts.
        """
        return request.form.get(SHOWN, "")
