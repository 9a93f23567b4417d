"""What becomes of a form when the line, the phone or the session fails: nothing typed is lost."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Request, Route, expect

from flexapp.rules.limits import VERIFY_WRONG
from tests.journeys.conftest import Scripted, World
from tests.journeys.phone import Phone
from tests.journeys.snapshot import take
from tests.journeys.steps import (
    ASSESSMENT,
    BASE,
    END,
    MA_LAN,
    REGISTRATION,
    START,
    YANG,
    assess,
    to_form,
    to_own_assessment,
)
from tests.support.database import execute, rows

TODAY = "2019-09-24"
NEW = "/assessment/self/new"
UNKNOWN = "结果待确认，请查看记录"
SCRIPT = re.compile(r"/static/.*app-.*\.js$")


def _at_the_form(world: World) -> Phone:
    phone = world.phone()
    to_own_assessment(world, phone, MA_LAN)
    to_form(phone)
    return phone


def _drafts(world: World) -> list[tuple[object, ...]]:
    return rows(world.site.app, "SELECT form FROM draft ORDER BY form")


def _until(true: Callable[[], bool], phone: Phone, seconds: float = 8) -> None:
    """Wait for something that no page shows."""
    patience = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < patience, "it did not come about"
        phone.page.wait_for_timeout(50)


def _typed(phone: Phone) -> None:
    phone.choose(START, "2019-04")
    phone.fill(BASE, "77.5")


def test_what_is_typed_is_there_again_on_another_phone_and_gone_when_it_is_done(
    scripted: Scripted,
) -> None:
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        _typed(phone)
        _until(lambda: _drafts(world) == [(NEW,)], phone)
        # Quietly: where one types, and what one can press, are as they were.
        expect(phone.field(BASE)).to_be_focused()
        expect(phone.button("核定")).to_be_enabled()
        expect(phone.page.locator("#notice")).to_be_empty()
        phone.page.close()
        execute(world.site.app, "DELETE FROM try_count")  # or a minute would have to pass
        other = world.phone()
        to_own_assessment(world, other, MA_LAN)
        to_form(other)
        expect(other.page.get_by_text(re.compile("接着您 .* 填的内容"))).to_be_visible()
        expect(other.field(START)).to_have_value("2019-04")
        expect(other.field(END)).to_have_value("2019-12")
        expect(other.field(BASE)).to_have_value("77.5")
        other.press("核定")
        other.on(ASSESSMENT, other.record("2019-04", "2019-12"))
        assert _drafts(world) == []


def test_typing_and_pressing_at_once_leaves_no_draft_behind(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        seen: list[str] = []
        phone.page.on("request", lambda r: seen.append(_what(r)) if r.method == "POST" else None)

        def slowly(route: Route) -> None:
            if _what(route.request) == "kept":
                time.sleep(0.4)
            route.continue_()

        phone.page.route(f"**{NEW}", slowly)
        phone.fill(BASE, "77.5")
        with phone.page.expect_request(lambda r: r.method == "POST"):
            pass  # what is typed is on its way …
        phone.button("核定").dblclick()  # … and the form waits until it has arrived
        phone.on(ASSESSMENT, phone.record("2019-01", "2019-12"))
        assert seen[:2] == ["kept", "sent"]
        assert _drafts(world) == []
        assert len(take(world.site)["assessments"]) == 1


def _what(request: Request) -> str:
    return "kept" if "_draft" in (request.post_data or "") else "sent"


def test_clearing_begins_anew(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        _typed(phone)
        _until(lambda: bool(_drafts(world)), phone)
        phone.page.reload()
        phone.on(ASSESSMENT, phone.button("清除重填"))
        phone.fill(BASE, "88")
        phone.press("清除重填")
        expect(phone.button("清除重填")).to_have_count(0)
        expect(phone.field(BASE)).to_have_value("")
        expect(phone.field(START)).to_have_value("2019-01")
        phone.page.wait_for_timeout(1500)
        assert _drafts(world) == []


def test_a_page_with_months_in_its_address_shows_what_was_typed_after_a_reload(
    scripted: Scripted,
) -> None:
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        phone.open(f"{NEW}?start=2019-02&end=2019-03")
        _typed(phone)
        _until(lambda: "start" not in phone.page.url, phone)
        phone.page.reload()
        to_form(phone)
        expect(phone.field(START)).to_have_value("2019-04")
        expect(phone.field(BASE)).to_have_value("77.5")


def test_an_answer_that_comes_too_late_leads_to_the_records_and_makes_no_second_one(
    scripted: Scripted,
) -> None:
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        _with_little_patience(phone.page)

        def late(route: Route) -> None:
            answer = route.fetch()  # the server has done it
            if _what(route.request) == "sent":
                time.sleep(1.0)
            route.fulfill(response=answer)

        phone.page.reload()
        phone.page.route(f"**{NEW}", late)
        _typed(phone)
        phone.tolerate("htmx:timeout", "net::ERR")
        phone.press("核定")
        notice = phone.page.locator("#notice")
        expect(notice).to_contain_text(UNKNOWN)
        expect(notice).to_contain_text("您填的内容还在")
        expect(phone.field(BASE)).to_have_value("77.5")
        phone.page.wait_for_timeout(1500)  # what is kept by itself meanwhile is not this form
        phone.look()
        phone.follow("查看记录")
        phone.on(ASSESSMENT, phone.record("2019-04", "2019-12"))
        assert len(take(world.site)["assessments"]) == 1
        assert _drafts(world) == []


def _with_little_patience(page: Page) -> None:
    """Half a second in place of the fifteen that the script waits for an answer."""

    def change(route: Route) -> None:
        answer = route.fetch()
        script, found = re.subn(r"timeout:15e3", "timeout:500", answer.text())
        assert found == 1
        headers = {k: v for k, v in answer.headers.items() if k != "content-encoding"}
        route.fulfill(status=200, headers=headers, body=script)

    page.route(SCRIPT, change)


def test_a_registration_that_nobody_knows_of_leads_to_what_is_registered(
    scripted: Scripted,
) -> None:
    with scripted(TODAY) as world:
        phone = world.phone()
        phone.open("/registration")
        phone.sign_in(YANG)
        phone.on(REGISTRATION, phone.button("提交"))
        phone.choose("参保地区", "红寺堡区")
        phone.choose("民族", "回族")
        phone.fill("通讯地址", "吴忠市红寺堡区演示路9号")
        phone.page.route("**/registration", lambda route: route.abort())
        phone.tolerate("net::ERR_FAILED", "htmx:sendError")
        phone.press("提交")
        notice = phone.page.locator("#notice")
        expect(notice).to_contain_text(UNKNOWN)
        link = notice.get_by_role("link", name="查看记录")
        expect(link).to_have_attribute("href", "/registration")
        phone.page.unroute("**/registration")
        # It had not arrived; what was typed is there, and pressing again does it once.
        phone.press("提交")
        phone.on("提交成功", "登记已办好")
        assert _drafts(world) == []


def test_without_a_line_that_is_said_before_anything_is_pressed(scripted: Scripted) -> None:
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        phone.fill(BASE, "60")
        notice = phone.page.locator("#notice")
        phone.tolerate("net::ERR_INTERNET_DISCONNECTED", "htmx:sendError")
        phone.page.context.set_offline(True)
        expect(notice).to_have_text("网络断了。您填的内容还在，连上网再提交。")
        phone.press("核定")
        expect(notice).to_have_text("网络不通，还没有提交。您填的内容还在，连上网再按一次。")
        phone.fill(BASE, "61")
        phone.page.context.set_offline(False)
        # What was typed meanwhile is kept as soon as the line is back.
        _until(lambda: _drafts(world) == [(NEW,)], phone)
        phone.page.reload()
        expect(phone.field(BASE)).to_have_value("61")
        assert take(world.site)["assessments"] == []


def test_a_record_whose_button_was_not_answered_leads_to_where_it_stands(
    scripted: Scripted,
) -> None:
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        record = assess(phone, "2019-01", "2019-12", "60")
        phone.page.route("**/transmit", lambda route: route.abort())
        phone.tolerate("net::ERR_FAILED", "htmx:sendError")
        phone.press("传输", within=record)
        expect(phone.page.locator("#notice")).to_contain_text(UNKNOWN)
        phone.follow("查看记录")
        phone.on(ASSESSMENT, phone.record("2019-01", "2019-12"))


def test_what_is_turned_away_before_the_service_is_said_to_be_so_and_not_unknown(
    scripted: Scripted,
) -> None:
    """What nginx answers to a flood: nothing was taken in, and everybody knows when to go on."""
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        phone.fill(BASE, "60")
        headers = {"Retry-After": "30", "Content-Type": "text/html"}
        page = "<!doctype html><title>请稍等再试</title>"
        phone.page.route(
            f"**{NEW}", lambda route: route.fulfill(status=429, headers=headers, body=page)
        )
        phone.tolerate("429")
        phone.press("核定", refused=429)
        notice = phone.page.locator("#notice")
        expect(notice).to_have_text("操作太频繁，刚才没有办。您填的内容还在，请 30 秒后再试。")
        expect(phone.field(BASE)).to_have_value("60")
        phone.page.unroute(f"**{NEW}")
        phone.press("核定")
        phone.on(ASSESSMENT, phone.record("2019-01", "2019-12"))


def test_too_many_wrong_codes_of_sheets_are_said_to_be_so_beside_what_was_typed(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "flexapp.assessment.verify_views.VERIFY_WRONG", replace(VERIFY_WRONG, most=1)
    )
    with scripted(TODAY) as world:
        phone = world.phone()
        phone.open("/verify")
        phone.tolerate("422", "429")
        for status in (422, 429):
            phone.fill("核定流水号", "64010420190924000001")
            phone.fill("验证码", "ABCD2345EFGH6789")
            phone.press("验证", refused=status)
            expect(phone.page.get_by_role("alert")).to_be_visible()
        expect(phone.page.get_by_role("alert")).to_contain_text("分钟后再试")
        expect(phone.page.get_by_text("结果待确认")).to_have_count(0)
        expect(phone.page.get_by_role("alert")).to_be_focused()
        expect(phone.field("核定流水号")).to_have_value("64010420190924000001")


def _seen(world: World, ago: timedelta) -> None:
    """As if nothing had been done for so long."""
    at = (datetime.now(UTC) - ago).replace(tzinfo=None).isoformat(sep=" ")
    execute(world.site.app, "UPDATE sign_in SET seen_at = ?", at)


def test_the_end_of_the_session_is_announced_and_put_off_with_one_tap(
    scripted: Scripted,
) -> None:
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        phone.page.clock.install()
        phone.page.reload()
        phone.fill(BASE, "60")
        _until(lambda: bool(_drafts(world)), phone)
        _seen(world, timedelta(hours=1, minutes=56))
        phone.page.clock.fast_forward(timedelta(hours=1, minutes=56).seconds * 1000)
        alert = phone.page.get_by_role("alert").filter(has_text="自动退出")
        expect(alert).to_contain_text("4 分钟后会自动退出")
        # It takes nothing away from who is typing.
        expect(phone.field(BASE)).to_be_focused()
        phone.look()
        phone.press("继续使用")
        expect(alert).to_have_count(0)
        expect(phone.page.get_by_text("好的，可以继续填写")).to_be_visible()
        expect(phone.field(BASE)).to_be_focused()
        phone.press("核定")
        phone.on(ASSESSMENT, phone.record("2019-01", "2019-12"))


def test_when_the_session_has_ended_signing_in_leads_back_to_what_was_typed(
    scripted: Scripted,
) -> None:
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        phone.page.clock.install()
        phone.page.reload()
        _typed(phone)
        _until(lambda: bool(_drafts(world)), phone)
        _seen(world, timedelta(hours=3))
        phone.page.clock.fast_forward(timedelta(hours=3).seconds * 1000)
        alert = phone.page.get_by_role("alert").filter(has_text="自动退出")
        expect(alert).to_have_text(re.compile("已自动退出，填的内容已保存"))
        phone.look()
        phone.fill(BASE, "80")  # who did not look up goes on typing
        phone.page.clock.fast_forward(2000)
        phone.page.wait_for_timeout(300)
        execute(world.site.app, "DELETE FROM try_count")
        phone.follow("重新登录")
        phone.sign_in(MA_LAN)
        to_form(phone)
        expect(phone.field(START)).to_have_value("2019-04")
        expect(phone.field(BASE)).to_have_value("80")


def test_who_is_there_in_another_tab_is_not_told_that_the_session_ended(
    scripted: Scripted,
) -> None:
    with scripted(TODAY) as world:
        phone = _at_the_form(world)
        phone.page.clock.install()
        phone.page.reload()
        with phone.page.expect_response("**/session**") as answered:
            phone.page.clock.fast_forward(timedelta(hours=2).seconds * 1000)
        assert int(answered.value.headers["session-ends-in"]) > 7000
        phone.page.wait_for_timeout(300)
        expect(phone.page.locator("#session")).to_be_empty()
