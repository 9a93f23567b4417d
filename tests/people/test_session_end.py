"""The end of a session is announced before it comes, and can be put off."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from flexapp.people.auth import (
    ANNOUNCED,
    IDLE,
    LONGEST,
)
from tests.support.client import HTMX, LintingClient
from tests.support.clock import Clock
from tests.support.database import rows
from tests.support.html import Page
from tests.support.walks import MA_LAN, sign_in

NEW = "/assessment/self/new"
TYPED = {"start": "2026-03", "end": "2026-08", "base": "77.5"}


@pytest.fixture
def ma_lan(client: LintingClient, clock: Clock) -> LintingClient:
    """马兰, signed in at a moment that stands still."""
    sign_in(client, MA_LAN.phone)
    return client


def asked(client: LintingClient, of: str = "/me", form: str = "") -> Page:
    """What the page asks by itself when the time has come."""
    headers = {**HTMX, "HX-Current-URL": f"http://localhost{of}"}
    return Page(client.get("/session", query_string={"form": form}, headers=headers))


def left(page: Page) -> int:
    """Seconds until the end, as the script is told them."""
    return int(page.response.headers["Session-Ends-In"])


def test_no_session_ends_within_twenty_minutes_and_the_warning_comes_in_good_time() -> None:
    assert IDLE.total_seconds() >= 20 * 60
    assert ANNOUNCED.total_seconds() >= 2 * 60


def test_every_page_says_when_the_session_ends_and_only_to_who_is_signed_in(
    client: LintingClient, another: Callable[[], LintingClient], clock: Clock
) -> None:
    sign_in(client, MA_LAN.phone)
    for path in ("/", "/me", NEW, "/registration", "/assessment/self"):
        assert client.page(path).by_id("session").get("data-ends") == "7200"
    assert not [e for e in another().page("/").root.iter() if e.get("id") == "session"]


def test_what_the_page_says_is_when_it_really_ends(ma_lan: LintingClient, clock: Clock) -> None:
    clock.advance(minutes=4)  # too little to be noted as a sign of life
    page = ma_lan.page("/me")
    assert page.by_id("session").get("data-ends") == str(7200 - 4 * 60)
    clock.advance(seconds=7200 - 4 * 60)
    assert ma_lan.page(NEW).path == NEW
    clock.advance(seconds=7201)
    assert ma_lan.page(NEW).path == "/sign-in"


def test_asking_is_no_sign_of_life(ma_lan: LintingClient, clock: Clock) -> None:
    clock.advance(minutes=60)
    page = asked(ma_lan)
    assert left(page) == 60 * 60
    assert page.words == ""
    clock.advance(minutes=60, seconds=1)
    assert left(asked(ma_lan)) == 0


def test_shortly_before_the_end_it_is_announced_with_a_button_that_puts_it_off(
    ma_lan: LintingClient, clock: Clock
) -> None:
    clock.advance(seconds=7200 - ANNOUNCED.total_seconds())
    page = asked(ma_lan)
    assert "5 分钟后会自动退出" in page.alert
    assert page.buttons() == ["继续使用"]
    extended = ma_lan.submit(page, "继续使用", htmx=True)
    assert extended.alert == ""
    assert "可以继续填写" in extended.words
    assert left(extended) == 7200
    clock.advance(minutes=119)
    assert ma_lan.page(NEW).path == NEW


def test_without_the_script_the_button_leads_back(ma_lan: LintingClient, clock: Clock) -> None:
    clock.advance(minutes=118)
    page = asked(ma_lan)
    form, _ = page.form("继续使用")
    for referrer, back in (
        (f"http://localhost{NEW}?start=2026-03", f"{NEW}?start=2026-03"),
        ("http://elsewhere.example/x", "/me"),
        ("", "/me"),
    ):
        headers = {"Referer": referrer} if referrer else {}
        answer = ma_lan.post(form.action, data=form.fields, headers=headers)
        assert (answer.status_code, answer.headers["Location"]) == (303, back)
    clock.advance(minutes=119)
    assert ma_lan.page(NEW).path == NEW


def test_an_end_that_cannot_be_put_off_is_announced_without_the_button(
    ma_lan: LintingClient, clock: Clock
) -> None:
    while clock.elapsed < LONGEST - ANNOUNCED - IDLE / 2:
        clock.advance(minutes=60)
        ma_lan.page("/me")
    clock.advance(seconds=(LONGEST - ANNOUNCED - clock.elapsed).total_seconds())
    page = asked(ma_lan)
    assert "5 分钟后会自动退出" in page.alert
    assert "12 小时" in page.alert
    assert page.buttons() == []


def test_when_it_has_ended_the_page_says_so_and_signing_in_returns_to_it(
    ma_lan: LintingClient, clock: Clock
) -> None:
    clock.advance(hours=3)
    page = asked(ma_lan, of="/assessment/self?before=9")
    assert "已自动退出" in page.alert
    assert "已保存" not in page.alert  # nothing had been typed
    assert page.links() == {"重新登录": "/sign-in"}
    assert sign_in(ma_lan, MA_LAN.phone).path == "/assessment/self?before=9"


def test_it_says_that_what_was_typed_is_kept_where_that_is_so(
    ma_lan: LintingClient, clock: Clock
) -> None:
    form, _ = ma_lan.page(NEW).form("核定")
    ma_lan.post(NEW, data=form.fields | TYPED | {"_draft": "1"}, headers=HTMX)
    clock.advance(hours=3)
    assert "已保存" not in asked(ma_lan, of="/registration", form="/registration").alert
    page = asked(ma_lan, of=f"{NEW}?start=2026-01", form=NEW)
    assert "已自动退出，填的内容已保存" in page.alert
    landed = sign_in(ma_lan, MA_LAN.phone)
    assert landed.path == NEW  # not the address whose months would win over what was typed
    assert landed.value("base") == "77.5"


def test_who_goes_on_typing_after_the_end_keeps_the_page_and_is_told(
    ma_lan: LintingClient, another: Callable[[], LintingClient], clock: Clock
) -> None:
    read_back = "/assessment/self/read-back?start=2026-03&end=2026-08&base=60"
    assert "¥" in ma_lan.page(read_back, htmx=True).words
    clock.advance(hours=3)
    late = ma_lan.page(read_back, htmx=True)
    assert late.words == "已自动退出，重新登录后再算。"
    assert left(late) == 0
    # Who never was signed in here, and who asks for a page, is sent to sign in.
    assert Page(another().get(read_back, headers=HTMX)).location == "/sign-in"
    assert ma_lan.page(read_back).path == "/sign-in"


def test_who_signed_out_elsewhere_is_told_so(
    ma_lan: LintingClient, another: Callable[[], LintingClient], clock: Clock
) -> None:
    cookie = ma_lan.get_cookie("session")
    assert cookie is not None
    tab = another()
    tab.set_cookie("session", cookie.value)
    ma_lan.submit(ma_lan.page("/me"), "退出登录")
    page = asked(tab)
    assert left(page) == 0
    assert "已退出登录" in page.alert


def test_opened_as_an_address_it_is_no_page(client: LintingClient) -> None:
    assert client.page("/session").path == "/"


def test_putting_off_after_the_end_asks_to_sign_in(
    ma_lan: LintingClient, clock: Clock, app: Flask
) -> None:
    clock.advance(minutes=119)
    page = asked(ma_lan)
    clock.advance(minutes=2)
    seen = rows(app, "SELECT seen_at FROM sign_in")
    answer = ma_lan.submit(page, "继续使用", htmx=True, follow=False)
    assert answer.location == "/sign-in"
    assert rows(app, "SELECT seen_at FROM sign_in") == seen


def test_without_the_script_the_forms_say_how_long_one_may_rest(ma_lan: LintingClient) -> None:
    hours = int(IDLE.total_seconds() // 3600)
    for path in (NEW, "/registration"):
        (sentence,) = [
            text for text in ma_lan.page(path).texts("p", class_="no-js-only") if "自动退出" in text
        ]
        assert f"{hours} 小时" in sentence
