"""/launch/<code>: looking spends nothing, 继续 spends it once, and nobody comes in as another."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import rows, stored
from tests.support.html import Page
from tests.support.vendor import Vendor, channels, enter
from tests.support.walks import (
    MA_LAN,
    YANG,
    Resident,
    arrive,
    newcomer,
    real_name,
    register,
    sign_in,
)

NEW = newcomer(5)
LIMING = "李*"
REFUSED = "不能从这里进入"


@pytest.fixture
def vendor(app: Flask) -> Vendor:
    """农业银行 with one valid key."""
    return Vendor(app).register()


def shown(client: LintingClient) -> str:
    """The masked ID number of whose pages the browser shows; "" for nobody's."""
    texts = client.page("/me").texts("small")
    return texts[0] if texts and "********" in texts[0] else ""


def masked(who: Resident) -> str:
    return f"{who.identity[:6]}********{who.identity[-4:]}"


def test_the_page_says_for_whom_and_from_where(vendor: Vendor, client: LintingClient) -> None:
    page = client.page(vendor.launch(NEW))
    assert page.title == "确认办理人"
    assert page.texts("h2") == [f"您正以 {LIMING} 办理 · 来自 农业银行"]
    assert page.buttons() == ["不是我", "继续"]
    assert not [secret for secret in (NEW.name, NEW.identity, NEW.phone) if secret in page.html]


def test_looking_spends_nothing_however_often_and_by_whomever(
    vendor: Vendor, client: LintingClient, another: Callable[[], LintingClient], app: Flask
) -> None:
    path = vendor.launch(NEW)
    before = stored(app)
    for _ in range(3):
        another().page(path)
        client.head(path)
        client.get(path, headers={"Purpose": "prefetch"})
    assert stored(app) == before
    assert enter(client, path).path == "/social-security"


@pytest.mark.parametrize("htmx", [False, True])
def test_going_on_makes_person_account_and_session_and_leads_to_a_clean_address(
    vendor: Vendor, client: LintingClient, app: Flask, htmx: bool
) -> None:
    path = vendor.launch(NEW, target="/registration")
    page = client.submit(client.page(path), "继续", htmx=htmx)
    assert page.path == "/registration"
    assert shown(client) == masked(NEW)
    assert rows(app, "SELECT channel FROM sign_in") == [("abc",)]
    assert rows(app, "SELECT vouched_by FROM account WHERE id = 5") == [("abc",)]


def test_the_answer_to_going_on_is_a_303_with_a_new_cookie(
    vendor: Vendor, client: LintingClient
) -> None:
    page = client.page(vendor.launch(NEW))
    answer = client.repeat(page, "继续")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/social-security")
    assert "Set-Cookie" in answer.headers


def test_who_it_was_for_is_erased_once_the_link_is_used(
    vendor: Vendor, client: LintingClient, app: Flask
) -> None:
    path = vendor.launch(NEW)
    (before,) = rows(app, "SELECT name, identity, phone FROM launch")
    assert None not in before
    enter(client, path)
    assert rows(app, "SELECT name, identity, phone FROM launch") == [(None, None, None)]


def test_what_is_done_names_the_channel_and_what_a_phone_browser_does_says_phone(
    vendor: Vendor, client: LintingClient, another: Callable[[], LintingClient], app: Flask
) -> None:
    enter(client, vendor.launch(NEW))
    register(client)
    browser = another()
    arrive(browser, newcomer(6))
    register(browser)
    theirs = "SELECT action, channel FROM audit_event WHERE actor_kind = 'account' ORDER BY seq"
    found = rows(app, theirs)
    assert found == [
        ("person.real_name", "abc"),
        ("account.signed_in", "abc"),
        ("registration.made", "abc"),
        ("account.signed_in", "phone"),
        ("person.real_name", "phone"),
        ("registration.made", "phone"),
    ]


# Links that lead nowhere.


