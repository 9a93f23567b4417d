"""代他人核定: naming the other person, what the proxy sees, and what that person is told."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import ThreeWays, World
from tests.journeys.phone import Phone
from tests.journeys.steps import (
    ASSESSMENT,
    DING,
    MA_LAN,
    START,
    assess,
    revoke,
    to_affairs,
    to_form,
    transmit,
)

NAME, IDENTITY = "被核定人姓名", "被核定人身份证号"
DINGS_PHONE = "19900000009"
NO_MATCH = "没有找到可以代办的人"
TODAY = "2019-09-24"


def test_somebody_handles_for_another_who_is_told_and_can_object(three_ways: ThreeWays) -> None:
    left = three_ways(_ma_lan_handles_for_ding, TODAY)
    assert {row[0] for row in left["months"]} == {DING}
    assert {row[0] for row in left["assessments"]} == {DING}
    assert [row[-2] for row in left["assessments"]] == ["revoked", "transmitted"]
    assert left["audit"][-1][0] == "person.proxy_off"


def _ma_lan_handles_for_ding(world: World) -> None:
    proxy = world.phone()
    to_affairs(proxy)
    proxy.follow("核定")
    proxy.sign_in(MA_LAN)
    proxy.on(ASSESSMENT, proxy.button("提交"))
    _name(proxy, "丁海雁", DING)
    proxy.press("提交", refused=422)
    proxy.on(ASSESSMENT, NO_MATCH)
    expect(proxy.field(NAME)).to_have_value("丁海雁")
    expect(proxy.field(IDENTITY)).to_have_value(DING)
    expect(proxy.page.get_by_label("代他人核定")).to_be_checked()
    # Whoever is not known here is refused in the same words.
    _name(proxy, "丁海燕", "640104198803150018")
    proxy.press("提交", refused=422)
    expect(proxy.field(IDENTITY)).to_have_value("640104198803150018")
    proxy.on(ASSESSMENT, NO_MATCH)
    _name(proxy, "丁海燕", "640104198803150019")
    proxy.press("提交", refused=422)
    proxy.told(IDENTITY, "校验位", kept="640104198803150019")
    _name(proxy, "丁海燕", DING.lower())
    proxy.press("提交")
    to_form(proxy)
    expect(proxy.field("姓名")).to_have_text("丁**")
    expect(proxy.field("身份证号码")).to_have_text("640324********002X")
    first = assess(proxy, "2019-01", "2019-03", "60")
    proxy.on(ASSESSMENT, "您正在代办")
    revoke(proxy, first)
    proxy.follow("新增")
    second = assess(proxy, "2019-01", "2019-12", "60")
    expect(second).to_contain_text("¥7447.20")
    transmit(proxy, second)

    herself = world.phone()
    herself.open("/me")
    herself.on("我的", herself.page.get_by_role("heading", name="我的专属"))
    herself.follow("登录")
    herself.sign_in(DINGS_PHONE)
    herself.confirm_real_name("丁海燕", DING)
    herself.on("首页", "丁**")
    herself.follow("我的")
    herself.follow("消息")
    made = herself.record("核定 2019年1月至12月", "7447.20")
    herself.on("消息", made.get_by_role("button", name="不是我办的"))
    expect(made).to_contain_text("马")
    herself.press("不是我办的", within=made)
    herself.on("消息", made.get_by_text("您已反映"))
    expect(herself.button("不是我办的", within=made)).to_have_count(0)
    herself.follow("查看记录", within=made)
    herself.on("核定记录", herself.record("代办"), "已传输")
    herself.open("/me")
    herself.follow("他人代办")
    herself.on("他人代办", herself.button("关闭他人代办"))
    herself.press("关闭他人代办")
    herself.on("他人代办", herself.button("打开他人代办"))

    # From now on the proxy is refused, in the words of every mismatch.
    proxy.open("/assessment")
    _name(proxy, "丁海燕", DING)
    proxy.press("提交", refused=422)
    proxy.on(ASSESSMENT, NO_MATCH)


def test_a_proxy_sees_taken_months_but_not_what_others_made(three_ways: ThreeWays) -> None:
    left = three_ways(_months_taken_by_herself, TODAY)
    assert [row[1] for row in left["months"]] == ["2019-01", "2019-02", "2019-12"]


def _months_taken_by_herself(world: World) -> None:
    herself = world.phone()
    herself.open("/assessment/self")
    herself.sign_in(DINGS_PHONE)
    herself.confirm_real_name("丁海燕", DING)
    assess(herself, "2019-01", "2019-02", "300")
    proxy = world.phone()
    proxy.open("/assessment")
    proxy.sign_in(MA_LAN)
    proxy.on(ASSESSMENT, proxy.button("提交"))
    _name(proxy, "丁海燕", DING)
    proxy.press("提交")
    proxy.on(ASSESSMENT, "这些月份已由本人或他人核定：2019年1月、2019年2月")
    expect(proxy.page.get_by_role("article")).to_have_count(0)
    expect(proxy.page.get_by_text("¥")).to_have_count(0)
    proxy.follow("新增")
    to_form(proxy)
    assert proxy.options(START)[0] == "2019-03"
    assess(proxy, "2019-12", "2019-12", "60")
    expect(proxy.page.get_by_role("article")).to_have_count(1)


def _name(phone: Phone, name: str, identity: str) -> None:
    """Choose 代他人核定 and name the person."""
    phone.page.get_by_text("代他人核定", exact=True).click()
    phone.fill(NAME, name)
    phone.fill(IDENTITY, identity)
