"""In at the app's door, 登记, 核定, 撤销 and Back, in Firefox and in WebKitGTK as in an app."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.remote.webdriver import WebDriver

from tests.journeys.conftest import PICTURES
from tests.journeys.engines.starting import FIREFOX, WEBKIT, Engine
from tests.journeys.engines.webview import Webview
from tests.journeys.site import Site
from tests.journeys.snapshot import take
from tests.journeys.steps import ASSESSMENT, BASE, END, REGISTRATION, START
from tests.journeys.webview import Heard, bank, silent
from tests.support.walks import MA_LAN

TODAY = "2019-09-24"
FORM, LIST = "/assessment/self/new", "/assessment/self"


@dataclass
class Visit:
    """A site, a webview with it, and what the site heard."""

    site: Site
    webview: Webview
    heard: Heard

    def posts(self) -> int:
        """How many forms were sent so far."""
        return sum(method == "POST" for method, _, _ in self.heard)

    def states(self) -> list[object]:
        """Of the assessments in the database."""
        return [row[-2] for row in take(self.site)["assessments"]]


@contextmanager
def visiting(engine: Engine, folder: Path, template: Path) -> Iterator[Visit]:
    """A site of its own, opened in an engine; a picture where that goes wrong."""
    if engine.missing:
        pytest.skip(engine.missing)
    profile = folder / "profile"
    profile.mkdir(mode=0o700)
    with ExitStack() as ends:
        site = Site(folder, template, TODAY)
        ends.callback(site.close)
        webview = Webview(_started(engine, profile, ends), site.url)
        try:
            yield Visit(site, webview, silent(site))
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
        pytest.skip(f"the walk in {engine.name}: it is here and does not start ({sentence})")


# Selenium's own way to WebKitGTK's driver is one that it means to give up.
@pytest.mark.filterwarnings("ignore:setting remote_server_addr:DeprecationWarning")
@pytest.mark.parametrize("engine", [FIREFOX, WEBKIT], ids=lambda engine: engine.name)
def test_in_another_engine_one_registers_assesses_and_revokes_in_the_app(
    engine: Engine, tmp_path: Path, database_for: Callable[[str], Path]
) -> None:
    with visiting(engine, tmp_path, database_for(TODAY)) as visit:
        seen = visit.webview
        seen.open(bank(visit.site).launch(MA_LAN, target="/registration"))
        seen.on("确认办理人", "您正以 马* 办理 · 来自 农业银行", "不是我")
        assert not seen.has_title_bar()
        seen.press("继续")
        seen.on(REGISTRATION, "马*", "提交")
        seen.at("/registration")
        assert not seen.has_title_bar()
        _assess(visit)
        _back_to_the_form(visit)
        _revoke(visit)
        assert {referrer for _, referrer, _ in visit.heard} == {None}
        # Without a referrer browsers call the origin of a posted form "null".
        assert ("POST", None, "null") in visit.heard
        assert seen.referrer() == ""
        assert seen.windows() == 1


def _assess(visit: Visit) -> None:
    seen = visit.webview
    seen.open(FORM)
    seen.on(ASSESSMENT, BASE)
    assert not seen.has_title_bar()
    seen.choose(START, "2019-01")
    seen.choose(END, "2019-06")
    seen.fill(BASE, "60")
    # Read back while typing: the script works in this engine.
    seen.on(ASSESSMENT, "3103.00")
    seen.press("核定")
    seen.on(ASSESSMENT, "已核定", "2019-01", "2019-06", "18618.00")
    seen.at(LIST)
    assert visit.states() == ["assessed"]


def _back_to_the_form(visit: Visit) -> None:
    """Back shows the form as it is now, not as it was sent, and sends nothing."""
    seen, posts = visit.webview, visit.posts()
    seen.back()
    seen.at(FORM)
    assert seen.value(BASE) == ""
    assert "2019-06" not in seen.options(START)
    assert seen.stuck() == []
    assert visit.posts() == posts
    assert visit.states() == ["assessed"]


def _revoke(visit: Visit) -> None:
    seen = visit.webview
    seen.open(LIST)
    seen.press("撤销")
    seen.on(ASSESSMENT, "确定撤销这笔核定吗？", "取消")
    seen.press("确认")
    seen.on(ASSESSMENT, "已撤销")
    assert "确定撤销" not in seen.text()
    assert visit.states() == ["revoked"]
    seen.at(LIST)
    posts = visit.posts()
    seen.back()
    # Whether going to the page that one is on adds to the history is each engine's own choice.
    if seen.at(FORM, LIST) == FORM:
        assert "2019-06" in seen.options(START), "the months are free again, and the page knows it"
    else:
        assert "已核定" not in seen.text()
    assert seen.stuck() == []
    assert visit.posts() == posts
    assert visit.states() == ["revoked"]
