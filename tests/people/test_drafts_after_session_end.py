"""What was typed after the session ended, or on a stale page: kept, for that person alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.client import HTMX, LintingClient
from tests.support.clock import Clock
from tests.support.database import rows, stored
from tests.support.drafts import (
    DECLARED,
    GOES_ON,
    NEW,
    OWN,
    TYPED,
    drafts,
    shown,
    while_typing,
)
from tests.support.html import Page
from tests.support.walks import (
    DING,
    MA_LAN,
    WANG,
    newcomer,
    sign_in,
)

# ---- When the session has ended


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["without htmx", "with htmx"])
def test_what_was_typed_is_there_again_after_the_session_ended(
    ma_lan: LintingClient, clock: Clock, app: Flask, headers: dict[str, str]
) -> None:
    page = ma_lan.page(f"{NEW}?start=2026-01&end=2026-02")
    form, _ = page.form("核定")
    clock.advance(hours=3)
    answer = Page(ma_lan.post(form.action, data=form.fields | TYPED, headers=headers))
    assert answer.location == "/sign-in"
    assert rows(app, "SELECT count(*) FROM assessment") == [(0,)]
    asked = ma_lan.page("/sign-in")
    assert "您填的内容已保存，登录后接着填" in asked.words
    landed = sign_in(ma_lan, MA_LAN.phone)
    assert landed.path == NEW
    assert shown(landed) == TYPED
    assert GOES_ON.search(landed.words)


def test_what_is_typed_while_nobody_noticed_the_end_is_kept_quietly(
    ma_lan: LintingClient, clock: Clock
) -> None:
    page = ma_lan.page(NEW)
    clock.advance(hours=13)
    while_typing(ma_lan, page, "核定", **TYPED)
    sign_in(ma_lan, MA_LAN.phone)
    assert shown(ma_lan.page(NEW)) == TYPED


def test_a_form_on_its_way_to_a_counter_when_the_session_ended_is_kept_too(
    ma_lan: LintingClient, clock: Clock
) -> None:
    page = ma_lan.page(NEW)
    clock.advance(hours=3)
    ma_lan.submit(page, "到窗口继续办理", 303, follow=False, fill=TYPED)
    assert shown(sign_in(ma_lan, MA_LAN.phone)) == TYPED


def test_another_person_who_signs_in_after_the_session_ended_does_not_see_it(
    ma_lan: LintingClient, clock: Clock
) -> None:
    page = ma_lan.page(NEW)
    clock.advance(hours=3)
    ma_lan.submit(page, "核定", 303, follow=False, fill=TYPED)
    landed = sign_in(ma_lan, WANG.phone)
    assert landed.path == NEW
    assert landed.value("base") == ""
    assert "77.5" not in landed.html


def test_a_session_that_the_person_ended_accepts_nothing(
    ma_lan: LintingClient, another: Callable[[], LintingClient], app: Flask
) -> None:
    page = ma_lan.page(NEW)
    form, _ = page.form("核定")
    cookie = ma_lan.get_cookie("session")
    assert cookie is not None
    copy = another()
    copy.set_cookie("session", cookie.value)
    ma_lan.submit(ma_lan.page("/me"), "退出登录")
    for more in ({}, {"_draft": "1"}):
        answer = Page(copy.post(form.action, data=form.fields | TYPED | more))
        assert answer.location == "/sign-in"
    assert drafts(app) == []
    assert "已保存" not in copy.page("/sign-in").words


def test_weeks_after_its_end_a_session_accepts_nothing(
    ma_lan: LintingClient, clock: Clock, app: Flask
) -> None:
    page = ma_lan.page(NEW)
    clock.advance(days=8)
    ma_lan.submit(page, "核定", 303, follow=False, fill=TYPED)
    assert drafts(app) == []


def test_an_ended_session_shows_no_draft_and_keeps_no_other_form(
    ma_lan: LintingClient, clock: Clock, app: Flask
) -> None:
    while_typing(ma_lan, ma_lan.page(NEW), "核定", **TYPED)
    choose = ma_lan.page("/assessment")
    clock.advance(hours=3)
    assert ma_lan.page(NEW).path == "/sign-in"
    ma_lan.submit(
        choose, "提交", 303, follow=False, who="other", name=DING.name, identity=DING.identity
    )
    assert drafts(app) == [(NEW,)]


# ---- When the page was open too long


def test_a_page_open_too_long_keeps_what_was_typed_even_if_it_is_closed(
    ma_lan: LintingClient, app: Flask
) -> None:
    form, _ = ma_lan.page(NEW).form("核定")
    stale = Page(ma_lan.post(form.action, data=form.fields | TYPED | {"csrf_token": "old"}))
    assert stale.status == 400
    assert shown(ma_lan.page(NEW)) == TYPED
    assert rows(app, "SELECT count(*) FROM assessment") == [(0,)]


def test_a_stale_page_of_one_person_gives_nothing_to_who_is_signed_in_now(
    ma_lan: LintingClient, app: Flask
) -> None:
    form, _ = ma_lan.page(NEW).form("核定")
    ma_lan.submit(ma_lan.page("/me"), "退出登录")
    sign_in(ma_lan, WANG.phone)
    stale = Page(ma_lan.post(form.action, data=form.fields | TYPED))
    assert stale.status == 400
    assert "77.5" not in stale.html
    assert drafts(app) == []


@pytest.mark.parametrize(
    ("form", "button", "typed"),
    [
        ("/assessment", "提交", {"who": "other", "name": DING.name, "identity": DING.identity}),
        ("/registration", "提交", {"address": "解放街九号"}),
        ("/registration", "到窗口继续办理", {"address": "解放街九号"}),
    ],
)
def test_what_another_person_typed_does_not_come_back_from_a_stale_page(
    ma_lan: LintingClient, app: Flask, form: str, button: str, typed: dict[str, str]
) -> None:
    page = ma_lan.page(form)
    own = Page(ma_lan.repeat(page, button, **typed, csrf_token="old"))
    assert own.status == 400
    assert all(value in own.html for value in typed.values())
    ma_lan.submit(ma_lan.page("/me"), "退出登录")
    sign_in(ma_lan, WANG.phone)
    before = stored(app)
    stale = Page(ma_lan.repeat(page, button, **typed))
    assert (stale.status, stale.title) == (400, "页面放得太久")
    assert not any(value in stale.html for value in typed.values() if value != "other")
    assert stored(app) == before


def test_another_sites_form_cannot_plant_a_draft(ma_lan: LintingClient, app: Flask) -> None:
    for more in ({}, {"typist": "0" * 32}, {"_draft": "1"}):
        answer = ma_lan.post(NEW, data=TYPED | more, headers={"Origin": "null"})
        assert answer.status_code == 403
    assert drafts(app) == []


def test_without_a_real_name_nothing_is_kept_after_the_end(
    client: LintingClient, clock: Clock, app: Flask
) -> None:
    sign_in(client, newcomer().phone)
    token = client.page("/real-name").form("确认")[0].fields["csrf_token"]
    clock.advance(hours=3)
    assert client.post(OWN, data=DECLARED | {"csrf_token": token}).status_code == 303
    assert drafts(app) == []
