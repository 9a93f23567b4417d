"""In at the app's door, 登记, 核定, 撤销 and Back, in Firefox and in WebKitGTK as in an app."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journeys.engines.starting import FIREFOX, OLD_CHROMIUM, WEBKIT, Engine
from tests.journeys.engines.visiting import Visit, visiting
from tests.journeys.steps import ASSESSMENT, BASE, END, REGISTRATION, START
from tests.journeys.webview import bank, silent
from tests.support.walks import ADDRESS, MA_LAN, YANG

TODAY = "2019-09-24"
FORM, LIST = "/assessment/self/new", "/assessment/self"


# Selenium's own way to WebKitGTK's driver is one that it means to give up.
@pytest.mark.filterwarnings("ignore:setting remote_server_addr:DeprecationWarning")
@pytest.mark.parametrize("engine", [FIREFOX, WEBKIT], ids=lambda engine: engine.name)
def test_in_another_engine_one_registers_assesses_and_revokes_in_the_app(
    engine: Engine, tmp_path: Path, database_for: Callable[[str], Path]
) -> None:
    with visiting(engine, tmp_path, database_for(TODAY), TODAY) as visit:
        seen = visit.webview
        visit.heard = silent(visit.site)
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


def test_in_chromium_69_one_goes_from_the_first_page_to_what_the_tax_bureau_has(
    tmp_path: Path, database_for: Callable[[str], Path]
) -> None:
    with visiting(OLD_CHROMIUM, tmp_path, database_for(TODAY), TODAY) as visit:
        seen = visit.webview
        visit.sign_in(YANG.phone)
        _to(visit, "登记")
        seen.on(REGISTRATION, "提交")
        seen.choose("参保地区", "640106")
        seen.choose("民族", "03")
        seen.fill("通讯地址", ADDRESS)
        seen.press("提交")
        seen.on("提交成功", "金凤区灵活就业人员虚拟单位")
        _to(visit, "核定")
        seen.on(ASSESSMENT, "本人缴费核定")
        seen.press("提交")
        seen.on(ASSESSMENT, BASE)
        seen.choose(START, "2019-01")
        seen.choose(END, "2019-12")
        seen.fill(BASE, "60")
        seen.on(ASSESSMENT, "已选 2019年1月至12月，共 12 个月。", "3103.00", "7447.20")
        seen.press("核定")
        seen.on(ASSESSMENT, "已核定", "37236.00", "7447.20")
        seen.press("传输")
        seen.on(ASSESSMENT, "已传输")
        assert visit.states() == ["transmitted"]


def _to(visit: Visit, entry: str) -> None:
    """首页 → 社保专题 → 社保办事 → the entry."""
    seen = visit.webview
    seen.open("/")
    for link in ("社保专题", "社保办事", entry):
        seen.follow(link)