def test_a_link_that_never_was_is_not_found(client: LintingClient) -> None:
    page = client.page("/launch/never", 404)
    assert page.title == REFUSED
    assert "没有找到这个链接" in page.alert


def test_a_used_link_says_so_to_another_browser(
    vendor: Vendor, client: LintingClient, another: Callable[[], LintingClient]
) -> None:
    path = vendor.launch(NEW)
    enter(client, path)
    thief = another()
    page = thief.page(path, 410)
    assert "已经用过" in page.alert
    assert "重新点进来" in page.words
    assert shown(thief) == ""


def test_back_to_a_used_link_offers_to_go_on_with_the_session_it_began(
    vendor: Vendor, client: LintingClient
) -> None:
    path = vendor.launch(NEW)
    enter(client, path)
    page = client.page(path, 410)
    assert "已经登录" in page.words
    assert page.links()["直接办理"] == "/social-security"


def test_two_browsers_that_both_looked_do_not_both_get_in(
    vendor: Vendor, client: LintingClient, another: Callable[[], LintingClient]
) -> None:
    path = vendor.launch(NEW)
    other = another()
    mine, theirs = client.page(path), other.page(path)
    client.submit(mine, "继续")
    page = other.submit(theirs, "继续", 422)
    assert "已经用过" in page.alert
    assert (shown(client), shown(other)) == (masked(NEW), "")


def test_of_many_browsers_that_press_at_once_one_gets_in(
    vendor: Vendor, another: Callable[[], LintingClient], app: Flask
) -> None:
    path = vendor.launch(NEW)
    browsers = [another() for _ in range(6)]
    pages = [browser.page(path) for browser in browsers]
    with ThreadPoolExecutor(len(browsers)) as pool:
        pressed = [
            pool.submit(browser.repeat, page, "继续")
            for browser, page in zip(browsers, pages, strict=True)
        ]
    statuses = sorted(answer.result().status_code for answer in pressed)
    assert statuses == [303, 422, 422, 422, 422, 422]
    assert rows(app, "SELECT count(*) FROM sign_in") == [(1,)]


def test_of_many_posts_of_one_message_at_once_one_is_taken(vendor: Vendor, app: Flask) -> None:
    message = vendor.signed(NEW)
    with ThreadPoolExecutor(6) as pool:
        posted = [pool.submit(vendor.post, message) for _ in range(6)]
    assert sorted(answer.result().status_code for answer in posted) == [201, *[409] * 5]
    assert rows(app, "SELECT count(*) FROM launch") == [(1,)]


def test_a_link_is_good_for_a_minute_and_then_erased(
    vendor: Vendor, client: LintingClient, app: Flask, clock: Clock
) -> None:
    path = vendor.launch(NEW)
    clock.advance(seconds=59)
    kept = client.page(path)
    clock.advance(seconds=1)
    assert "已经过期" in client.submit(kept, "继续", 422).alert
    assert "已经过期" in client.page(path, 410).alert
    assert rows(app, "SELECT name, identity, phone FROM launch") == [(None, None, None)]
    assert rows(app, "SELECT count(*) FROM sign_in") == [(0,)]


def test_expired_links_are_erased_with_the_next_launch_and_gone_after_a_day(
    vendor: Vendor, app: Flask, clock: Clock
) -> None:
    vendor.launch(NEW)
    clock.advance(seconds=61)
    vendor.launch(MA_LAN)
    erased = "SELECT count(*) FROM launch WHERE identity IS NULL"
    assert rows(app, erased) == [(1,)]
    clock.advance(days=1)
    assert channels(app, "forget") == "1 erased\n"
    assert rows(app, "SELECT count(*) FROM launch") == [(1,)]


def test_a_link_of_a_channel_that_was_disabled_meanwhile_leads_nowhere(
    vendor: Vendor, client: LintingClient, app: Flask
) -> None:
    path = vendor.launch(NEW)
    kept = client.page(path)
    channels(app, "disable", "abc", "--reason", "系统维护，暂停办理。")
    assert "系统维护" in client.page(path, 403).alert
    assert "系统维护" in client.submit(kept, "继续", 422).alert
    assert rows(app, "SELECT count(*) FROM sign_in") == [(0,)]


