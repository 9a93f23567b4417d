"""A site of its own, opened in one of the engines."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Response
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.remote.webdriver import WebDriver

from tests.journeys.conftest import PICTURES
from tests.journeys.engines.starting import Engine
from tests.journeys.engines.webview import Webview
from tests.journeys.phone import CLERKS_PASSWORD, CODE, COUNTER_CODE
from tests.journeys.site import Site
from tests.journeys.snapshot import take
from tests.journeys.webview import Heard

WITHOUT_SCRIPT = "default-src 'self'; script-src 'none'"


@dataclass
class Visit:
    """A site, a webview with it, and what the site heard."""

    engine: Engine
    site: Site
    webview: Webview
    heard: Heard = field(default_factory=list)
    scripted: bool = True
    """Whether pages that are opened from now on may run our script."""

    def posts(self) -> int:
        """How many forms were sent so far."""
        return sum(method == "POST" for method, _, _ in self.heard)

    def states(self) -> list[object]:
        """Of the assessments in the database."""
        return [row[-2] for row in take(self.site)["assessments"]]

    def sign_in(self, phone: str) -> None:
        """As a resident, on the screen."""
        seen = self.webview
        seen.open("/sign-in")
        seen.fill("手机号", phone)
        seen.press("获取验证码")
        seen.on("登录", "演示验证码：")
        seen.fill("验证码", _shown(CODE, seen.text()))
        seen.press("登录")
        seen.on("首页")

    def sign_out(self) -> None:
        """As a resident."""
        self.webview.open("/me")
        self.webview.press("退出登录")
        self.webview.on("首页")

    def sign_in_to_counter(self, user_name: str) -> None:
        """As a clerk, on the screen."""
        seen = self.webview
        seen.open("/counter/sign-in")
        seen.fill("用户名", user_name)
        seen.fill("密码", CLERKS_PASSWORD)
        seen.press("登录")
        seen.on("动态码", "演示动态码：")
        seen.fill("动态码", _shown(COUNTER_CODE, seen.text()))
        seen.press("确认")
        seen.on("经办工作台")


def _shown(code: re.Pattern[str], text: str) -> str:
    found = code.search(text)
    assert found is not None, text
    return found[1]


@contextmanager
def visiting(engine: Engine, folder: Path, template: Path, today: str) -> Iterator[Visit]:
    """A site of its own, opened in an engine; a picture where that goes wrong."""
    if engine.missing:
        pytest.skip(engine.missing)
    profile = folder / "profile"
    profile.mkdir(mode=0o700)
    with ExitStack() as ends:
        site = Site(folder, template, today)
        ends.callback(site.close)
        webview = Webview(_started(engine, profile, ends), site.url)
        visit = Visit(engine, site, webview)

        def withhold(response: Response) -> Response:
            if not visit.scripted:
                response.headers["Content-Security-Policy"] = WITHOUT_SCRIPT
            return response

        site.app.after_request(withhold)
        try:
            yield visit
        except BaseException:
            webview.picture(PICTURES / f"{engine.name}.png")
            raise


def _started(engine: Engine, profile: Path, ends: ExitStack) -> WebDriver:
    try:
        return ends.enter_context(engine.start(profile))
    except (AssertionError, OSError, WebDriverException) as fault:
        # Some machines have a browser that takes no profile but its own. Ours for CI has not.
        if os.environ.get("CI"):
            raise
        sentence = str(fault).strip().partition("\n")[0]
        pytest.skip(f"walks in {engine.name}: it is here and does not start ({sentence})")
