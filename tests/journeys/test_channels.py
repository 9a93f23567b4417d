"""Annex 3 of the notice: the twelve apps, their QR codes read as a phone's camera reads them."""

from __future__ import annotations

import io

import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from tests.journeys.conftest import ThreeWays, World

TITLE = "2019 年宁夏灵活就业人员养老保险指尖办核定渠道"
APPS = [
    "我的宁夏",
    "国务院客户端",
    "掌上12333",
    "中国银行",
    "农业银行",
    "工银融e联",
    "建设银行",
    "邮储银行",
    "招商银行",
    "方达掌上医院",
    "i银川都市圈",
    "南风医生",
]
NOT_YET = ["微信", "支付宝", "云闪付", "城市一账通"]


def test_every_qr_code_on_the_page_leads_to_its_app(three_ways: ThreeWays) -> None:
    three_ways(_scan_all, "2019-09-24")


def _scan_all(world: World) -> None:
    phone = world.phone()
    phone.open("/")
    phone.follow("办理渠道")
    phone.on(TITLE, phone.page.get_by_role("table"))
    for column in ("序号", "渠道名称", "手机APP二维码"):
        expect(phone.page.get_by_role("columnheader", name=column, exact=True)).to_be_visible()
    picture = Image.open(io.BytesIO(phone.page.screenshot(full_page=True)))
    # The camera sees the whole poster; from the top down, the codes stand in the order of the apps.
    codes = sorted(zxingcpp.read_barcodes(picture), key=lambda code: code.position.top_left.y)
    assert len(codes) == len(APPS)
    rows = phone.page.get_by_role("row")
    expect(rows).to_have_count(1 + len(APPS))
    for number, (name, code) in enumerate(zip(APPS, codes, strict=True), start=1):
        expect(rows.nth(number)).to_contain_text(name)
        expect(rows.nth(number).get_by_role("cell").first).to_have_text(str(number))
        link = phone.page.get_by_role("link", name=name, exact=True)
        assert code.text == world.site.url + (link.get_attribute("href") or "")
    for name in NOT_YET:
        expect(phone.page.get_by_text(name, exact=False).first).to_be_visible()
    for name, code in zip(APPS, codes, strict=True):
        phone.open(code.text.removeprefix(world.site.url))
        phone.on(name, "在 App 里怎么找")
    phone.follow("用手机浏览器直接办理")
    phone.on("社保专题", "社保办事")
