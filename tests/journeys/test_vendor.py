"""A vendor's walk through the sandbox, and a webview that is checked, good and bad."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from playwright.sync_api import expect

from flexapp import signing
from flexapp.vendors.self_check import (
    BAD,
    GOOD,
    decode,
)
from tests.journeys.conftest import Scripted, ThreeWays, World
from tests.journeys.phone import Mode, Phone
from tests.support.vendor import Vendor
from tests.support.walks import MA_LAN

TODAY = "2019-09-24"
VENDOR, SANDBOX, CHECK, RESULT = "App 接入", "沙箱", "webview 自查", "webview 自查结果"
KEY = "公钥（JWK 或 PEM）"


def without_cookies(served: WSGIApplication) -> WSGIApplication:
    """The same for a browser that keeps none: Chromium's shell cannot be set to refuse them."""

    def serve(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        def begin(status: str, headers: list[tuple[str, str]], fault: Any = None) -> Any:
            kept = [each for each in headers if each[0].lower() != "set-cookie"]
            return start(status, kept, fault)

        return served(environ, begin)

    return serve


def test_from_no_key_at_all_to_the_pages_as_a_fictional_resident(
    scripted: Scripted, tmp_path: Path
) -> None:
    with scripted(TODAY) as world:
        phone = world.phone()
        heard: list[str] = []
        phone.page.on("request", lambda request: heard.append(request.post_data or ""))
        phone.open("/open/")
        phone.on(VENDOR, "五步上线", phone.page.get_by_role("img"))
        phone.follow("沙箱")
        phone.on(SANDBOX, phone.button("生成密钥对"))
        phone.press("生成密钥对")
        phone.on(SANDBOX, "公钥已填在下面")
        with phone.page.expect_download() as download:
            phone.press("下载私钥（JWK）")
        download.value.save_as(tmp_path / "private.jwk.json")
        private = json.loads((tmp_path / "private.jwk.json").read_text())["d"]
        phone.press("登记公钥")
        phone.on(SANDBOX, "您的沙箱渠道", phone.button("签名"))
        at_sandbox = phone.page.url
        phone.choose("以谁的身份进来", "王建国")
        phone.press("签名")
        phone.on(SANDBOX, "Content-Type: application/jose", phone.button("发送"))
        phone.press("发送")
        phone.on(SANDBOX, phone.page.get_by_text("launch_url").last)
        phone.follow("打开网址")
        phone.on("确认办理人", "您正以 王** 办理 · 来自 沙箱")
        phone.press("继续")
        phone.on("社保专题", "社保办事")
        phone.open("/me")
        phone.on("我的", "王**")
        # The key is still in the tab: another launch needs no other key.
        phone.page.goto(at_sandbox)
        phone.on(SANDBOX, phone.button("签名"))
        assert private
        assert not [body for body in heard if private in body]


def test_an_expert_has_nothing_to_object_to_in_what_is_to_be_read(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = world.phone()
        phone.open("/open/launches")
        phone.on("渠道进入接口", "出错了怎么办", "LaunchClaims")
        phone.open("/open/examples")
        phone.on("示例程序", "下载 launch.py")


def test_a_key_from_its_file_and_an_answer_that_refuses(scripted: Scripted, tmp_path: Path) -> None:
    with scripted(TODAY) as world:
        key = signing.new_key("2026-a")
        other = tmp_path / "other.json"
        other.write_text(json.dumps(signing.new_key("2026-a").as_dict(private=True)))
        right = tmp_path / "right.json"
        right.write_text(json.dumps(key.as_dict(private=True)))
        phone = world.phone()
        phone.open("/open/sandbox")
        phone.fill(KEY, "这不是公钥")
        phone.press("登记公钥", refused=422)
        phone.told(KEY, "这不是 P-256 的公钥", kept="这不是公钥")
        phone.fill(KEY, json.dumps(key.as_dict(private=False)))
        phone.press("登记公钥")
        phone.on(SANDBOX, "这个标签页里没有这个公钥的私钥")
        phone.field("私钥文件（JWK）").set_input_files(other)
        phone.on(SANDBOX, "这个文件不是登记的公钥的私钥")
        phone.field("私钥文件（JWK）").set_input_files(right)
        phone.press("签名")
        phone.press("发送")
        phone.on(SANDBOX, phone.page.get_by_role("link", name="打开网址"))
        # The same message once more: what was taken is refused, and the page says where to look.
        phone.press("发送", refused=409)
        phone.on(SANDBOX, "replayed", phone.page.get_by_role("link", name="看看这个原因怎么改"))
        expect(phone.page.get_by_role("link", name="打开网址")).to_have_count(0)


def test_without_a_script_the_key_is_pasted_and_ones_own_server_signs(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = Phone(world.browser, world.site.url, Mode.NO_SCRIPT)
        world.phones.append(phone)
        vendor = Vendor(world.site.app, kid="2026-a")
        phone.open("/open/sandbox")
        phone.on(SANDBOX, "请用命令生成")
        expect(phone.button("生成密钥对")).to_have_count(0)
        phone.fill(KEY, vendor.key.as_pem(private=False).decode())
        phone.press("登记公钥")
        phone.on(SANDBOX, "用自己的程序发起")
        expect(phone.button("签名")).to_have_count(0)
        vendor.code, vendor.kid = phone.page.url.rsplit("/", 1)[1], "sandbox-key"
        phone.open(vendor.launch(MA_LAN))
        phone.press("继续")
        phone.on("社保专题", "社保办事")


def test_a_good_webview_passes_with_a_script_and_without(three_ways: ThreeWays) -> None:
    three_ways(_checks_its_webview, TODAY)


def _checks_its_webview(world: World) -> None:
    phone = world.phone(webview=True)
    phone.open("/open/self-check")
    phone.on(CHECK, phone.button("开始检查"))
    phone.press("开始检查")
    phone.on(CHECK, "请用 App 自己的返回")
    phone.back()
    phone.on(CHECK, "返回正常")
    phone.follow("看结果")
    phone.on(RESULT, "把检查编码发给我们")
    expect(phone.page.get_by_text("不通过", exact=True)).to_have_count(0)
    code = phone.page.locator(".check-code").inner_text()
    found = decode(code)
    assert found is not None
    assert (found.cookie, found.post, found.back, found.origin) == (GOOD,) * 4
    if phone.scripted:
        assert (found.script, found.local_storage, found.session_storage) == (GOOD,) * 3
        assert (found.letters, found.width) == (16, 375)
    else:
        assert (found.script, found.letters, found.width) == (BAD, 0, 0)
    said = world.site.app.test_cli_runner().invoke(args=["channels", "self-check", code])
    assert "通过  返回: 退回到上一页" in said.output


def test_a_webview_that_keeps_no_cookies_is_told_what_to_change(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        world.site.app.wsgi_app = without_cookies(world.site.app.wsgi_app)  # type: ignore[method-assign, assignment]
        phone = world.phone()
        phone.open("/open/self-check")
        phone.press("开始检查")
        phone.on(RESULT, "以后进不去", "CookieManager.setAcceptCookie(true)")
        expect(phone.page.get_by_role("heading", name="有 1 项要改")).to_be_visible()
        found = decode(phone.page.locator(".check-code").inner_text())
        assert found is not None
        assert (found.cookie, found.back) == (BAD, 0)
        assert phone.page.context.cookies() == []