def test_who_came_in_before_a_channel_was_disabled_may_finish(
    vendor: Vendor, client: LintingClient, app: Flask
) -> None:
    enter(client, vendor.launch(NEW))
    channels(app, "disable", "abc", "--reason", "系统维护，暂停办理。")
    assert register(client).title == "提交成功"


def test_not_me_spends_the_link_for_nothing(
    vendor: Vendor, client: LintingClient, app: Flask
) -> None:
    path = vendor.launch(NEW)
    page = client.submit(client.page(path), "不是我")
    assert page.title == "没有登录"
    assert "已经用过" in client.page(path, 410).alert
    assert rows(app, "SELECT name, identity, phone FROM launch") == [(None, None, None)]
    assert rows(app, "SELECT count(*) FROM sign_in") == [(0,)]


def test_not_me_leaves_whoever_is_signed_in_alone(vendor: Vendor, client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    client.submit(client.page(vendor.launch(NEW)), "不是我")
    assert shown(client) == masked(MA_LAN)


@pytest.mark.parametrize("path", ["", "/decline"])
def test_without_a_form_token_nothing_is_spent(
    vendor: Vendor, client: LintingClient, app: Flask, path: str
) -> None:
    link = vendor.launch(NEW)
    before = stored(app)
    assert client.post(link + path).status_code == 400
    assert stored(app) == before


def test_a_page_kept_too_long_is_shown_again_and_still_works(
    vendor: Vendor, client: LintingClient
) -> None:
    path = vendor.launch(NEW)
    page = client.page(path)
    form, _ = page.form("继续")
    answer = client.post(path, data={**form.fields, "_resume": "1"})
    assert client.submit(Page(answer), "继续").path == "/social-security"


def test_pressed_twice_at_once_one_still_arrives(vendor: Vendor, client: LintingClient) -> None:
    page = client.page(vendor.launch(NEW))
    form, _ = page.form("继续")
    cookie = client.get_cookie("session")
    assert cookie is not None
    client.repeat(page, "继续")
    arrived = client.get_cookie("session")
    assert arrived is not None
    client.set_cookie("session", cookie.value)
    second = client.post(form.action, data=form.fields)
    assert (second.status_code, second.headers["Location"]) == (303, "/social-security")
    assert "sid" not in second.headers.get("Set-Cookie", "")


# Another person's session in this browser.


def test_another_persons_open_session_is_said_and_ended(
    vendor: Vendor, client: LintingClient, another: Callable[[], LintingClient], app: Flask
) -> None:
    sign_in(client, MA_LAN.phone)
    before = client.get_cookie("session")
    assert before is not None
    page = client.page(vendor.launch(NEW))
    assert "这台手机上 马* 还没有退出" in page.words
    client.submit(page, "继续")
    assert shown(client) == masked(NEW)
    kept = another()
    kept.set_cookie("session", before.value)
    assert shown(kept) == ""


def test_the_same_persons_open_session_is_not_worth_a_word_but_ended_too(
    vendor: Vendor, client: LintingClient, app: Flask
) -> None:
    sign_in(client, MA_LAN.phone)
    page = client.page(vendor.launch(MA_LAN))
    assert "还没有退出" not in page.words
    client.submit(page, "继续")
    ended = "SELECT ended_at IS NOT NULL FROM sign_in ORDER BY id"
    assert rows(app, ended) == [(1,), (0,)]


def test_a_session_elsewhere_goes_on(
    vendor: Vendor, client: LintingClient, another: Callable[[], LintingClient]
) -> None:
    elsewhere = another()
    sign_in(elsewhere, MA_LAN.phone)
    enter(client, vendor.launch(MA_LAN))
    assert (shown(client), shown(elsewhere)) == (masked(MA_LAN), masked(MA_LAN))


def test_a_refused_link_leaves_the_open_session_alone(
    vendor: Vendor, client: LintingClient
) -> None:
    sign_in(client, MA_LAN.phone)
    path = vendor.launch(NEW)
    kept = client.page(path)
    client.submit(client.page(path), "不是我")
    assert "已经用过" in client.submit(kept, "继续", 422).alert
    assert shown(client) == masked(MA_LAN)


# What a vendor says against what becomes known between the launch and the tap.


def test_a_number_that_became_another_persons_meanwhile_lets_nobody_in(
    vendor: Vendor, client: LintingClient, another: Callable[[], LintingClient], app: Flask
) -> None:
    path = vendor.launch(NEW)
    other = another()
    arrive(other, Resident("王五", newcomer(9).identity, NEW.phone))
    page = client.submit(client.page(path), "继续", 422)
    assert "不一致" in page.alert
    assert shown(client) == ""
    assert rows(app, "SELECT name, identity, phone FROM launch") == [(None, None, None)]
    assert shown(other) == masked(newcomer(9))


# A vendor's mistake about the number opens the account to nobody but the person.


def test_the_holder_of_a_number_that_a_vendor_mistook_sees_nothing_of_the_person(
    vendor: Vendor, client: LintingClient, another: Callable[[], LintingClient], app: Flask
) -> None:
    stranger = newcomer(9)
    enter(client, vendor.launch(Resident(NEW.name, NEW.identity, stranger.phone)))
    register(client)
    holder = another()
    sign_in(holder, stranger.phone)
    assert shown(holder) == ""
    assert holder.page("/assessment").path == "/real-name"
    assert "没有通过核验" in real_name(holder, stranger, 422).alert
    assert shown(holder) == ""
    assert shown(client) == masked(NEW)


def test_a_session_begun_by_number_before_the_vendors_mistake_sees_nothing_either(
    vendor: Vendor, client: LintingClient, another: Callable[[], LintingClient]
) -> None:
    stranger = newcomer(9)
    holder = another()
    sign_in(holder, stranger.phone)
    enter(client, vendor.launch(Resident(NEW.name, NEW.identity, stranger.phone)))
    assert shown(holder) == ""
    assert shown(client) == masked(NEW)


def test_the_person_confirms_once_in_a_phone_browser_and_is_the_same_person(
    vendor: Vendor, client: LintingClient, another: Callable[[], LintingClient], app: Flask
) -> None:
    enter(client, vendor.launch(NEW))
    browser = another()
    assert sign_in(browser, NEW.phone).title == "实名认证"
    real_name(browser, NEW)
    assert shown(browser) == masked(NEW)
    assert rows(app, "SELECT vouched_by FROM account WHERE id = 5") == [(None,)]
    assert rows(app, "SELECT count(*) FROM account") == [(5,)]


def test_an_account_confirmed_by_its_holder_stays_confirmed_after_a_launch(
    vendor: Vendor, client: LintingClient, another: Callable[[], LintingClient]
) -> None:
    enter(client, vendor.launch(YANG))
    browser = another()
    sign_in(browser, YANG.phone)
    assert shown(browser) == masked(YANG)


def test_the_code_is_in_no_log(
    vendor: Vendor, client: LintingClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        path = vendor.launch(NEW)
        enter(client, path)
    code = path.rpartition("/")[2]
    assert not [s for s in (code, NEW.name, NEW.identity, NEW.phone) if s in caplog.text]


def test_no_address_on_the_way_holds_anything_personal(
    vendor: Vendor, client: LintingClient
) -> None:
    path = vendor.launch(NEW, target="/me")
    answer = client.repeat(client.page(path), "继续")
    said = json.dumps([path, answer.headers["Location"]])
    assert not [s for s in (NEW.name, NEW.identity, NEW.phone) if s in said]
