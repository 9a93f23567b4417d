"""In a real browser: each label and button of a page finds one, and only what was pressed turns."""

from __future__ import annotations

import time

from playwright.sync_api import Route, expect

from tests.journeys.conftest import Scripted

TODAY = "2019-09-24"


def test_only_the_button_that_was_pressed_turns_while_the_code_is_on_its_way(
    scripted: Scripted,
) -> None:
    with scripted(TODAY) as world:
        phone = world.phone()
        phone.open("/sign-in")

        def slowly(route: Route) -> None:
            time.sleep(0.5)
            route.continue_()

        phone.page.route("**/sign-in/code", slowly)
        phone.fill("手机号", "19900000001")
        phone.page.get_by_role("button", name="获取验证码").click(no_wait_after=True)
        busy = phone.page.locator("button[data-busy]")
        expect(busy).to_have_text(["获取验证码"])
        expect(phone.page.get_by_role("button", name="登录")).to_be_disabled()
        expect(phone.page.locator("p[role=status]")).to_be_visible()
        expect(busy).to_have_count(0)


def test_every_label_and_button_of_the_main_pages_finds_one_in_a_real_browser(
    scripted: Scripted,
) -> None:
    with scripted(TODAY) as world:
        phone = world.phone()
        phone.open("/sign-in")
        for label in ("手机号", "验证码"):
            expect(phone.page.get_by_label(label)).to_have_count(1)
        for name in ("获取验证码", "登录"):
            expect(phone.page.get_by_role("button", name=name)).to_have_count(1)
        world.let_in(phone, "19900000001")
        phone.open("/registration")
        for label in (
            "姓名",
            "身份证号",
            "联系电话",
            "参保地区",
            "性别",
            "民族",
            "出生日期",
            "通讯地址",
        ):
            expect(phone.page.get_by_label(label)).to_have_count(1)
        expect(phone.page.get_by_role("button", name="提交")).to_have_count(1)
        phone.open("/assessment")
        for label in ("被核定人姓名", "被核定人身份证号"):
            expect(phone.page.get_by_label(label)).to_have_count(1)
        phone.open("/assessment/self/new")
        for label in ("姓名", "身份证号码", "缴费开始年月", "缴费结束年月", "缴费基数"):
            expect(phone.page.get_by_label(label)).to_have_count(1)
        expect(phone.page.get_by_role("button", name="核定")).to_have_count(1)
