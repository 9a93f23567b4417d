"""Pages say beforehand what can be done now, what is left to do, and when the rest can be done."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.conftest import MakeApp
from tests.support.client import LintingClient, linting
from tests.support.database import execute
from tests.support.html import Page
from tests.support.staff import enter
from tests.support.walks import (
    DING,
    MA_LAN,
    YANG,
    assess,
    proxy_for,
    revoke,
    sign_in,
    transmit,
    work,
)

Another = Callable[[], LintingClient]


@pytest.fixture
def ma_lan(client: LintingClient) -> LintingClient:
    """Signed in as 马兰."""
    sign_in(client, MA_LAN.phone)
    return client


def test_where_everything_is_assessed_and_some_of_it_not_transmitted_the_form_says_so(
    ma_lan: LintingClient, app: Flask
) -> None:
    transmit(ma_lan, assess(ma_lan, "2026-06", "2026-12"))
    work(app)
    assess(ma_lan, "2026-01", "2026-05")
    page = ma_lan.page("/assessment/self/new")
    assert "不用再办" not in page.words
    assert "2026年1月至5月 核定好了，还没有传输给税务" in page.words
    assert "2026年6月至12月 税务已收到，请到税务渠道缴费" in page.words
    assert page.links()["查看记录"] == "/assessment/self"


def test_only_where_all_is_paid_is_there_nothing_left_to_do(
    ma_lan: LintingClient, app: Flask
) -> None:
    assess(ma_lan, "2026-01", "2026-12")
    execute(app, "UPDATE assessment SET state = 'paid'")

    assert "可以核定的月份都已核定，不用再办。" in ma_lan.page("/assessment/self/new").words


def test_a_proxy_is_told_only_of_what_they_made(
    ma_lan: LintingClient, another: Another, app: Flask
) -> None:
    who = proxy_for(ma_lan, DING).path.split("/")[2]
    other = another()
    sign_in(other, YANG.phone)
    others = proxy_for(other, DING).path.split("/")[2]
    assess(other, "2026-01", "2026-06", who=others)
    assess(ma_lan, "2026-07", "2026-12", who=who)
    words = ma_lan.page(f"/assessment/{who}/new").words
    assert "2026年7月至12月 核定好了，还没有传输" in words
    assert "2026年1月至6月" not in words


def page_who(who: str) -> str:
    return who


@pytest.mark.parametrize("path", ["/", "/me"])
def test_home_and_me_name_the_months_that_wait_to_be_transmitted(
    ma_lan: LintingClient, app: Flask, path: str
) -> None:
    assert "去传输" not in ma_lan.page(path).words
    serial = assess(ma_lan, "2026-02", "2026-03")
    page = ma_lan.page(path)
    assert "去传输2026年2月至3月核定好了，还没有传给税务，不能缴费" in page.words
    assert "/assessment/self" in page.links().values()
    transmit(ma_lan, serial)
    assert "去传输" not in ma_lan.page(path).words


@pytest.mark.parametrize("taken", [("2026-01", "2026-03"), ("2026-03", "2026-12")])
def test_a_revoked_record_is_not_offered_again_once_one_of_its_months_is_taken(
    ma_lan: LintingClient, taken: tuple[str, str]
) -> None:
    first = assess(ma_lan, "2026-01", "2026-03")
    revoke(ma_lan, first)
    listed, detail = ma_lan.page("/assessment/self"), ma_lan.page(f"/assessment/records/{first}")
    for page in (listed, detail):
        assert "重新核定" in page.links()
        assert "月份可以重新核定" in page.words
    assess(ma_lan, *taken)
    for path in ("/assessment/self", f"/assessment/records/{first}"):
        page = ma_lan.page(path)
        assert "重新核定" not in page.links()
        assert "可以重新核定" not in page.words


def test_at_a_counter_too_it_is_offered_only_while_its_months_are_free(
    ma_lan: LintingClient, another: Another
) -> None:
    first = assess(ma_lan, "2026-01", "2026-03")
    revoke(ma_lan, first)
    window = another()
    enter(window, "dt01")
    person = window.submit(window.page("/counter/people"), "查找", identity=MA_LAN.identity)
    assert "重新核定" in person.links()
    assess(ma_lan, "2026-02", "2026-02")
    assert "重新核定" not in window.page(person.path).links()
    assert "重新核定" not in window.page(f"{person.path}/records/{first}").links()


def close_area(another: Another) -> None:
    """兴庆区 is paused on phones from today."""
    officer = another()
    enter(officer, "jb01")
    page = officer.page("/counter/pilot/close")
    officer.submit(page, "确认暂停", place="area:640104", reason="先小范围试用")


def test_where_phones_are_paused_no_page_offers_a_month_and_each_says_why_beforehand(
    ma_lan: LintingClient, another: Another
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-01")
    close_area(another)
    for path in ("/", "/me", "/assessment/self"):
        page = ma_lan.page(path)
        assert "可核定" not in page.words, path
        assert "兴庆区从2026年11月24日起暂停" in page.words, path
        assert not [url for url in page.links().values() if "start=" in url], path
    form = ma_lan.page("/assessment/self/new")
    assert form.texts("h2") == ["现在不能在手机上核定"]
    assert "请到兴庆区的社保服务大厅办理" in form.words
    # What was made before goes its way.
    assert "传输" in ma_lan.page(f"/assessment/records/{serial}").buttons()


def test_the_form_of_registration_says_first_where_phones_can_be_used(
    ma_lan: LintingClient, another: Another
) -> None:
    assert "手机办理" not in ma_lan.page("/registration").words
    close_area(another)
    assert "手机办理参保登记和变更现在不包括：兴庆区" in ma_lan.page("/registration").words


def sent_on(make_app: MakeApp, day: str) -> Callable[[LintingClient, Page], Page]:
    """Send a form, drawn before, on another day: the same browser and database a little later."""

    def send(client: LintingClient, page: Page) -> Page:
        later = linting(make_app(FLEXAPP_TODAY=day).test_client())
        cookie = client.get_cookie("session")
        assert cookie is not None
        later.set_cookie("session", cookie.value)
        form, _ = page.form("核定")
        return Page(later.post(form.action, data={**form.fields, "base": "60"}))

    return send


def test_a_form_of_31_december_sent_on_1_january_says_what_can_be_done_and_when(
    make_app: MakeApp, ma_lan: LintingClient
) -> None:
    page = sent_on(make_app, "2027-01-01")(ma_lan, ma_lan.page("/assessment/self/new"))
    assert page.status == 422
    assert "2026年度没有开放申报。2027年度的缴费基数还没有公布，请留意首页公告" in page.alert
    assert "2026年的月份漏办了，请到社保服务大厅咨询" in page.alert
    assert "请重新选择" not in page.words
    # No form is offered in which nothing can be chosen.
    assert "核定" not in page.buttons()
    assert page.links()["回到首页"] == "/"


@pytest.mark.today("2027-01-01")
def test_on_1_january_the_form_says_that_the_figures_are_to_come(client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    page = client.page("/assessment/self/new")
    assert "2027年度缴费基数尚未公布" in page.words
    assert "请到社保服务大厅咨询" in page.words


def test_a_year_that_is_closed_while_somebody_fills_the_form_in_is_said_to_be_so(
    ma_lan: LintingClient, another: Another
) -> None:
    form = ma_lan.page("/assessment/self/new")
    officer = another()
    enter(officer, "jb01")
    asked = officer.page("/counter/years/2026/close")
    officer.submit(asked, asked.buttons()[-1], reason="本年度申报已结束")
    page = ma_lan.submit(form, "核定", 422, base="60")
    assert "2026年度没有开放申报。目前没有开放申报的年度，请留意首页公告" in page.alert
    assert "核定" not in page.buttons()


def test_an_area_that_is_paused_while_somebody_fills_the_form_in_is_said_to_be_so(
    ma_lan: LintingClient, another: Another
) -> None:
    form = ma_lan.page("/assessment/self/new")
    close_area(another)
    page = ma_lan.submit(form, "核定", 422, base="60")
    assert "这一笔没有核定。手机办理正在小范围试用" in page.alert
    assert "请到兴庆区的社保服务大厅办理缴费核定" in page.words
    assert "核定" not in page.buttons()
