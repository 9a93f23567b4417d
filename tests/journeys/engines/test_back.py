"""What browsers put back by themselves: Back and reload, by the real key, in every engine.

Where the script is withheld the pages come with a policy that forbids it: to the pages it is the
same as with JavaScript off, and the engine's remote control goes on working.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flexapp.rules.periods import Month
from tests.journeys.engines.starting import CHROMIUM, FIREFOX, OLD_CHROMIUM, WEBKIT, Engine
from tests.journeys.engines.visiting import Visit, visiting
from tests.journeys.engines.webview import Chosen
from tests.journeys.snapshot import take
from tests.journeys.steps import ASSESSMENT, BASE, END, REGISTRATION, START
from tests.support.walks import DING, MA_LAN, WANG, YANG, ZHANG, Resident

TODAY = "2019-09-24"
OWN = "/assessment/self"
DECLARED = ("参保地区", "民族", "通讯地址")
TYPED = ("640106", "03", "金凤区正源街九号")
NOTHING_TYPED = "填好缴费基数"
LATE = 0.3
"""Seconds in which what is put back late, after the page has come, is there too."""

pytestmark = pytest.mark.filterwarnings(
    # Selenium's own way to WebKitGTK's driver is one that it means to give up.
    "ignore:setting remote_server_addr:DeprecationWarning"
)


@pytest.mark.parametrize(
    "engine", [CHROMIUM, OLD_CHROMIUM, FIREFOX, WEBKIT], ids=lambda engine: engine.name
)
def test_after_back_or_reload_a_form_agrees_with_itself_and_holds_what_nobody_else_typed(
    engine: Engine, tmp_path: Path, database_for: Callable[[str], Path]
) -> None:
    with visiting(engine, tmp_path, database_for(TODAY), TODAY) as visit:
        registered = take(visit.site)["registrations"]
        # Others each time: a phone is sent a code once a minute.
        for visit.scripted, first, second in ((True, MA_LAN, YANG), (False, WANG, ZHANG)):
            visit.sign_in(first.phone)
            _assess_and_go_back(visit, OWN, f"{OWN}/new")
            _assess_and_go_back(visit, _proxy(visit), f"{visit.webview.path()}/new")
            _leave_the_review(visit)
            _hand_the_phone_on(visit, first, second)
        # Clerks' computers have Chromium or Firefox.
        if engine is not WEBKIT:
            _at_the_hall(visit)
        assert take(visit.site)["registrations"] == registered


def _assess_and_go_back(visit: Visit, listing: str, form: str) -> None:
    """核定, Back, and reload in the middle of typing."""
    seen = visit.webview
    seen.open(form)
    before = _agreed(visit)
    first = Month.parse(before.start)
    _fill(visit, before.start, str(first.plus(2)), "60")
    seen.press("核定")
    seen.at(listing)
    seen.back()
    seen.at(form)
    after = _agreed(visit)
    if _keeps_pages(visit):
        assert (after.start, after.base) == (before.start, "")
        seen.reload()
        seen.at(form)
        after = _agreed(visit)
    assert (after.start, after.base) == (str(first.plus(3)), "")
    _fill(visit, after.start, after.start, "80")
    seen.reload()
    seen.at(form)
    _agreed(visit)
    seen.open(listing)
    seen.back()
    seen.at(form)
    again = _agreed(visit)
    if visit.scripted and not form.startswith("/counter"):
        assert (again.end, again.base) == (after.start, "80"), "nothing typed is lost"


def _keeps_pages(visit: Visit) -> bool:
    """Whether Back shows the very page that was left, with its fields cleared.

    WebKit does, without TLS, whatever the page says; a deployment has TLS. Where the script runs it
    has the page come anew.
    """
    return visit.engine is WEBKIT and not visit.scripted


def _fill(visit: Visit, start: str, end: str, base: str) -> None:
    seen = visit.webview
    seen.choose(START, start)
    seen.choose(END, end)
    seen.fill(BASE, base)
    if visit.scripted:
        seen.on(ASSESSMENT, "月缴费基数")


def _agreed(visit: Visit) -> Chosen:
    """The form as it is after a moment: its lists, sentence, months and sum say the same."""
    time.sleep(LATE)
    chosen = visit.webview.chosen()
    start, end = Month.parse(chosen.start), Month.parse(chosen.end)
    marked = tuple(range(start.number, end.number + 1))
    assert chosen.marked == marked, chosen
    assert f"共 {len(marked)} 个月。" in chosen.words, chosen
    assert chosen.words.startswith(f"已选 {start.year}年{start.number}月"), chosen
    assert (chosen.base == "") == chosen.read_back.startswith(NOTHING_TYPED), chosen
    return chosen


def _proxy(visit: Visit) -> str:
    seen = visit.webview
    seen.open("/assessment")
    seen.pick("代他人核定")
    seen.fill("被核定人姓名", DING.name)
    seen.fill("被核定人身份证号", DING.identity)
    seen.press("提交")
    seen.on(ASSESSMENT, "丁**")
    seen.on(ASSESSMENT, "核定")
    return seen.path()


def _leave_the_review(visit: Visit) -> None:
    """A change of 登记 is reviewed at an address of its own; Back leads to what was typed."""
    seen = visit.webview
    seen.open("/registration")
    seen.choose(DECLARED[0], TYPED[0])
    seen.press("提交")
    seen.at("/registration/review")
    seen.on(REGISTRATION, "请核对要变更的内容")
    seen.back()
    seen.at("/registration")
    if _keeps_pages(visit):
        seen.reload()
    seen.on(REGISTRATION, "接着您")
    assert seen.value(DECLARED[0]) == TYPED[0]
    seen.press("清除重填")
    seen.on(REGISTRATION, "您已在")


def _hand_the_phone_on(visit: Visit, first: Resident, second: Resident) -> None:
    """One types and signs out, another signs in on the same tab and goes back."""
    seen = visit.webview
    seen.open("/registration")
    _type(visit)
    visit.sign_out()
    _sign_in_page_forgets(visit, first)
    visit.sign_in(second.phone)
    for _ in range(12):
        seen.back()
        time.sleep(LATE)
        if seen.path() == "/registration":
            break
    seen.at("/registration")
    time.sleep(LATE)
    put_back = tuple(map(seen.value, DECLARED))
    seen.open("/registration")
    assert put_back == tuple(map(seen.value, DECLARED))
    assert not set(TYPED) & set(put_back), put_back
    visit.sign_out()


def _type(visit: Visit) -> None:
    seen = visit.webview
    seen.choose(DECLARED[0], TYPED[0])
    seen.choose(DECLARED[1], TYPED[1])
    seen.fill(DECLARED[2], TYPED[2])


def _sign_in_page_forgets(visit: Visit, first: Resident) -> None:
    """The number is a field that phones may fill in (tel); Back may not."""
    seen = visit.webview
    seen.open("/sign-in")
    seen.fill("手机号", first.phone)
    seen.open("/channels")
    seen.back()
    seen.at("/sign-in")
    time.sleep(LATE)
    assert seen.value("手机号") == ""


def _at_the_hall(visit: Visit) -> None:
    seen = visit.webview
    visit.sign_in_to_counter("dt01")
    for visit.scripted in (True, False):
        seen.open("/counter/people")
        seen.fill("身份证号", MA_LAN.identity)
        seen.press("查找")
        seen.on("居民信息", "马*")
        listing = seen.path()
        _assess_and_go_back(visit, listing, f"{listing}/assess")
