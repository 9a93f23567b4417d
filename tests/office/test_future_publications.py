"""A year that is published from a day to come is said to be so, with the day."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import MakeApp
from tests.office.publishing import publish
from tests.support.client import LintingClient, linting
from tests.support.html import Page
from tests.support.staff import enter

AtTheDesk = Callable[[str], LintingClient]


@pytest.mark.parametrize(
    ("since", "said"), [("2027-01-01", "2027年1月1日"), ("2026-12-15", "2026年12月15日")]
)
def test_officers_read_from_which_day_a_published_year_can_be_opened(
    at_the_desk: AtTheDesk, make_app: MakeApp, since: str, said: str
) -> None:
    first = at_the_desk("jb01")
    publish(first, at_the_desk("jb02"), effective_from=since)
    page = first.page("/counter/years")
    assert f"缴费基数已公布，从 {said} 起施行，从那天起可以开放" in page.words
    assert "还没有公布" not in page.words
    assert "开放 2027 年度" not in page.buttons()
    fields = first.page("/counter").form("退出登录")[0].fields
    refused = Page(first.post("/counter/years/2027/open", data=fields))
    assert f"从{said}起施行，从那天起可以开放申报" in refused.alert
    later = linting(make_app(FLEXAPP_TODAY=since).test_client())
    enter(later, "sj01")
    there = later.page("/counter/years")
    assert "起施行" not in there.words


def test_a_year_that_nobody_has_published_is_still_said_to_be_so(at_the_desk: AtTheDesk) -> None:
    assert "缴费基数还没有公布" in at_the_desk("jb01").page("/counter/years").words
