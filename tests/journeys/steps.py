"""The stretches of way that many walks share."""

from __future__ import annotations

import time

from playwright.sync_api import Locator, expect

from tests.journeys.conftest import World
from tests.journeys.phone import Phone

ASSESSMENT = "灵活就业人员养老保险缴费核定"
REGISTRATION = "灵活就业人员养老保险登记"
START, END, BASE = "缴费开始年月", "缴费结束年月", "缴费基数"
MA_LAN, YANG, WANG, ZHANG = (f"1990000000{n}" for n in (1, 2, 3, 4))
"""Phones of the demo's residents (design section 4)."""
DING = "64032419920229002X"


PATIENCE = 40.0
"""Seconds to go on reloading for."""


def to_affairs(phone: Phone) -> None:
    """首页 → 社保专题 → 社保办事."""
    phone.open("/")
    phone.on("首页", phone.page.get_by_role("link", name="社保专题"))
    phone.follow("社保专题")
    phone.on("社保专题", phone.page.get_by_role("link", name="社保办事"))
    phone.follow("社保办事")
    phone.on("社保办事", phone.page.get_by_role("heading", name="灵活就业核定缴费"))


def to_own_assessment(world: World, phone: Phone, number: str) -> None:
    """The page of 核定 for oneself, on a phone whose holder signed in before."""
    world.let_in(phone, number)
    phone.open("/assessment/self")


def all_the_way_to_own_assessment(phone: Phone, number: str) -> None:
    """核定 as the holder of that phone number, from 首页 up to the page for oneself."""
    to_affairs(phone)
    phone.follow("核定")
    phone.sign_in(number)
    begin(phone)


def begin(phone: Phone) -> None:
    """Choose 本人缴费核定 on the page that asks for whom."""
    own = phone.page.get_by_label("本人缴费核定")
    phone.on(ASSESSMENT, phone.button("提交"))
    expect(own).to_be_checked()
    phone.press("提交")
    expect(own).to_have_count(0)


def to_form(phone: Phone) -> None:
    """See the form of an assessment."""
    phone.on(ASSESSMENT, phone.field(BASE), phone.button("核定"))


def assess(phone: Phone, start: str, end: str, base: str) -> Locator:
    """Fill the form, press 核定, and be back at the list with the new record in it."""
    to_form(phone)
    phone.choose(START, start)
    phone.choose(END, end)
    phone.fill(BASE, base)
    phone.press("核定")
    record = phone.record(start, end)
    phone.on(ASSESSMENT, record.get_by_text("已核定", exact=True))
    return record


def read_back(phone: Phone, *shown: str) -> None:
    """What the number typed means: by itself with the script, by a button without."""
    if not phone.scripted:
        phone.press("先算一算")
    status = phone.page.get_by_role("status")
    for text in shown:
        expect(status).to_contain_text(text)
    phone.look()


def wait_for_state(phone: Phone, record: Locator, state: str) -> None:
    """See a record arrive in a state: by itself with the script, by 刷新 without."""
    if not phone.scripted:
        refresh_until(phone, record, state)
    # 刷新 stays on the page it is tapped on, and every such page is the list.
    phone.on(ASSESSMENT, record.get_by_text(state, exact=True))


def refresh_until(phone: Phone, record: Locator, state: str, *, exact: bool = True) -> None:
    """Reload as an impatient person does, until the state (or a part of a sentence) is there."""
    # A sender that met a fault waits longer each time: half a minute after a few of them.
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if record.get_by_text(state, exact=exact).count():
            return
        link = phone.page.get_by_role("link", name="刷新")
        if link.count():
            link.first.click()
        else:
            phone.page.reload()
        phone.page.wait_for_timeout(100)


def transmit(phone: Phone, record: Locator) -> None:
    """传输, and wait until the tax bureau has it."""
    phone.press("传输", within=record)
    # Out of the way of the page that is still there while the press is on its way.
    expect(phone.button("传输", within=record)).to_have_count(0)
    wait_for_state(phone, record, "已传输")


def revoke(phone: Phone, record: Locator) -> None:
    """撤销 and 确认."""
    phone.press("撤销", within=record)
    phone.asked("取消", "确认")
    phone.press("确认")
    phone.on(ASSESSMENT, record.get_by_text("已撤销", exact=True))
