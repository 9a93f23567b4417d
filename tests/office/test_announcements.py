"""公告 on 首页: posted from a day to a day, never edited, taken down when wrong."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from flask import Flask

from tests.conftest import MakeApp
from tests.support.client import LintingClient, linting
from tests.support.database import rows
from tests.support.html import Page, words

AtTheDesk = Callable[[str], LintingClient]
PAGE = "/counter/announcements"
TEXT = "12月31日前请完成今年的核定和缴费，过期要到大厅办理。"


def post(
    officer: LintingClient,
    text: str = TEXT,
    first: str = "2026-11-24",
    last: str = "2026-12-31",
    status: int = 200,
) -> Page:
    page = officer.page(f"{PAGE}/new")
    return officer.submit(page, "确认发布", status, text=text, first=first, last=last)


def told(client: LintingClient) -> list[str]:
    """What 首页 tells, in full."""
    return [
        words(item)
        for block in client.page("/").all("details", class_="said")
        for item in block.iter("li")
    ]


def test_what_an_officer_posts_everybody_reads_on_the_home_page(
    at_the_desk: AtTheDesk, client: LintingClient
) -> None:
    assert TEXT not in told(client)
    page = post(at_the_desk("jb01"))
    assert "正在显示" in page.words
    assert TEXT in told(client)
    # The line that passes by says the same to whoever hears the page.
    (block,) = client.page("/").all("details", class_="said")
    assert TEXT in words(next(block.iter("summary")))


def test_it_is_shown_from_its_first_day_to_its_last(
    at_the_desk: AtTheDesk, make_app: MakeApp
) -> None:
    page = post(at_the_desk("jb01"), first="2026-11-26", last="2026-11-27")
    assert "还没到日子" in page.words
    days = [f"2026-11-{day}" for day in (24, 25, 26, 27, 28)]
    apps = [make_app(FLEXAPP_TODAY=day) for day in days]
    shown = [TEXT in told(linting(app.test_client())) for app in apps]
    assert shown == [False, False, True, True, False]


def test_one_that_is_wrong_is_taken_down_and_cannot_come_back(
    at_the_desk: AtTheDesk, client: LintingClient, app: Flask
) -> None:
    officer = at_the_desk("jb01")
    listing = post(officer)
    other = at_the_desk("jb02")
    stale = other.page(PAGE)
    after = officer.submit(listing, "撤下")
    assert "已撤下" in after.words
    assert TEXT not in told(client)
    again = other.submit(stale, "撤下", 422)
    assert "已经撤下或已经过期" in again.alert
    actions = [
        (action, json.loads(str(data)).get("text"))
        for action, data in rows(
            app,
            "SELECT action, data FROM audit_event WHERE action LIKE 'announcement.%'"
            " AND actor_kind = 'staff' ORDER BY seq",
        )
    ][-2:]
    assert actions == [("announcement.posted", TEXT), ("announcement.taken_down", None)]


def test_at_most_the_five_newest_are_shown(at_the_desk: AtTheDesk, client: LintingClient) -> None:
    officer = at_the_desk("jb01")
    for number in range(7):
        post(officer, text=f"第{number}条公告")
    assert told(client) == [f"第{number}条公告" for number in (6, 5, 4, 3, 2)]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"text": ""}, "请写公告内容"),
        ({"text": "好"}, "请写公告内容"),
        ({"text": "长" * 121}, "请写公告内容"),
        ({"first": "2026-11-23"}, "请填开始日期：今天或以后"),
        ({"first": "明天"}, "请填开始日期"),
        ({"last": "2026-11-23"}, "请填结束日期：不早于开始"),
        ({"last": "2028-01-01"}, "请填结束日期"),
        ({"last": ""}, "请填结束日期"),
    ],
)
def test_what_cannot_be_posted_is_said_and_nothing_typed_is_lost(
    at_the_desk: AtTheDesk, client: LintingClient, typed: dict[str, str], sentence: str
) -> None:
    before = told(client)
    page = post(at_the_desk("jb01"), status=422, **typed)
    assert sentence in page.alert
    if "text" not in typed:
        assert TEXT in page.words
    assert told(client) == before


def test_a_text_is_a_text_and_never_markup(at_the_desk: AtTheDesk, client: LintingClient) -> None:
    post(at_the_desk("jb01"), text="<b onclick=go()>点这里</b>")
    assert "<b onclick=go()>点这里</b>" in told(client)


def test_an_auditor_reads_and_has_no_buttons(at_the_desk: AtTheDesk) -> None:
    post(at_the_desk("jb01"))
    page = at_the_desk("sj01").page(PAGE)
    assert TEXT in page.words
    assert not {"撤下", "发布公告"} & set(page.buttons())
