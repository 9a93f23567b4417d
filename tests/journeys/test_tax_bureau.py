"""What the tax clerk does shows on the resident's record, and what the resident may do then."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.journeys.conftest import ThreeWays, World
from tests.journeys.phone import Phone
from tests.journeys.steps import (
    ASSESSMENT,
    MA_LAN,
    assess,
    read_back,
    refresh_until,
    revoke,
    to_form,
    to_own_assessment,
    transmit,
)

TODAY = "2019-09-24"
CLERK = "税务征收平台（演示）"
CLERK_DETAIL = f"核定详情 - {CLERK}"


def test_what_the_tax_bureau_revoked_can_be_revoked_and_assessed_again(
    two_ways: ThreeWays,
) -> None:
    left = two_ways(_clerk_revokes, TODAY)
    assert [row[-2] for row in left["assessments"]] == ["revoked", "assessed"]
    assert [row[2] for row in left["tax assessments"]] == ["revoked"]


def _clerk_revokes(world: World) -> None:
    phone = world.phone()
    record = _transmitted(world, phone)
    expect(phone.button("撤销", within=record)).to_have_count(0)
    clerk = world.phone()
    _at_the_clerks(clerk)
    clerk.press("撤销", refused=422)
    clerk.on(CLERK_DETAIL, clerk.page.get_by_role("alert"))
    clerk.fill("撤销的原因", "申报有误")
    clerk.press("撤销")
    clerk.on(CLERK_DETAIL, clerk.page.get_by_role("status").filter(has_text="已撤销"))
    phone.open("/assessment/self")
    refresh_until(phone, record, "税务已撤销")
    phone.on(ASSESSMENT, record.get_by_text("税务已撤销", exact=True))
    revoke(phone, record)
    phone.follow("新增")
    to_form(phone)
    phone.fill("缴费基数", "100")
    read_back(phone, "¥12411.96")
    assess(phone, "2019-01", "2019-12", "100")


def test_a_resident_asks_is_declined_asks_again_and_is_agreed_with(
    three_ways: ThreeWays,
) -> None:
    left = three_ways(_ask_twice, TODAY)
    assert [row[1:] for row in left["tax requests"]] == [
        ("缴费基数填错了", "declined"),
        ("真的填错了", "agreed"),
    ]
    assert [row[-2] for row in left["assessments"]] == ["revoked"]
    assert left["months"] == []


def _ask_twice(world: World) -> None:
    phone, clerk = world.phone(), world.phone()
    record = _transmitted(world, phone)
    phone.press("申请税务撤销", within=record)
    phone.asked("取消", "确认")
    phone.press("确认", refused=422)
    phone.told("撤销原因", "原因", kept="")
    phone.fill("撤销原因", "缴费基数填错了")
    phone.press("确认")
    phone.on(ASSESSMENT, record.get_by_text("税务撤销中", exact=True))
    _at_the_clerks(clerk, state="申请撤销中")
    clerk.on(CLERK_DETAIL, "缴费基数填错了")
    clerk.press("不同意撤销", refused=422)
    clerk.on(CLERK_DETAIL, clerk.page.get_by_role("alert"))
    clerk.fill("不同意撤销的原因", "已经入库")
    clerk.press("不同意撤销")
    clerk.on(CLERK_DETAIL, clerk.page.get_by_role("status"), "已经入库")
    _until(phone, record, "已传输")
    phone.follow("核定流水号")
    phone.on("核定记录", "税务不同意撤销：已经入库")
    phone.follow("返回")
    phone.on(ASSESSMENT, record)
    phone.press("申请税务撤销", within=record)
    phone.asked("取消", "确认")
    phone.fill("撤销原因", "真的填错了")
    phone.press("确认")
    phone.on(ASSESSMENT, record.get_by_text("税务撤销中", exact=True))
    _at_the_clerks(clerk, state="申请撤销中")
    clerk.on(CLERK_DETAIL, "真的填错了")
    clerk.press("同意撤销")
    clerk.on(CLERK_DETAIL, clerk.page.get_by_role("status"), "没有可办的事项")
    _until(phone, record, "税务已撤销")
    revoke(phone, record)


def test_what_is_paid_stays_paid(two_ways: ThreeWays) -> None:
    left = two_ways(_clerk_is_paid, TODAY)
    assert [row[-2] for row in left["assessments"]] == ["paid"]


def _clerk_is_paid(world: World) -> None:
    phone, clerk = world.phone(), world.phone()
    record = _transmitted(world, phone)
    _at_the_clerks(clerk)
    clerk.page.get_by_role("button", name="缴费").click()
    clerk.on(CLERK_DETAIL, clerk.page.get_by_role("status"), "已缴费的核定不能在这里撤销")
    _until(phone, record, "已缴费")
    expect(record.get_by_role("button")).to_have_count(0)


def test_a_resident_asks_is_agreed_with_and_assesses_again_with_the_old_values(
    three_ways: ThreeWays,
) -> None:
    left = three_ways(_ask_and_assess_again, TODAY)
    assert [row[-2] for row in left["assessments"]] == ["revoked", "transmitted"]
    assert [row[2] for row in left["tax assessments"]] == ["revoked", "received"]
    assert len(left["months"]) == 12


def _ask_and_assess_again(world: World) -> None:
    phone, clerk = world.phone(), world.phone()
    record = _transmitted(world, phone)
    phone.press("申请税务撤销", within=record)
    phone.asked("取消", "确认")
    phone.fill("撤销原因", "想改缴费基数")
    phone.press("确认")
    phone.on(ASSESSMENT, record.get_by_text("税务撤销中", exact=True))
    phone.follow("核定流水号")
    phone.on("核定记录", "办到哪一步", "现在在谁手里：税务")
    _at_the_clerks(clerk, state="申请撤销中")
    clerk.press("同意撤销")
    clerk.on(CLERK_DETAIL, clerk.page.get_by_role("status"), "没有可办的事项")
    _until(phone, record, "税务已撤销")
    revoke(phone, record)
    phone.follow("重新核定")
    to_form(phone)
    expect(phone.field("缴费基数")).to_have_value("60")
    phone.press("核定")
    again = phone.page.get_by_role("article").filter(has_text="已核定")
    phone.on(ASSESSMENT, again)
    transmit(phone, again.or_(phone.page.get_by_role("article")).first)


def test_while_the_tax_bureau_is_down_residents_go_on_and_it_goes_out_by_itself(
    three_ways: ThreeWays,
) -> None:
    left = three_ways(_down_and_up, TODAY)
    assert [row[-2] for row in left["assessments"]] == ["transmitted", "revoked"]
    assert [row[2] for row in left["tax assessments"]] == ["received"]


def _down_and_up(world: World) -> None:
    phone, clerk = world.phone(), world.phone()
    clerk.open("/tax-bureau/faults")
    form = clerk.page.get_by_role("region", name="系统出错")
    form.get_by_label("范围").select_option("percent")
    form.get_by_label("条数或百分比").fill("100")
    clerk.press("打开系统出错")
    to_own_assessment(world, phone, MA_LAN)
    waiting = assess(phone, "2019-01", "2019-06", "60")
    phone.press("传输", within=waiting)
    expect(phone.button("传输", within=waiting)).to_have_count(0)
    refresh_until(phone, waiting, "税务系统维护中", exact=False)
    phone.on(ASSESSMENT, waiting.get_by_text("税务系统维护中，恢复后自动传输"))
    phone.follow("新增")
    given_up = assess(phone, "2019-07", "2019-12", "100")
    revoke(phone, given_up)
    clerk.press("关闭系统出错")
    _until(phone, waiting, "已传输")


def _transmitted(world: World, phone: Phone) -> Locator:
    """A year of 马兰 that the tax bureau has."""
    to_own_assessment(world, phone, MA_LAN)
    record = assess(phone, "2019-01", "2019-12", "60")
    transmit(phone, record)
    return record


def _at_the_clerks(clerk: Phone, *, state: str = "待缴费") -> None:
    """The clerk finds the one record that arrived."""
    clerk.open("/tax-bureau/")
    arrived = clerk.page.get_by_role("link").filter(has_text="2019-01 至 2019-12")
    for _ in range(50):
        if arrived.filter(has_text=state).count():
            break
        clerk.page.wait_for_timeout(100)
        clerk.page.reload()
    clerk.on(CLERK, arrived.filter(has_text=state))
    expect(arrived).to_contain_text("¥7447.20")
    arrived.click()
    clerk.on(CLERK_DETAIL, "37236.00", "马")


def _until(phone: Phone, record: Locator, state: str) -> None:
    phone.open("/assessment/self")
    refresh_until(phone, record, state)
    phone.on(ASSESSMENT, record.get_by_text(state, exact=True))
