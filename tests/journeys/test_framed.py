"""In a frame of a bank's page: another site, by TLS, in a browser that parts cookies by site."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, expect
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response as Answer

from tests.journeys.site import Site
from tests.journeys.snapshot import take
from tests.support.vendor import Vendor, channels
from tests.support.walks import MA_LAN
from tools.cluster.nginx import make_certificate

TODAY = "2019-09-24"


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


class Bank:
    """A page of another site that shows whatever address is asked for inside its own."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self.shown = ""
        self._server = make_server(
            "127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet, ssl_context=tls
        )
        self.url = f"https://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        page = f'<!DOCTYPE html><title>银行</title><iframe src="{self.shown}" height=600></iframe>'
        return Answer(page, content_type="text/html; charset=utf-8")(environ, start)

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    """A certificate that nobody knows: the browser is told to take it."""
    make_certificate(tmp_path)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    return made


@pytest.fixture
def site(
    tmp_path: Path, database_for: Callable[[str], Path], tls: ssl.SSLContext
) -> Iterator[Site]:
    """The service, by TLS."""
    folder = tmp_path / "site"
    folder.mkdir()
    made = Site(folder, database_for(TODAY), TODAY, tls=tls)
    yield made
    made.close()


@pytest.fixture
def bank(site: Site, tls: ssl.SSLContext) -> Iterator[Bank]:
    """The bank's page, which may frame ours."""
    made = Bank(tls)
    channels(site.app, "webview", "abc", "--frame-ancestor", made.url)
    yield made
    made.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser with no cookies."""
    made = browser.new_context(
        ignore_https_errors=True, locale="zh-CN", viewport={"width": 400, "height": 700}
    )
    made.set_default_timeout(10_000)
    yield made
    made.close()


def show(site: Site, bank: Bank, context: BrowserContext) -> tuple[Page, FrameLocator]:
    """The bank's page with a launch for 马兰 in its frame."""
    bank.shown = site.url + Vendor(site.app).register().launch(MA_LAN, target="/assessment")
    page = context.new_page()
    page.goto(bank.url)
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", level=1)).to_have_text("确认办理人")
    return page, frame


def press(frame: FrameLocator, name: str) -> None:
    """Press a button in the frame."""
    frame.get_by_role("button", name=name, exact=True).click()


def go(frame: FrameLocator, path: str) -> None:
    """Another page in the frame, as by a link; not before the script has answered."""
    frame.locator("body").evaluate(
        "(_, path) => { setTimeout(() => location.assign(path)); }", path
    )


def test_in_the_frame_of_a_bank_people_assess_with_a_cookie_kept_for_it_alone(
    site: Site, bank: Bank, context: BrowserContext
) -> None:
    page, frame = show(site, bank, context)
    press(frame, "继续")
    press(frame, "提交")
    base = frame.get_by_label("缴费基数", exact=True)
    base.fill("10")
    press(frame, "核定")
    expect(base).to_have_attribute("aria-invalid", "true")
    base.fill("60")
    press(frame, "核定")
    expect(frame.get_by_role("link", name="新增")).to_be_visible()
    assert len(take(site)["assessments"]) == 1
    (cookie,) = (each for each in context.cookies() if each["name"].startswith("session"))
    assert (cookie["name"], cookie["sameSite"], cookie["secure"]) == (
        "session-framed",
        "None",
        True,
    )
    assert cookie.get("partitionKey")
    # Outside the frame, in the same browser, nobody is signed in.
    outside = context.new_page()
    outside.goto(f"{site.url}/me")
    expect(outside.get_by_role("link", name="登录")).to_be_visible()
    go(frame, "/me")
    press(frame, "退出登录")
    expect(frame.get_by_role("button", name="退出登录")).to_have_count(0)
    go(frame, "/me")
    expect(frame.get_by_role("link", name="登录")).to_be_visible()
    page.close()


def test_the_same_link_opened_outside_has_the_usual_cookie(
    site: Site, bank: Bank, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(site.url + Vendor(site.app).register().launch(MA_LAN))
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("社保专题")
    (cookie,) = context.cookies()
    assert (cookie["name"], cookie["sameSite"]) == ("session", "Lax")


def test_where_the_browser_refuses_the_cookie_the_page_says_so_and_goes_on_outside(
    site: Site, bank: Bank, context: BrowserContext
) -> None:
    page, frame = show(site, bank, context)
    # As a browser that takes none inside another site's page.
    context.clear_cookies()
    press(frame, "继续")
    expect(frame.get_by_role("heading", level=1)).to_have_text("请单独打开")
    expect(frame.get_by_text("浏览器没有保存登录信息")).to_be_visible()
    frame.get_by_role("link", name="单独打开").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("确认办理人")
    assert page.url.startswith(f"{site.url}/launch/")
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("灵活就业人员养老保险缴费核定")


def test_nobody_else_shows_our_pages_in_a_frame_or_leaves_a_cookie(
    site: Site, bank: Bank, context: BrowserContext
) -> None:
    bank.shown = f"{site.url}/sign-in"
    page = context.new_page()
    page.goto(bank.url)
    page.wait_for_timeout(300)
    assert context.cookies() == []
    with pytest.raises(AssertionError):
        expect(page.frame_locator("iframe").get_by_label("手机号")).to_be_visible(timeout=300)
