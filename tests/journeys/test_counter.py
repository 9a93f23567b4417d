"""What clerks do for people in front of them, at windows as wide as a desk, beside their phones."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.journeys.conftest import ThreeWays, World
from tests.journeys.phone import Phone
from tests.journeys.steps import (
    ASSESSMENT,
    BASE,
    END,
    MA_LAN,
    REGISTRATION,
    START,
    WANG,
    YANG,
    assess,
    refresh_until,
    revoke,
    to_affairs,
    to_own_assessment,
)
from tests.support.walks import MA_LAN as MA_LAN_HERSELF
from tests.support.walks import WANG as WANG_HIMSELF
from tests.support.walks import YANG as YANG_HIMSELF
from tests.support.walks import newcomer

TODAY = "2026-11-24"
PERSON = "居民信息"
ADDRESS = "兴庆区胜利街一号院"


def serve(desk: Phone, identity: str) -> None:
    """From the desk to somebody's page, by their ID number."""
    desk.open("/counter")
    desk.follow("居民业务")
    desk.on("居民业务", desk.button("查找"))
    desk.fill("身份证号", identity)
    desk.press("查找")


def fact(window: Phone, name: str) -> Locator:
    """What stands beside a name in a list of facts."""
    line = window.page.locator("dl.facts > div").filter(
        has=window.page.get_by_text(name, exact=True)
    )
    return line.locator("dd")


def test_a_township_registers_somebody_new_and_sends_them_elsewhere_to_assess(
    two_ways: ThreeWays,
) -> None:
    left = two_ways(_township_registers, TODAY)
    (row,) = [row for row in left["registrations"] if row[0] == newcomer().identity]
    assert row[1:5] == ("640104", "兴庆区灵活就业人员虚拟单位", "03", ADDRESS)
    assert left["assessments"] == []
    done = [row for row in left["audit"] if row[1] == newcomer().identity]
    assert [(row[0], row[5]) for row in done] == [
        ("counter.person_added", "township"),
        ("counter.opened", "township"),
        ("registration.made", "township"),
    ]


def _township_registers(world: World) -> None:
    desk = world.desk("xz01", by_hand=True)
    who = newcomer()
    serve(desk, who.identity)
    desk.on("居民业务", "还没有这个身份证号的人", desk.field("姓名"))
    desk.fill("姓名", who.name)
    desk.press("新建")
    desk.press("确认新建")
    desk.on(PERSON, "还没有参保登记。")
    desk.follow("登记")
    desk.on(REGISTRATION, desk.button("提交"))
    desk.press("提交", refused=422)
    desk.on(REGISTRATION, desk.page.get_by_role("alert"))
    desk.choose("参保地区", "640104")
    desk.choose("民族", "03")
    desk.fill("通讯地址", ADDRESS)
    desk.press("提交")
    desk.on(PERSON, fact(desk, "通讯地址"), "乡镇民生服务中心不能办理缴费核定")
    expect(fact(desk, "参保地区")).to_have_text("兴庆区")
    expect(desk.page.get_by_role("link", name="新增核定")).to_have_count(0)


def test_a_hall_assesses_transmits_and_revokes_for_somebody_who_sees_it_on_the_phone(
    three_ways: ThreeWays,
) -> None:
    left = three_ways(_hall_assesses, TODAY)
    assert [(row[1], row[-3], row[-2]) for row in left["assessments"]] == [
        (None, "hall", "transmitted"),
        (None, "hall", "revoked"),
    ]


def _hall_assesses(world: World) -> None:
    desk = world.desk("dt01")
    serve(desk, MA_LAN_HERSELF.identity)
    desk.on(PERSON, desk.page.get_by_role("link", name="新增核定"))
    first = _assess_at(desk, "2026-01", "2026-06", "100")
    expect(first).to_contain_text("¥10045.20")
    desk.press("传输", within=first)
    expect(desk.button("传输", within=first)).to_have_count(0)
    _see_state(desk, first, "已传输")
    second = _assess_at(desk, "2026-07", "2026-07", "59")
    second = _assess_at(desk, "2026-07", "2026-07", "60", again=True)
    desk.press("撤销", within=second)
    desk.asked("取消", "确认")
    desk.press("确认")
    desk.on(PERSON, second.get_by_text("已撤销", exact=True))

    phone = world.phone()
    to_own_assessment(world, phone, MA_LAN)
    phone.on(ASSESSMENT, phone.record("2026-01", "2026-06").get_by_text("已传输", exact=True))
    phone.open("/me/messages")
    phone.on("消息", "核定 2026年1月至6月", "大厅经办员")


def _assess_at(desk: Phone, start: str, end: str, base: str, *, again: bool = False) -> Locator:
    """Assess at a counter; 59 is refused and the form stays."""
    if not again:
        desk.follow("新增核定")
    desk.on(ASSESSMENT, desk.field(BASE))
    desk.choose(START, start)
    desk.choose(END, end)
    desk.fill(BASE, base)
    if base == "59":
        desk.press("核定", refused=422)
        desk.told(BASE, "60", kept="59")
        return desk.page.get_by_role("alert")
    desk.press("核定")
    record = desk.record(start, end)
    desk.on(PERSON, record.get_by_text("已核定", exact=True))
    return record


