"""Inside an app: launched by its server, without title bar and Referer, and back out again."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import Scripted, ThreeWays, World
from tests.journeys.phone import Phone
from tests.journeys.snapshot import take
from tests.journeys.steps import ASSESSMENT, REGISTRATION, assess, begin
from tests.journeys.webview import bank, silent
from tests.support.vendor import Vendor
from tests.support.walks import MA_LAN, Resident

TODAY = "2019-09-24"
NEWCOMER = Resident("柳成荫", "640104198803150018", "13909510021")
CONFIRM, REFUSED = "确认办理人", "不能从这里进入"


def _bare(phone: Phone) -> None:
    """The app draws title and way back: ours are gone, and the heading is still read out."""
    expect(phone.page.get_by_role("link", name="返回", exact=True)).to_have_count(0)
    box = phone.page.get_by_role("heading", level=1).bounding_box()
    assert box is not None
    assert box["width"] <= 1


def test_from_the_app_to_a_registration_and_an_assessment(three_ways: ThreeWays) -> None:
    left = three_ways(_newcomer_comes_from_the_bank, TODAY)
    assert left["accounts"][0] == (NEWCOMER.phone, NEWCOMER.identity)
    assert [row[0] for row in left["registrations"]][-1] == NEWCOMER.identity
    assert len(left["assessments"]) == 1
    by_hand = [row for row in left["audit"] if row[3] == "account"]
    assert [(row[0], row[5]) for row in by_hand] == [
        ("person.real_name", "abc"),
        ("account.signed_in", "abc"),
        ("registration.made", "abc"),
        ("assessment.assess", "abc"),
    ]


def _newcomer_comes_from_the_bank(world: World) -> None:
    heard = silent(world.site)
    vendor = bank(world.site)
    phone = world.phone(webview=True)
    phone.open(vendor.launch(NEWCOMER, target="/registration"))
    phone.on(CONFIRM, "您正以 柳** 办理 · 来自 农业银行", phone.button("不是我"))
    _bare(phone)
    phone.press("继续")
    phone.on(REGISTRATION, phone.button("提交"), "柳**")
    assert phone.page.url == f"{world.site.url}/registration"
    _bare(phone)
    phone.fill("通讯地址", "固原市西吉县吉强镇团结路8号")
    phone.press("提交", refused=422)
    phone.told("参保地区", "请选择参保地区", kept="")
    phone.choose("参保地区", "西吉县")
    phone.choose("民族", "汉族")
    phone.press("提交")
    phone.on("提交成功", "西吉县灵活就业人员虚拟单位")
    phone.follow("去核定缴费")
    begin(phone)
    assess(phone, "2019-01", "2019-06", "60")
    _bare(phone)
    expect(phone.page.get_by_role("link", name="新增")).to_be_visible()
    # Back never posts again and never shows the form as it was sent.
    phone.back()
    phone.look()
    assert phone.page.url.startswith(world.site.url)
    phone.open("/me")
    phone.on("我的", phone.page.get_by_role("link", name="返回 App"))
    _bare(phone)
    assert {referrer for _, referrer, _ in heard} == {None}
    # Without a referrer browsers call the origin of a posted form "null".
    assert ("POST", None, "null") in heard


def test_back_to_the_used_link_says_so_and_leads_on(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = world.phone(webview=True)
        phone.open(bank(world.site).launch(MA_LAN))
        phone.press("继续")
        phone.on("社保专题", "社保办事")
        phone.back(refused=410)
        phone.on(REFUSED, "这个链接已经用过了", phone.page.get_by_role("link", name="直接办理"))
        phone.follow("直接办理")
        phone.on("社保专题", "社保办事")


def test_a_page_out_of_the_browsers_memory_is_fetched_anew_with_its_buttons_alive(
    scripted: Scripted,
) -> None:
    with scripted(TODAY) as world:
        phone = world.phone(webview=True)
        phone.open(bank(world.site).launch(MA_LAN))
        phone.press("继续")
        phone.on("社保专题", "社保办事")
        phone.open("/assessment/self/new")
        phone.fill("缴费基数", "60")
        phone.page.evaluate(
            "() => { document.querySelectorAll('button').forEach(b => { b.disabled = true; });"
            " window.stale = true;"
            " window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true})); }"
        )
        phone.page.wait_for_function("() => !window.stale && document.readyState === 'complete'")
        phone.on(ASSESSMENT, phone.button("核定"))
        expect(phone.button("核定")).to_be_enabled()
        expect(phone.field("缴费基数")).to_have_value("")
        assert take(world.site)["assessments"] == []


def test_somebody_else_says_so_and_nobody_is_signed_in(three_ways: ThreeWays) -> None:
    left = three_ways(_not_me, TODAY)
    assert not [row for row in left["audit"] if row[3] == "account"]


def _not_me(world: World) -> None:
    phone = world.phone(webview=True)
    phone.open(bank(world.site).launch(MA_LAN))
    phone.press("不是我")
    phone.on("没有登录", "已经取消，没有用这个人的信息登录")
    phone.open("/me")
    phone.on("我的", phone.page.get_by_role("link", name="登录"))


def test_the_way_out_uses_the_apps_bridge_and_else_a_page(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = world.phone(webview=True)
        phone.open(bank(world.site, "--bridge", "weixin").launch(MA_LAN, target="/me"))
        phone.press("继续")
        phone.on("我的", "马*")
        phone.follow("返回 App")
        phone.on("返回 App", "请用 App 自己的“返回”或“关闭”回去")
        phone.open("/me")
        phone.page.evaluate(
            "() => { window.WeixinJSBridge ="
            " { call: name => document.body.setAttribute('data-called', name) }; }"
        )
        phone.follow("返回 App")
        expect(phone.page.locator("body")).to_have_attribute("data-called", "closeWindow")
        # An app that takes the call and stays open leaves nobody stuck.
        phone.on("返回 App", "请用 App 自己的“返回”或“关闭”回去")


def test_an_app_that_draws_no_title_bar_gets_ours(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = world.phone(webview=True)
        phone.open(Vendor(world.site.app, "boc").register().launch(MA_LAN))
        phone.press("继续")
        phone.on("社保专题", phone.page.get_by_role("link", name="返回", exact=True))
