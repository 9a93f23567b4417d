"""A phone in somebody's hand: a browser window driven by what is seen on it, and watched."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    Browser,
    CDPSession,
    ConsoleMessage,
    Download,
    Error,
    Locator,
    Page,
    Response,
    expect,
)
from werkzeug.test import Cookie

from tests.journeys import drawer
from tests.journeys.inspection import inspect

WIDTH, HEIGHT = 375, 812
DESK = 1280
"""How wide the window on a clerk's desk is."""
CLERKS_PASSWORD = "demo-counter-2026"
CODE = re.compile(r"演示验证码：(\d{6})")
COUNTER_CODE = re.compile(r"演示动态码：(\d{6})")

WATCH_FOCUS = """() => {
  if (document.focusIsWatched) return;
  document.focusIsWatched = true;
  document.addEventListener('htmx:afterSettle', (event) => {
    const began = event.detail.requestConfig.triggeringEvent;
    if (!began || !['click', 'submit'].includes(began.type)) return;
    setTimeout(() => {
      const at = document.activeElement;
      if (at && at !== document.body && document.contains(at)) return;
      console.error(`the focus is lost after #${event.detail.target.id} came anew`);
    });
  });
}"""
"""Whoever hears or types their way through a page is not thrown to its beginning by a swap."""

expect.set_options(timeout=8_000)


class Mode(StrEnum):
    """The three ways in which every walk must come to the same."""

    SCRIPT = "JavaScript on"
    NO_SCRIPT = "JavaScript off"
    BLOCKED = "htmx blocked"


