"""Somebody opens the service in 微信: what they see there, and what becomes of a page left open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.channels.browsers import BLOCKED
from tests.journeys.conftest import Scripted, World
from tests.journeys.inspection import inspect
from tests.journeys.phone import Phone

DAY = "2019-09-24"
TITLE = "请用手机浏览器打开"


@pytest.fixture
def world(scripted: Scripted) -> Iterator[World]:
    """A site that is opened in an app that cannot be used."""
    with scripted(DAY) as running:
        yield running


@pytest.fixture
def webview(browser: Browser) -> Iterator[Page]:
    """A page inside 微信 on a small phone."""
    context = browser.new_context(
        viewport={"width": 320, "height": 640},
        is_mobile=True,
        has_touch=True,
        locale="zh-CN",
        user_agent=BLOCKED["wechat Android"],
    )
    yield context.new_page()
    context.close()


def test_the_address_is_taken_along_with_one_touch_and_the_apps_are_explained(
    world: World, webview: Page
) -> None:
    webview.goto(f"{world.site.url}/assessment")
    expect(webview).to_have_title(TITLE)
    expect(webview.get_by_text("“微信”里暂时不能办理")).to_be_visible()
    assert inspect(webview) == []
    address = webview.get_by_text(f"{world.site.url}/assessment", exact=True)
    address.click(click_count=2)
    assert webview.evaluate("String(getSelection()).trim()") == f"{world.site.url}/assessment"
    webview.get_by_role("link", name="农业银行").click()
    expect(webview).to_have_title("农业银行")
    webview.get_by_role("link", name="用手机浏览器直接办理").click()
    expect(webview).to_have_title(TITLE)
    webview.get_by_role("link", name="返回").click()
    expect(webview.get_by_role("table")).to_be_visible()


def test_a_page_left_open_while_the_app_is_switched_off_says_so_at_the_next_touch(
    world: World,
) -> None:
    phone: Phone = world.phone()
    phone.open("/sign-in")
    phone.on("登录")
    phone.page.context.set_extra_http_headers({"User-Agent": BLOCKED["wechat Android"]})
    phone.fill("手机号", "19900000001")
    phone.press("获取验证码")
    phone.on(TITLE, "“微信”里暂时不能办理", f"{world.site.url}/sign-in")
