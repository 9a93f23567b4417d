"""Forms to publish figures and announcements, and to open and close areas and channels."""

from __future__ import annotations

from wtforms import Field, HiddenField, StringField

from flexapp.rules.parameters import Per
from flexapp.rules.rates import RateKind
from flexapp.web.forms import PageForm, prose, strip

PER_GROUPS = (("", ((Per.MONTH.value, "每月"), (Per.YEAR.value, "全年"))),)
KIND_GROUPS = (("", tuple((kind.value, kind.label) for kind in RateKind)),)


class PublicationForm(PageForm):
    """The document, the rate and the effective date: the base class of both publication forms."""

    total = StringField("费率（%）", filters=[strip])
    personal = StringField("其中记入个人账户（%）", filters=[strip])
    document = StringField("文件名称", filters=[prose])
    number = StringField("文号", filters=[prose])
    document_date = StringField("文件日期", filters=[strip])
    effective_from = StringField("从哪天起执行", filters=[strip])
    reviewed = HiddenField()
    """Digest of the content whose effect has been shown to the officer."""

    def typed(self) -> tuple[Field, ...]:
        """Return the fields to post again from the review page."""
        return tuple(field for field in self if field.name != "reviewed")


class YearFiguresForm(PublicationForm):
    """A year's average wage, bounds and rate."""

    year = StringField("年度", filters=[strip])
    average = StringField("上年度平均工资（元）", filters=[strip])
    per = StringField("按什么公布", filters=[strip])
    lower = StringField("每月缴费基数下限（元）", filters=[strip])
    upper = StringField("每月缴费基数上限（元）", filters=[strip])


class RateForm(PublicationForm):
    """A rate in effect from a month on."""

    kind = StringField("费率种类", filters=[strip])
    from_month = StringField("从哪个缴费月份起", filters=[strip])


class ConfirmForm(PageForm):
    """The state of the parameter book that the confirming officer's page showed."""

    seen = HiddenField()


class OpenForm(PageForm):
    """The areas or channels to open, and from when."""

    place = StringField("地区或渠道", filters=[strip])
    since = StringField("从哪天起开通", filters=[strip])


class CloseForm(PageForm):
    """The areas or channels to close, and why."""

    place = StringField("地区或渠道", filters=[strip])
    reason = StringField("原因", filters=[prose])


class AnnouncementForm(PageForm):
    """What 首页 announces, and for how long."""

    text = StringField("公告内容", filters=[prose])
    first = StringField("开始日期", filters=[strip])
    last = StringField("结束日期", filters=[strip])
