"""Which months may be assessed: the validation of a period and the month choices of a form.

Both apply the same rules, so that a page never offers a month that validation refuses. The
sentences do not assume that the reader is the insured person: proxies read them too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from flexapp.rules.periods import Month, Period, group_months, months_of
from flexapp.rules.refusal import Refusal
from flexapp.rules.text import normalise


class Availability(StrEnum):
    """Why a month can or cannot be chosen."""

    AVAILABLE = "available"
    TAKEN = "taken"
    BEFORE_WORK_START = "before_work_start"
    AFTER_RETIREMENT = "after_retirement"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Availability.AVAILABLE: "可核定",
    Availability.TAKEN: "已核定",
    Availability.BEFORE_WORK_START: "早于参加工作时间",
    Availability.AFTER_RETIREMENT: "已到退休年龄",
}


@dataclass(frozen=True, slots=True)
class MonthStatus:
    """A month of the grid. `serial`: the live assessment that includes it, when it is taken."""

    month: Month
    status: Availability
    serial: str | None = None

    @property
    def available(self) -> bool:
        return self.status is Availability.AVAILABLE


def month_choices(
    *, year: int, work_start: Month, last_month: Month, taken: Mapping[Month, str]
) -> tuple[MonthStatus, ...]:
    """The 12 months of `year` in order. The caller checks whether the year is open.

    `last_month` is the last month that may be assessed (`retirement.last_assessable_month`);
    `taken` maps the months of the person's live assessments to their serials.
    """
    return tuple(
        MonthStatus(month, _availability(month, work_start, last_month, taken), taken.get(month))
        for month in months_of(year)
    )


def _availability(
    month: Month, work_start: Month, last_month: Month, taken: Mapping[Month, str]
) -> Availability:
    if month in taken:
        return Availability.TAKEN
    if month < work_start:
        return Availability.BEFORE_WORK_START
    if month > last_month:
        return Availability.AFTER_RETIREMENT
    return Availability.AVAILABLE


def check_period(
    *,
    start: str,
    end: str,
    open_years: frozenset[int],
    work_start: Month,
    last_month: Month,
    taken: Mapping[Month, str],
    published: frozenset[int] | None = None,
) -> Period | Refusal:
    """Validate the period from `start` to `end` ("YYYY-MM" each) (2019 notice).

    `published`: the open years that have figures; `None`: all of them. Refusals, in this order:
    month_missing, month_malformed, start_after_end, across_years, year_not_open,
    before_work_start, after_retirement, month_taken. Their `field` is "start" or "end".
    """
    first = _month(start, "start", "缴费开始年月")
    if isinstance(first, Refusal):
        return first
    last = _month(end, "end", "缴费结束年月")
    if isinstance(last, Refusal):
        return last
    if first > last:
        return Refusal("start_after_end", "缴费结束年月不能早于缴费开始年月，请重新选择。", "end")
    if first.year != last.year:
        return Refusal(
            "across_years",
            f"一次只能核定同一年的月份，请先核定到{first.year}年12月，其余月份再新增一笔。",
            "end",
        )
    period = Period(first, last)
    return (
        _refuse_closed_year(period, open_years, open_years if published is None else published)
        or _refuse_outside_work(period, work_start, last_month)
        or refuse_taken(period, taken)
        or period
    )


def refuse_taken(period: Period, taken: Mapping[Month, str]) -> Refusal | None:
    """The refusal `month_taken`, naming the months of `period` in `taken`; `None` without any.

    Also used for the loser of two concurrent requests, once the winner's months are known.
    """
    held = [month for month in period.months if month in taken]
    if not held:
        return None
    names = "、".join(part.label for part in group_months(held))
    field = "start" if period.start in taken else "end"
    return Refusal("month_taken", f"该月份已核定：{names}。请改选其他月份。", field)


def _month(text: str, field: str, label: str) -> Month | Refusal:
    text = normalise(text)
    if not text:
        return Refusal("month_missing", f"请选择{label}。", field)
    try:
        return Month.parse(text)
    except ValueError:
        return Refusal("month_malformed", f"{label}不是有效的年月，请从列表中重新选择。", field)


def _refuse_closed_year(
    period: Period, open_years: frozenset[int], published: frozenset[int]
) -> Refusal | None:
    if period.year in open_years:
        return None
    if published:
        years = "、".join(str(year) for year in sorted(published))
        advice = f"目前可以申报的年度：{years}，请重新选择。"
    else:
        # On 1 January the new year is open and has no figures yet.
        years = "、".join(str(year) for year in sorted(open_years))
        waits = f"{years}年度的缴费基数还没有公布，" if open_years else "目前没有开放申报的年度，"
        advice = f"{waits}请留意首页公告；{period.year}年的月份漏办了，请到社保服务大厅咨询。"
    return Refusal("year_not_open", f"{period.year}年度没有开放申报。{advice}", "start")


def _refuse_outside_work(period: Period, work_start: Month, last_month: Month) -> Refusal | None:
    if period.start < work_start:
        return Refusal(
            "before_work_start",
            f"参加工作时间是{work_start.label}，更早的月份不能核定，"
            f"请从{work_start.label}或以后选择。",
            "start",
        )
    if period.end > last_month:
        if period.start > last_month:
            advice, field = "这些月份不能再核定，如有疑问请到社保服务大厅咨询。", "start"
        else:
            advice, field = f"缴费结束年月最晚选{last_month.label}。", "end"
        return Refusal(
            "after_retirement",
            f"{last_month.label}到达退休年龄，之后的月份不能缴费，{advice}",
            field,
        )
    return None
