"""What staff are told at an address that is nothing, or not for them, in the counters' pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from flexapp.web.rate_limit import TooMany
from tests.support.client import LintingClient
from tests.support.html import Page

AtTheDesk = Callable[[str], LintingClient]


def is_of_the_counter(page: Page) -> bool:
    """Whether the layout is that of the counters, with the way back to the desk and none home."""
    sheets = [link.get("href", "") for link in page.all("link", rel="stylesheet")]
    backs = [a.get("href") for a in page.all("a", class_="back")]
    return any("counter" in sheet for sheet in sheets) and backs == ["/counter"]


@pytest.mark.parametrize(
    "path", ["/counter/no-such-page", "/counter/people/unknown", "/counter/audit/x/y"]
)
def test_an_unknown_page_of_the_counters_leads_back_to_the_desk(
    at_the_desk: AtTheDesk, path: str
) -> None:
    page = at_the_desk("dt01").page(path, 404)
    assert is_of_the_counter(page)
    assert page.links()["回到工作台"] == "/counter"
    assert "请从工作台重新进入" in page.words
    assert not {"回到首页", "办事指南", "我的"} & page.links().keys()


@pytest.mark.parametrize(
    ("clerk", "path", "role", "others"),
    [
        ("xz01", "/counter/years", "乡镇经办员", "经办机构管理员"),
        ("dt01", "/counter/pilot", "大厅经办员", "经办机构管理员"),
        ("sj01", "/counter/people", "审计员", "乡镇经办员、大厅经办员"),
    ],
)
def test_a_page_for_another_role_says_for_whom_it_is(
    at_the_desk: AtTheDesk, clerk: str, path: str, role: str, others: str
) -> None:
    page = at_the_desk(clerk).page(path, 403)
    assert is_of_the_counter(page)
    assert f"您的岗位（{role}）不能办理这项业务" in page.words
    assert f"可以办理的岗位：{others}" in page.words
    assert page.links()["回到工作台"] == "/counter"


def test_a_form_that_was_open_too_long_is_said_so_in_the_counters_pages(
    at_the_desk: AtTheDesk,
) -> None:
    page = Page(at_the_desk("dt01").post("/counter/people", data={"identity": "x"}))
    assert (page.status, page.title) == (400, "页面放得太久")
    assert is_of_the_counter(page)


@pytest.mark.parametrize(
    ("clerk", "path", "name", "back"),
    [("sj01", "/counter/audit/999999", "重新查询", "/counter/audit")],
)
def test_what_is_refused_without_a_form_leads_back_to_its_own_list(
    at_the_desk: AtTheDesk, clerk: str, path: str, name: str, back: str
) -> None:
    page = at_the_desk(clerk).page(path, 422)
    assert "<title>现在不能办理</title>" in page.html
    assert any("counter" in link.get("href", "") for link in page.all("link", rel="stylesheet"))
    assert page.links()[name] == back


def test_a_year_without_figures_is_refused_in_the_counters_pages(at_the_desk: AtTheDesk) -> None:
    clerk = at_the_desk("jb01")
    fields = clerk.page("/counter").form("退出登录")[0].fields
    page = Page(clerk.post("/counter/years/2027/open", data=fields))
    assert (page.status, page.title) == (422, "现在不能办理")
    assert any("counter" in link.get("href", "") for link in page.all("link", rel="stylesheet"))
    assert page.links()["返回年度"] == "/counter/years"


def test_a_desk_whose_network_asked_too_often_is_told_when_and_not_to_change_the_phones_network(
    app: Flask, at_the_desk: AtTheDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = at_the_desk("dt01")

    def refuse() -> None:
        raise TooMany(timedelta(minutes=7, seconds=1))

    monkeypatch.setitem(app.view_functions, "staff.desk", _marked(app, "staff.desk", refuse))
    page = clerk.page("/counter", 429)
    assert is_of_the_counter(page)
    assert "请 8 分钟后再试。" in page.words
    assert "手机流量" not in page.words


def _marked(app: Flask, endpoint: str, view: Callable[[], None]) -> Callable[[], None]:
    vars(view).update(vars(app.view_functions[endpoint]))
    return view


def test_a_clerk_who_reopens_the_form_for_somebody_new_is_led_to_the_search(
    at_the_desk: AtTheDesk,
) -> None:
    page = at_the_desk("dt01").page("/counter/people/new")
    assert page.path == "/counter/people"


def test_who_is_not_signed_in_gets_the_counters_page_too(client: LintingClient) -> None:
    page = client.page("/counter/no-such-page", 404)
    assert is_of_the_counter(page)
    assert client.page(page.links()["回到工作台"]).path == "/counter/sign-in"