def _see_state(desk: Phone, record: Locator, state: str) -> None:
    if not desk.scripted:
        refresh_until(desk, record, state)
    desk.on(PERSON, record.get_by_text(state, exact=True))


def test_an_approved_retirement_month_moves_the_boundary_on_the_phone_at_once(
    two_ways: ThreeWays,
) -> None:
    left = two_ways(_approve, TODAY)
    assert [row[-2] for row in left["assessments"]] == ["revoked", "assessed"]
    assert [row[6:8] for row in left["assessments"]] == [
        ("2026-01", "2026-05"),
        ("2026-01", "2026-03"),
    ]


def _approve(world: World) -> None:
    phone = world.phone()
    to_own_assessment(world, phone, WANG)
    assess(phone, "2026-01", "2026-05", "60")
    desk = world.desk("dt01")
    serve(desk, WANG_HIMSELF.identity)
    desk.on(PERSON, fact(desk, "可核定到"))
    desk.follow("退休信息")
    desk.on("退休信息", "没有超出2026年5月的核定。")
    desk.choose("批准的退休年月", "2026-03")
    desk.press("提交")
    beyond = desk.page.get_by_role("article")
    desk.on("退休信息", beyond.get_by_text("请撤销，再核定到可核定的月份"))
    phone.open("/assessment/self")
    revoke(phone, phone.record("2026-01", "2026-05"))
    phone.follow("新增")
    phone.on(ASSESSMENT, phone.field(END))
    assert max(phone.options(END)) == "2026-03"
    assess(phone, "2026-01", "2026-03", "60")


def test_a_make_up_at_the_unit_rate_has_its_unit_its_rate_and_its_mark(
    two_ways: ThreeWays,
) -> None:
    left = two_ways(_make_up, TODAY)
    (row,) = left["assessments"]
    assert row[2] == "兴庆区以单位费率缴费虚拟单位"
    assert row[5] == "unit"


def _make_up(world: World) -> None:
    desk = world.desk("dt01")
    serve(desk, MA_LAN_HERSELF.identity)
    desk.on(PERSON, desk.page.get_by_role("link", name="以单位费率补缴"))
    desk.follow("以单位费率补缴")
    desk.on("以单位费率补缴核定", desk.field(BASE))
    desk.choose(START, "2026-01")
    desk.choose(END, "2026-03")
    desk.fill(BASE, "60")
    desk.press("核定")
    record = desk.record("2026-01", "2026-03")
    desk.on(PERSON, record.get_by_text("单位费率"))
    expect(record).to_contain_text("¥3616.56")


def test_what_was_begun_on_the_phone_is_finished_at_the_counter_and_the_reverse(
    three_ways: ThreeWays,
) -> None:
    left = three_ways(_hand_over, TODAY)
    (row,) = [row for row in left["registrations"] if row[0] == YANG_HIMSELF.identity]
    assert row[4] == ADDRESS
    assert [(row[3 + 3], row[-3]) for row in left["assessments"]] == [("2026-01", "phone")]


def _hand_over(world: World) -> None:
    phone = world.phone()
    to_affairs(phone)
    phone.follow("登记")
    phone.sign_in(YANG)
    phone.on(REGISTRATION, phone.button("提交"))
    phone.fill("通讯地址", ADDRESS)
    phone.press("到窗口继续办理")
    digits = phone.page.get_by_text("读给经办人员").locator("xpath=..").locator("p").first
    phone.on("办理码", digits)
    code = digits.inner_text()

    desk = world.desk("xz01")
    serve(desk, YANG_HIMSELF.identity)
    desk.on(PERSON, desk.page.get_by_role("link", name="输入办理码"))
    desk.follow("输入办理码")
    desk.on("办理码", desk.button("打开"))
    desk.fill("办理码", code)
    desk.press("打开")
    desk.on(REGISTRATION, "接着本人在手机上已填的内容")
    expect(desk.field("通讯地址")).to_have_value(ADDRESS)
    desk.choose("参保地区", "640104")
    desk.choose("民族", "03")
    desk.press("提交")
    desk.on(PERSON, fact(desk, "通讯地址"))

    hall = world.desk("dt01")
    serve(hall, YANG_HIMSELF.identity)
    hall.on(PERSON, hall.page.get_by_role("link", name="新增核定"))
    hall.follow("新增核定")
    hall.on(ASSESSMENT, hall.field(BASE))
    hall.choose(START, "2026-01")
    hall.choose(END, "2026-01")
    hall.fill(BASE, "6000")
    hall.press("让本人在手机上继续")
    told = hall.page.get_by_text("本人用自己的手机登录").locator("xpath=..").locator("p").first
    hall.on("办理码", told)
    code = told.inner_text()

    phone.open("/me")
    phone.follow("办理码")
    phone.on("办理码", phone.button("接着办"))
    phone.fill("办理码", code)
    phone.press("接着办")
    phone.on(ASSESSMENT, "接着窗口已填的内容")
    expect(phone.field(BASE)).to_have_value("6000")
    phone.press("核定")
    phone.on(ASSESSMENT, phone.record("2026-01").get_by_text("已核定", exact=True))
