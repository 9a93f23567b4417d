"""Content of 办事指南: what is needed, and questions with answers and their sources.

The text is defined here. Amounts and rates come from the published parameters, and the actions of
each counter from the rules, so the text cannot become outdated when those change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flexapp.agency.service import EffectiveParameters, effective_parameters
from flexapp.guide import annexes
from flexapp.rules.capabilities import Action, ChannelKind, can
from flexapp.rules.contribution import calculate, read_back
from flexapp.rules.contribution_base import (
    LOWEST_PERCENT,
    EnteredBase,
    Meaning,
)
from flexapp.rules.money import plain
from flexapp.rules.parameters import Rate, YearFigures
from flexapp.rules.periods import Month
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal

NOTICE = "自治区社保局关于灵活就业人员养老保险手机核定缴费的通知（2019年）"
OURS = "本服务自己的做法，通知里没有写"
"""Source of answers that go beyond the notice: they are no rule of the bureau."""


@dataclass(frozen=True, slots=True)
class See:
    """A link to illustrated steps: the codes of an annex and of one of its parts."""

    annex: str
    part: str

    @property
    def heading(self) -> str:
        """The heading of the linked part."""
        return annexes.part(self.annex, self.part).heading


@dataclass(frozen=True, slots=True)
class Question:
    """A question, its answer in paragraphs, and the source documents of the answer.

    `figures`: (name, value) pairs listed with the answer.
    """

    text: str
    answer: tuple[str, ...]
    sources: tuple[str, ...]
    see: tuple[See, ...] = ()
    figures: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Guide:
    """The content of the guide page for one day."""

    needed: tuple[tuple[str, str], ...]
    questions: tuple[Question, ...]


NEEDED = (
    ("本人的身份证", "第一次用，要填姓名和身份证号"),
    ("本人的手机", "登录时收短信验证码"),
    ("参保地区和通讯地址", "在哪个市、县、区参保，寄信能寄到哪里"),
    ("想缴哪几个月、按多少缴", "拿不准也不要紧，页面会先算给您看"),
)


def guide(today: date) -> Guide:
    """Return the guide with the parameters in force on that day."""
    now = effective_parameters(today)
    return Guide(
        NEEDED,
        (_base(now), _MISTAKES, _PAYING, _making_up(now), _PARENTS, _RETIRING, _counters()),
    )


def _base(now: EffectiveParameters) -> Question:
    lines: list[str] = []
    lists: list[tuple[str, str]] = []
    sources = [NOTICE]
    for year in _newest_first(now.open_years):
        figures = now.book.figures(year)
        rate = now.book.rate(RateKind.FLEXIBLE, Month(year, 1))
        if isinstance(figures, Refusal):
            lines.append(figures.sentence)
        elif isinstance(rate, Refusal):
            lines.append(rate.sentence)
        else:
            lists += _figures(figures, rate)
            sources += [row.source for row in (*figures.rows, rate.row)]
    if not now.open_years:
        lines.append(_NONE_OPEN)
    return Question(
        "缴费基数是什么？",
        (
            "就是按每月多少钱来算养老保险费。基数高，缴得就多。",
            "填 60 到 300 的数，是上年度全口径城镇单位就业人员平均工资的百分之几，"
            "比如 60 就是 60%。填大于 300 的数，是您一个月的实际收入，单位是元。",
            "低于下限的按下限算，高于上限的按上限算。",
            *lines,
        ),
        tuple(dict.fromkeys(sources)),
        (See("assessment", "own"),),
        tuple(lists),
    )


def _figures(figures: YearFigures, rate: Rate) -> tuple[tuple[str, str], ...]:
    lowest = calculate(
        entered=EnteredBase(str(LOWEST_PERCENT), LOWEST_PERCENT, Meaning.PERCENT),
        months=12,
        figures=figures,
        rate=rate,
    )
    cost = read_back(lowest)
    personal = f"{rate.personal * 100:f}".rstrip("0").rstrip(".")
    return (
        (f"{figures.year} 年用的月平均工资", f"{plain(figures.monthly_average)} 元"),
        ("每月基数的下限", f"{plain(figures.lower)} 元"),
        ("每月基数的上限", f"{plain(figures.upper)} 元"),
        ("每月缴基数的", cost.rate),
        ("其中记入个人账户", f"{personal} 个百分点"),
        (f"填 {LOWEST_PERCENT}，一个月缴", cost.monthly_amount),
        (f"填 {LOWEST_PERCENT}，{cost.months} 个月共缴", cost.total),
    )


_NONE_OPEN = "目前没有开放申报的年度，请留意公告。"

_MISTAKES = Question(
    "填错了怎么办？",
    (
        "登记填错了：再登记一次。改了什么会先给您看，对了再提交，没改的都不变。",
        "核定填错了，还没传输：在记录上点“撤销”，再重新核定。",
        "核定填错了，已经传输、还没缴费：点“申请税务撤销”，税务同意后，回来点“撤销”，再重新核定。",
        "已经缴费的月份，这里不能撤销。有疑问请到社保服务大厅咨询。",
    ),
    (NOTICE,),
    (See("assessment", "revoke"), See("assessment", "ask")),
)

_PAYING = Question(
    "什么时候能缴费？在哪里缴？",
    (
        "记录上写着“已传输”，就可以到税务渠道缴费了。传输一般几秒钟就好。",
        "钱由税务部门收，这里只核定，不收钱。有人叫您在这里付款、转账，不要信。",
        "税务系统维护的时候，登记和核定照样能办；传输会等着，恢复后自动送到，不用再点。",
        "缴费到账后，记录会变成“已缴费”。",
    ),
    (NOTICE,),
    (See("assessment", "own"),),
)


def _making_up(now: EffectiveParameters) -> Question:
    published = set(now.book.years())
    years = [f"{year} 年" for year in _newest_first(now.open_years) if year in published]
    which = (
        f"现在能核定的是 {'、'.join(years)}。别的年度，要等经办机构开放申报。"
        if years
        else "现在没有能核定的年度，请留意公告。"
    )
    return Question(
        "能补缴吗？",
        (
            "开放申报的年度里，已经过去、还没核定的月份，可以选上一起核定、一起缴。",
            which,
            "不能早于参加工作的月份，也不能晚于退休的月份。",
            "没有用人单位、要按单位费率补缴的，手机上办不了，请带身份证到"
            f"{ChannelKind.HALL.label}。",
        ),
        (NOTICE,),
        (See("assessment", "own"),),
    )


_PARENTS = Question(
    "给父母办，行吗？",
    (
        "核定可以。在“核定”里选“代他人核定”，填父母的姓名和身份证号。父母要先登记好。",
        "登记要用父母自己的手机登录，您可以在旁边帮着填；"
        f"也可以陪他们到{ChannelKind.TOWNSHIP.label}或{ChannelKind.HALL.label}登记。",
        "您看得到哪些月份已经核定，但看不到别人办的金额，也只能撤销您自己办的。",
        "谁办了什么，父母在“我的”里的“消息”都能看到；"
        "不想让别人代办，可以在“我的”里关掉“他人代办”。",
    ),
    (NOTICE, OURS),
    (See("assessment", "proxy"),),
)

_RETIRING = Question(
    "今年要退休，能核定到几月？",
    (
        "核定到退休的那个月。选月份的时候，只列出能选的。",
        "退休月份还没批下来的，先按到法定退休年龄的那个月算。批下来的月份不一样的，"
        f"请带上批文到{ChannelKind.HALL.label}记上。",
    ),
    (NOTICE,),
)


def _counters() -> Question:
    lines = [
        f"{kind.label}：{'、'.join(action.label for action in Action if can(kind, action))}。"
        for kind in (ChannelKind.TOWNSHIP, ChannelKind.HALL)
    ]
    return Question(
        "不会用手机，去哪里办？",
        (
            "请带身份证到窗口，能办的是：",
            *lines,
            "手机上填了一半的，点“到窗口继续办理”，会给您 6 位办理码，到窗口读出来就能接着办。",
        ),
        (NOTICE, OURS),
    )


def _newest_first(years: frozenset[int]) -> list[int]:
    return sorted(years, reverse=True)
