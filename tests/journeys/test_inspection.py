"""The eye that the walks have on every page sees what it is meant to see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.inspection import inspect

PAGE = """<!DOCTYPE html><html lang="zh-CN"><head><title>{name}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body style="margin: 0"><main><h1>页面</h1>{body}</main></body></html>"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page of a phone."""
    context = browser.new_context(viewport={"width": 375, "height": 812}, is_mobile=True)
    yield context.new_page()
    context.close()


def test_a_sound_page_has_no_faults(page: Page) -> None:
    page.set_content(PAGE.format(name="sound", body="<p>正文</p>"))
    assert inspect(page) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<input>", "Form elements must have labels"),
        ('<p style="color: #bbb">正文</p>', "color contrast"),
        ('<div style="width: 330px">宽</div>', "runs out at 320 px"),
        ('<div style="width: 15rem">宽</div>', "runs out with letters of 200 %"),
    ],
    ids=["no label", "too pale", "too wide", "too wide with big letters"],
)
def test_a_fault_is_seen_each_time(page: Page, body: str, fault: str) -> None:
    page.set_content(PAGE.format(name=fault, body=body))
    for _ in range(2):
        found = inspect(page)
        assert found
        assert all(fault in each for each in found)
