"""Annex 2 of the notice: 核定 for oneself, 新增, 撤销, and the years' own figures and limits."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import ThreeWays, World
from tests.journeys.steps import (
    ASSESSMENT,
    BASE,
    END,
    MA_LAN,
    START,
    WANG,
    YANG,
    ZHANG,
    all_the_way_to_own_assessment,
    assess,
    begin,
    read_back,
    revoke,
    to_form,
    to_own_assessment,
    transmit,
)

MA_LAN_ID = "640104198503120021"


def months(year: int, first: int = 1, last: int = 12) -> list[str]:
    """The values that a list of months offers."""
    return [f"{year}-{number:02d}" for number in range(first, last + 1)]


def test_the_notices_own_record_is_assessed_and_reaches_the_tax_bureau(
    three_ways: ThreeWays,
) -> None:
    left = three_ways(_the_notices_record, "2019-09-24")
    assert [(row[0], row[1]) for row in left["months"]] == [
        (MA_LAN_ID, month) for month in months(2019)
    ]
    (arrived,) = left["tax assessments"]
    assert arrived[2] == "received"
    assert '"total":"7447.20"' in str(arrived[1]).replace(" ", "")


def _the_notices_record(world: World) -> None:
    phone = world.phone()
    phone.open("/")
    phone.follow("我的")
    phone.on("我的", phone.page.get_by_role("heading", name="我的专属"))
    phone.page.get_by_role("link", name="社保", exact=True).click()
    phone.on("社保专题", phone.page.get_by_role("link", name="社保办事"))
    phone.follow("社保办事")
    phone.follow("核定")
    phone.sign_in(MA_LAN)
    begin(phone)
    to_form(phone)
    assert phone.options(START) == phone.options(END) == months(2019)
    expect(phone.field(START)).to_have_value("2019-01")
    expect(phone.field(END)).to_have_value("2019-12")
    phone.fill(BASE, "59.99")
    phone.press("核定", refused=422)
    phone.told(BASE, "60", kept="59.99")
    phone.choose(START, "2019-12")
    phone.choose(END, "2019-01")
    phone.fill(BASE, "60")
    phone.press("核定", refused=422)
    phone.told(END, "开始年月", kept="2019-01")
    phone.choose(START, "2019-01")
    phone.choose(END, "2019-12")
    read_back(phone, "3103.00", "620.60", "12 个月", "37236.00", "¥7447.20")
    phone.fill(BASE, "301")
    read_back(phone, "下限", "3103.00")
    phone.fill(BASE, "20000")
    read_back(phone, "上限", "15515.00")
    phone.follow("80%")
    phone.on(ASSESSMENT, "您填的 80", phone.page.get_by_role("listitem").filter(has_text="您填的"))
    phone.fill(BASE, "60")
    read_back(phone, "¥7447.20")
    phone.press("核定")
    record = phone.record("2019-01", "2019-12")
    phone.on(ASSESSMENT, record, phone.button("传输"), phone.page.get_by_role("link", name="新增"))
    for text in ("核定流水号", "37236.00", "¥7447.20", "已核定"):
        expect(record).to_contain_text(text)
    transmit(phone, record)
    phone.follow("核定流水号")
    phone.on("核定记录", "怎么算的", "办理经过", "税务已接收")
    phone.follow("一步一步怎么算的")
    phone.on("怎么算的", "62060.00 元 ÷ 12 × 60%", "国发〔2005〕38号")
    phone.follow("返回这笔核定")
    phone.on("核定记录", "办理经过")
    phone.follow("返回")
    phone.on(ASSESSMENT, record)
    phone.open("/")
    phone.on("首页", "2019 年，我的月份")
    expect(phone.page.get_by_role("listitem").filter(has_text="12月")).to_contain_text("已传输")


def test_periods_are_added_revoked_and_assessed_again(three_ways: ThreeWays) -> None:
    left = three_ways(_add_and_revoke, "2019-09-24")
    states = [(row[6], row[7], row[9], row[-2]) for row in left["assessments"]]
    assert states == [
        ("2019-01", "2019-06", "60", "revoked"),
        ("2019-07", "2019-12", "300", "assessed"),
        ("2019-02", "2019-06", "100", "assessed"),
    ]
    assert [row[1] for row in left["months"]] == months(2019, 2)


def _add_and_revoke(world: World) -> None:
    phone = world.phone()
    all_the_way_to_own_assessment(phone, MA_LAN)
    first = assess(phone, "2019-01", "2019-06", "60")
    phone.follow("新增")
    to_form(phone)
    assert phone.options(START) == months(2019, 7)
    # What 300 % means is read back: the upper bound, 15515.00 a month.
    phone.fill(BASE, "300")
    read_back(phone, "15515.00", "¥18618.00")
    second = assess(phone, "2019-07", "2019-12", "300")
    expect(phone.page.get_by_role("article")).to_have_count(2)
    expect(second).to_contain_text("93090.00")
    phone.press("撤销", within=first)
    phone.asked("取消", "确认")
    phone.press("取消")
    phone.on(ASSESSMENT, first.get_by_text("已核定", exact=True))
    expect(phone.page.get_by_role("dialog")).to_have_count(0)
    revoke(phone, first)
    expect(first.get_by_role("button")).to_have_count(0)
    phone.follow("新增")
    to_form(phone)
    assert phone.options(START) == months(2019, 1, 6)
    assess(phone, "2019-02", "2019-06", "100")
    phone.follow("新增")
    to_form(phone)
    assert phone.options(END) == months(2019, 1, 1)


def test_a_taken_month_is_refused_with_the_way_to_its_record(three_ways: ThreeWays) -> None:
    left = three_ways(_two_tabs, "2019-09-24")
    assert len(left["assessments"]) == 1


def _two_tabs(world: World) -> None:
    phone = world.phone()
    to_own_assessment(world, phone, MA_LAN)
    to_form(phone)
    old_tab = phone.page
    phone.second_page()
    phone.open("/assessment/self/new")
    assess(phone, "2019-03", "2019-03", "6000")
    phone.page = old_tab
    phone.fill(BASE, "60")
    phone.press("核定", refused=422)
    phone.on(ASSESSMENT, "月份已核定", phone.page.get_by_role("link", name="查看已核定的记录"))
    expect(phone.field(BASE)).to_have_value("60")
    phone.follow("查看已核定的记录")
    phone.on("核定记录", phone.record("2019-03"))


def test_without_a_registration_the_way_leads_there(three_ways: ThreeWays) -> None:
    left = three_ways(_not_registered, "2019-09-24")
    assert left["assessments"] == []


def _not_registered(world: World) -> None:
    phone = world.phone()
    phone.open("/assessment")
    phone.sign_in(YANG)
    phone.on(ASSESSMENT, phone.button("提交"))
    phone.press("提交", refused=422)
    phone.on(ASSESSMENT, "您还没有参保登记", phone.page.get_by_role("link", name="去登记"))
    phone.follow("去登记")
    phone.on("灵活就业人员养老保险登记", phone.button("提交"))


def test_the_figures_of_2026_are_used_in_2026(three_ways: ThreeWays) -> None:
    left = three_ways(_in_2026, "2026-11-24")
    assert [row[-3] for row in left["assessments"]] == ["phone"]


def _in_2026(world: World) -> None:
    phone = world.phone()
    to_own_assessment(world, phone, MA_LAN)
    to_form(phone)
    assert phone.options(START) == months(2026)
    phone.fill(BASE, "100")
    read_back(phone, "8371.00", "100452.00", "¥20090.40")
    phone.fill(BASE, "6000")
    read_back(phone, "6000.00", "¥14400.00")
    phone.fill(BASE, "60")
    read_back(phone, "5023.00", "60276.00", "¥12055.20")
    record = assess(phone, "2026-01", "2026-12", "60")
    expect(record).to_contain_text("60276.00")
    expect(record).to_contain_text("¥12055.20")


def test_months_end_with_retirement_in_2026(three_ways: ThreeWays) -> None:
    left = three_ways(_wang_in_2026, "2026-11-24")
    assert [row[1] for row in left["months"]] == months(2026, 1, 5)


def _wang_in_2026(world: World) -> None:
    phone = world.phone()
    to_own_assessment(world, phone, WANG)
    to_form(phone)
    assert phone.options(START) == phone.options(END) == months(2026, 1, 5)
    assess(phone, "2026-01", "2026-05", "100")
    phone.follow("新增")
    phone.on(ASSESSMENT, "现在没有可以核定的月份")


def test_months_end_with_retirement_in_2019(three_ways: ThreeWays) -> None:
    left = three_ways(_zhang_in_2019, "2019-09-24")
    assert left["assessments"] == []


def _zhang_in_2019(world: World) -> None:
    phone = world.phone()
    to_own_assessment(world, phone, ZHANG)
    to_form(phone)
    assert phone.options(START) == phone.options(END) == months(2019, 1, 9)
