"""Somebody practises on the phone before doing it in earnest."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from flexapp.practice.service import ANSWERS_AFTER
from tests.journeys.conftest import Scripted

DAY = "2026-11-25"
MARK = "练习 — 不会真的办理"


def test_the_whole_of_it_is_practised_without_signing_in(scripted: Scripted) -> None:
    with scripted(DAY) as world:
        phone = world.phone()
        page = phone.page
        phone.open("/")
        phone.follow("练习")
        phone.on("练习", "练四步", MARK)
        phone.follow("开始练习")
        phone.on("灵活就业人员养老保险登记", MARK)
        phone.press("提交", refused=422)
        phone.told("参保地区", "请选择参保地区", kept="")
        phone.choose("参保地区", "兴庆区")
        phone.choose("民族", "回族")
        phone.fill("通讯地址", "兴庆区演示路8号")
        phone.press("提交")
        phone.on("提交成功", "登记已办好", MARK)
        phone.follow("去核定缴费")
        phone.on("灵活就业人员养老保险缴费核定", phone.button("核定"), MARK)
        phone.follow("100%")
        expect(phone.field("缴费基数")).to_have_value("100")
        expect(page.get_by_role("status").get_by_text("¥20090.40")).to_be_visible()
        phone.press("核定")
        record = phone.record("核定流水号")
        expect(record.get_by_text("已核定", exact=True)).to_be_visible()
        phone.press("传输", within=record)
        # The page asks for its own news, as in earnest.
        expect(record.get_by_text("已传输", exact=True)).to_be_visible()
        phone.on("灵活就业人员养老保险缴费核定", MARK)
        phone.press("申请税务撤销", within=record)
        phone.asked("取消", "确认")
        phone.fill("撤销原因", "缴费基数填错了")
        phone.press("确认", within=page.get_by_role("dialog"))
        expect(record.get_by_text("税务撤销中", exact=True)).to_be_visible()
        # No page waits for this answer by itself: in earnest it may take days.
        page.wait_for_timeout(ANSWERS_AFTER.total_seconds() * 1000 + 200)
        phone.follow("刷新", within=record)
        expect(record.get_by_text("税务已撤销", exact=True)).to_be_visible()
        phone.press("撤销", within=record)
        phone.asked("取消", "确认")
        phone.press("确认", within=page.get_by_role("dialog"))
        expect(record.get_by_text("已撤销", exact=True)).to_be_visible()
        phone.press("退出练习")
        expect(page).to_have_title("首页")
        assert not [c for c in page.context.cookies() if c["name"] == "practice"]
        phone.open("/practice/registration")
        phone.on("灵活就业人员养老保险登记")
        expect(phone.field("通讯地址")).to_have_value(re.compile("^$"))
