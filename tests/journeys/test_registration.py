"""Annex 1 of the notice: 登记, by somebody known, by somebody new, and again to change it."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import ThreeWays, World
from tests.journeys.steps import MA_LAN, REGISTRATION, YANG, to_affairs

TODAY = "2019-09-24"
NEWCOMER = ("13909510021", "640104198803150018")
"""A phone and an ID number of nobody."""
CREDIT_CODE = "91640104MA0DEM0X02"


def test_someone_with_an_account_registers_from_the_home_page(three_ways: ThreeWays) -> None:
    left = three_ways(_yang_registers, TODAY)
    assert left["registrations"][-1][1:6] == (
        "640104",
        "兴庆区灵活就业人员虚拟单位",
        "03",
        "银川市兴庆区文化东街21号",
        None,
    )


def _yang_registers(world: World) -> None:
    phone = world.phone()
    phone.open("/")
    phone.follow("登录")
    phone.sign_in(YANG)
    phone.on("首页", "杨**")
    to_affairs(phone)
    phone.follow("登记")
    phone.on(REGISTRATION, phone.button("提交"), "640321********0031", "199****0002", "男")
    phone.fill("通讯地址", "银川")
    phone.press("提交", refused=422)
    phone.told("参保地区", "请选择参保地区", kept="")
    expect(phone.field("通讯地址")).to_have_value("银川")
    phone.choose("参保地区", "兴庆区")
    phone.choose("民族", "回族")
    phone.fill("通讯地址", "银川市兴庆区文化东街21号")
    phone.press("提交")
    phone.on("提交成功", "兴庆区灵活就业人员虚拟单位", "2019年1月")
    phone.follow("去核定缴费")
    phone.on("灵活就业人员养老保险缴费核定", phone.button("提交"))


def test_a_newcomer_signs_up_on_the_way_to_registering(three_ways: ThreeWays) -> None:
    left = three_ways(_newcomer_registers, TODAY)
    assert left["registrations"][-1][0] == NEWCOMER[1]
    assert left["registrations"][-1][5] == CREDIT_CODE
    assert left["accounts"][0] == NEWCOMER


def _newcomer_registers(world: World) -> None:
    phone = world.phone()
    to_affairs(phone)
    phone.follow("登记")
    phone.on("登录", phone.button("获取验证码"))
    phone.fill("手机号", "1390951")
    phone.press("获取验证码", refused=422)
    phone.told("手机号", "请输入 11 位手机号码", kept="1390951")
    phone.sign_in(NEWCOMER[0])
    phone.on("实名认证", phone.button("确认"))
    phone.fill("姓名", "柳成荫")
    phone.fill("身份证号", "640104198803150011")
    phone.press("确认", refused=422)
    phone.told("身份证号", "身份证号", kept="640104198803150011")
    expect(phone.field("姓名")).to_have_value("柳成荫")
    phone.confirm_real_name("柳成荫", NEWCOMER[1])
    # And here one lands where one was going.
    phone.on(REGISTRATION, phone.button("提交"), "柳**")
    phone.choose("参保地区", "西吉县")
    phone.choose("民族", "汉族")
    phone.fill("通讯地址", "固原市西吉县吉强镇团结路8号")
    phone.page.get_by_text("我是个体工商户").click()
    phone.fill("统一社会信用代码（个体工商户选填）", CREDIT_CODE[:-1] + "9")
    phone.press("提交", refused=422)
    phone.told(
        "统一社会信用代码（个体工商户选填）", "统一社会信用代码不对", kept=CREDIT_CODE[:-1] + "9"
    )
    phone.fill("统一社会信用代码（个体工商户选填）", CREDIT_CODE)
    phone.press("提交")
    phone.on("提交成功", "西吉县灵活就业人员虚拟单位")
    phone.follow("回到首页")
    phone.on("首页", "柳**")


def test_a_change_of_division_is_shown_old_and_new_before_it_counts(
    three_ways: ThreeWays,
) -> None:
    left = three_ways(_ma_lan_moves, TODAY)
    hers = [row for row in left["registrations"] if row[0] == "640104198503120021"]
    assert [(row[1], row[-1]) for row in hers] == [("640104", False), ("640106", True)]
    assert hers[0][6] == hers[1][6], "her work start is kept"


def _ma_lan_moves(world: World) -> None:
    phone = world.phone()
    phone.open("/registration")
    phone.sign_in(MA_LAN)
    phone.on(REGISTRATION, "您已在兴庆区参保", phone.button("提交"))
    phone.choose("参保地区", "金凤区")
    phone.press("提交")
    phone.on(REGISTRATION, "请核对要变更的内容")
    terms = phone.page.get_by_role("definition")
    expect(terms).to_have_count(1)
    expect(terms).to_contain_text("兴庆区")
    expect(terms).to_contain_text("变更为：金凤区")
    phone.press("返回修改")
    phone.on(REGISTRATION, phone.field("通讯地址"))
    expect(phone.field("参保地区")).to_have_value("640106")
    phone.press("提交")
    phone.on(REGISTRATION, "请核对要变更的内容")
    phone.press("提交")
    phone.on("提交成功", "金凤区灵活就业人员虚拟单位", "2008年1月")