class Phone:
    """One person's browser. Everything is found by visible label or role, nothing by markup."""

    def __init__(
        self,
        browser: Browser,
        url: str,
        mode: Mode,
        *,
        webview: bool = False,
        desk: bool = False,
        density: float = 1,
    ) -> None:
        self.mode = mode
        self._webview = webview
        self._url = url
        self._answered: list[int] = []
        self._expected: list[int] = []
        self._troubles: list[str] = []
        self._tolerated: tuple[str, ...] = ()
        self._browser = browser
        self._settings = {
            "viewport": {"width": DESK if desk else WIDTH, "height": HEIGHT},
            "is_mobile": not desk,
            "has_touch": not desk,
            "device_scale_factor": 1 if desk else density,
            "locale": "zh-CN",
            "timezone_id": "Asia/Shanghai",
            "reduced_motion": "reduce",
            "java_script_enabled": mode is not Mode.NO_SCRIPT,
        }
        self._first = drawer.take(browser, mode, self._settings)
        self._context = self._first.context
        with drawer.leaving_nothing():
            self._context.set_default_timeout(10_000)
        self._watched: list[tuple[Page, str, Any]] = []
        self._blocking: list[CDPSession] = []
        self.page = self._watch(self._first)

    def check(self) -> None:
        """Fail for what was wrong with the pages seen so far."""
        if self._troubles:
            raise AssertionError("\n".join([str(self.mode), *self._troubles]))
        if self._answered != self._expected:
            raise AssertionError(
                f"{self.mode}: answers of {self._answered} where {self._expected} were expected"
            )

    def close(self) -> None:
        """Put the phone away."""
        for developer in self._blocking:
            developer.detach()
        for page, what, handler in self._watched:
            page.remove_listener(what, handler)
        drawer.put_back(self._browser, self.mode, self._settings, self._first)

    @property
    def scripted(self) -> bool:
        """Whether our script runs on this phone."""
        return self.mode is Mode.SCRIPT

    def second_page(self) -> Page:
        """Another tab of the same browser, watched as the first is; it becomes `page`."""
        self.page = self._watch(self._context.new_page())
        return self.page

    def bring(self, cookie: Cookie | None) -> None:
        """Hold this cookie of the site's, as from an earlier visit."""
        assert cookie is not None
        with drawer.leaving_nothing():
            self._context.add_cookies(
                [{"name": cookie.key, "value": cookie.value, "url": self._url, "httpOnly": True}]
            )

    def tolerate(self, *texts: str) -> None:
        """Whatever the browser's console says with these texts in it belongs to the walk."""
        self._tolerated = texts

    # What a person does

    def open(self, path: str, *, refused: int | None = None) -> None:
        """Type an address."""
        self._expect(refused)
        self.page.goto(self._url + path)

    def back(self, *, refused: int | None = None) -> None:
        """The way back that the browser or the app itself offers."""
        self._expect(refused)
        self.page.go_back()

    def follow(self, name: str, *, within: Locator | None = None) -> None:
        """Tap a link; `name` is a part of what it says."""
        (within or self.page).get_by_role("link", name=name).first.click()

    def press(
        self, name: str, *, within: Locator | None = None, refused: int | None = None
    ) -> None:
        """Tap a button of exactly that name; `refused` is the status it is to be answered with."""
        self._expect(refused)
        self.button(name, within=within).click()

    def fill(self, label: str, text: str) -> None:
        """Type into a field."""
        self.field(label).fill(text)

    def choose(self, label: str, option: str) -> None:
        """Choose from a list by what the option says, or by its value."""
        self.field(label).select_option(option)

    # What a person sees

    def button(self, name: str, *, within: Locator | None = None) -> Locator:
        """The button of exactly that name."""
        return (within or self.page).get_by_role("button", name=name, exact=True)

    def field(self, label: str) -> Locator:
        """The field of exactly that label."""
        return self.page.get_by_label(label, exact=True)

    def record(self, *texts: str) -> Locator:
        """The record (or message) in which all these texts stand."""
        found = self.page.get_by_role("article")
        for text in texts:
            found = found.filter(has_text=text)
        return found

    def on(self, title: str, *shown: Locator | str) -> None:
        """Be on the page of that title with these on it; then the page is inspected."""
        for sign in shown:
            seen = self.page.get_by_text(sign).first if isinstance(sign, str) else sign
            expect(seen).to_be_visible()
        expect(self.page).to_have_title(title)
        expect(self.page.get_by_role("heading", level=1)).to_have_count(1)
        self.look()

    def asked(self, *answers: str) -> None:
        """Be asked a question that has these answers as buttons."""
        dialog = self.page.get_by_role("dialog")
        for answer in answers:
            expect(self.button(answer, within=dialog)).to_be_visible()
        self.look()

    def look(self) -> None:
        """Have an expert eye on the page as it is now."""
        self.page.wait_for_load_state()
        if self.scripted:
            self.page.evaluate(WATCH_FOCUS)
        if self.mode is not Mode.NO_SCRIPT:
            with drawer.leaving_nothing():
                self._troubles += inspect(self.page)

    def told(self, label: str, sentence: str, *, kept: str) -> None:
        """The field says what is wrong with it, and what was typed is still in it."""
        field = self.field(label)
        expect(field).to_have_accessible_description(re.compile(re.escape(sentence)))
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_value(kept)
        if self.scripted:
            expect(field).to_be_focused()
        self.look()

    def options(self, label: str) -> Sequence[str]:
        """What a list offers, as values, in its order."""
        values = (o.get_attribute("value") or "" for o in self.field(label).locator("option").all())
        return [value for value in values if value]

    def sign_in(self, phone: str) -> None:
        """From 登录 to wherever one was going."""
        self.on("登录", self.button("获取验证码"))
        self.fill("手机号", phone)
        self.press("获取验证码")
        status = self.page.get_by_role("status").filter(has_text=CODE)
        expect(status).to_be_visible()
        self.look()
        found = CODE.search(status.inner_text())
        assert found is not None
        self.fill("验证码", found[1])
        self.press("登录")

    def sign_in_to_counter(self, user_name: str) -> None:
        """As one of the demo's staff, from anywhere to the desk."""
        self.open("/counter/sign-in")
        self.on("经办登录", self.button("登录"))
        self.fill("用户名", user_name)
        self.fill("密码", CLERKS_PASSWORD)
        self.press("登录")
        status = self.page.get_by_role("status").filter(has_text=COUNTER_CODE)
        expect(status).to_be_visible()
        self.look()
        found = COUNTER_CODE.search(status.inner_text())
        assert found is not None
        self.fill("动态码", found[1])
        self.press("确认")
        self.on("经办工作台", self.button("退出登录"))

    def confirm_real_name(self, name: str, identity: str) -> None:
        """From 实名认证 to wherever one was going."""
        self.on("实名认证", self.field("身份证号"))
        self.fill("姓名", name)
        self.fill("身份证号", identity)
        self.press("确认")

    def picture(self, path: Path) -> None:
        """Keep what every open page looks like, for whoever has to find out what went wrong."""
        for number, page in enumerate(self._context.pages):
            page.screenshot(path=path.with_name(f"{path.name}-{number}.png"), full_page=True)

    # What the browser says

    def _watch(self, page: Page) -> Page:
        if self.mode is Mode.BLOCKED:
            # Not by a route: with one, the browser keeps no file from page to page.
            with drawer.leaving_nothing():
                developer = self._context.new_cdp_session(page)
            developer.send("Network.enable")
            developer.send("Network.setBlockedURLs", {"urls": ["*/static/*.js"]})
            self._blocking.append(developer)
        self._listen(page, "response", self._note_answer)
        self._listen(page, "console", self._note_message)
        self._listen(page, "pageerror", self._note_error)
        if self._webview:
            self._listen(page, "popup", self._note_popup)
            self._listen(page, "download", self._note_download)
        return page

    def _listen(self, page: Page, what: Any, handler: Any) -> None:
        with drawer.leaving_nothing():
            page.on(what, handler)
        self._watched.append((page, what, handler))

    def _note_error(self, error: Error) -> None:
        self._troubles.append(f"script error: {error}")

    def _note_popup(self, _: Page) -> None:
        self._troubles.append("a webview has no second window")

    def _note_download(self, _: Download) -> None:
        self._troubles.append("a webview keeps no files")

    def _expect(self, status: int | None) -> None:
        if status is not None:
            self._expected.append(status)

    def _note_answer(self, response: Response) -> None:
        if response.status >= 400:
            self._answered.append(response.status)

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        # A refused request is told here too; it is held against what was expected by its status.
        if message.text.startswith("Failed to load resource: the server responded with"):
            return
        # A read-back is called off when the next letter is typed, or the page is left: no fault.
        if message.text.startswith(("htmx:sendAbort", "htmx:afterRequest")):
            return
        if any(text in message.text for text in self._tolerated):
            return
        self._troubles.append(f"{message.type}: {message.text}")
