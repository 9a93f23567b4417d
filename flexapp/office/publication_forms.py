"""Forms by which the agency publishes figures and announcements, and opens and closes years and
places."""

from __future__ import annotations

from wtforms import Field, HiddenField, StringField

from flexapp.rules.parameters import Per
from flexapp.rules.rates import RateKind
from flexapp.web.forms import PageForm, prose, strip

PER_GROUPS = (("", ((Per.MONTH.value, "每月"), (Per.YEAR.value, "全年"))),)
KIND_GROUPS = (("", tuple((kind.value, kind.label) for kind in RateKind)),)


class PublicationForm(PageForm):
    """The document, the rate, and from when; the base of both forms."""

    total = StringField("费率（%）", filters=[strip])
    personal = StringField("其中记入个人账户（%）", filters=[strip])
    document = StringField("文件名称", filters=[prose])
    number = StringField("文号", filters=[prose])
    document_date = StringField("文件日期", filters=[strip])
    effective_from = StringField("从哪天起执行", filters=[strip])
    reviewed = HiddenField()
    """Digest of the content whose effect the officer has been shown."""

    def typed(self) -> tuple[Field, ...]:
        """The fields to carry along while the effect is looked at."""
        return tuple(field for field in self if field.name != "reviewed")


class YearFiguresForm(PublicationForm):
    """A year's average wage, bounds and rate."""

    year = StringField("年度", filters=[strip])
    average = StringField("上年度平均工资（元）", filters=[strip])
    per = StringField("按什么公布", filters=[strip])
    lower = StringField("每月缴费基数下限（元）", filters=[strip])
    upper = StringField("每月缴费基数上限（元）", filters=[strip])


class RateForm(PublicationForm):
    """A rate that holds from a month on."""

    kind = StringField("费率种类", filters=[strip])
    from_month = StringField("从哪个缴费月份起", filters=[strip])


class ConfirmForm(PageForm):
    """What the confirming officer's page was drawn from."""

    seen = HiddenField()


class OpenForm(PageForm):
    """Which areas or channels, and from when."""

    place = StringField("地区或渠道", filters=[strip])
    since = StringField("从哪天起开通", filters=[strip])


class CloseForm(PageForm):
    """Which areas or channels, and why."""

    place = StringField("地区或渠道", filters=[strip])
    reason = StringField("原因", filters=[prose])


class AnnouncementForm(PageForm):
    """What 首页 tells everybody, and for how long."""

    text = StringField("公告内容", filters=[prose])
    first = StringField("开始日期", filters=[strip])
    last = StringField("结束日期", filters=[strip])
