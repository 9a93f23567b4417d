"""Understand what you pay: quick choices, the number in words, three choices side by side."""

from __future__ import annotations

import re

import pytest

from tests.support.client import LintingClient
from tests.support.html import Page, words

NEW = "/assessment/self/new"
HOW = "怎么算的"


def compared(page: Page) -> list[tuple[str, ...]]:
    """The choices side by side: name, then each line under it."""
    return [
        tuple(words(part) for part in choice)
        for choice in page.all("li")
        if any(part.get("data-base") is not None for part in choice)
    ]


def read_back(client: LintingClient, base: str) -> Page:
    """The fragment that is fetched while somebody types."""
    address = f"/assessment/self/read-back?start=2026-01&end=2026-12&base={base}"
    return client.page(address, htmx=True)


def test_301_is_a_wage_below_the_lower_bound_and_the_page_asks_whether_a_percentage_was_meant(
    ma_lan: LintingClient,
) -> None:
    asked = "您填的是月工资 301 元，低于下限，将按 5023.00 元核定；若想按百分比请填 60–300"
    assert asked in read_back(ma_lan, "301").words


def test_the_quick_choices_are_links_that_fill_the_box_without_the_script(
    ma_lan: LintingClient,
) -> None:
    form = ma_lan.page(f"{NEW}?start=2026-02&end=2026-04&base=")
    names = [name for name in form.texts("a") if name.endswith("%") or name == "我的月工资"]
    assert names[:6] == ["60%", "80%", "100%", "200%", "300%", "我的月工资"]
    filled = ma_lan.page(form.links()["80%"].partition("#")[0])
    assert [filled.value(name) for name in ("start", "end", "base")] == ["2026-02", "2026-04", "80"]
    assert "您填的 80" in filled.words
    assert filled.facts()["缴费总额"] == "¥4018.08"
    assert ma_lan.page(filled.links()["我的月工资"].partition("#")[0]).value("base") == ""


def test_three_choices_stand_side_by_side_with_what_each_costs(ma_lan: LintingClient) -> None:
    assert compared(read_back(ma_lan, "80")) == [
        ("60%", "每月缴 ¥1004.60", "进个人账户 ¥401.84", "共 ¥12055.20", HOW),
        ("80%", "您填的", "每月缴 ¥1339.36", "进个人账户 ¥535.74", "共 ¥16072.32"),
        ("100%", "每月缴 ¥1674.20", "进个人账户 ¥669.68", "共 ¥20090.40", HOW),
    ]


@pytest.mark.parametrize("base", ["80", "20000"])
def test_every_choice_and_the_number_typed_lead_to_how_it_is_reckoned(
    ma_lan: LintingClient, base: str
) -> None:
    page = read_back(ma_lan, base)
    links = [a for a in page.all("a") if words(a) == HOW]
    names = [a.get("aria-label", "") for a in links]
    assert len(set(names)) == len(names) == 3
    assert all(name.startswith(f"{HOW}，") for name in names)
    for link in links:
        explained = ma_lan.page(link.get("href", ""))
        assert link.get("aria-label") == f"{HOW}，{entered(explained)}"
        (amount,) = [text for text in explained.texts("p") if "共缴" in text]
        assert amount.startswith("2026年1月至12月，共缴 ¥")
        # What the page of steps ends in is what was shown beside the link.
        assert amount.rpartition(" ")[2] in page.words


def entered(explained: Page) -> str:
    """What the first step says was typed, as the choices are named."""
    first = explained.texts("h2")[1]
    number = re.search(r"您填的是 ([\d.]+)", first)
    assert number is not None
    return f"月工资 {number[1]}" if "月工资" in first else f"{number[1]}%"


def test_a_wage_stands_between_the_choices_it_lies_between(ma_lan: LintingClient) -> None:
    names = [row[0] for row in compared(read_back(ma_lan, "20000"))]
    assert names == ["60%", "100%", "月工资 20000"]


@pytest.mark.parametrize("base", ["", "59.99", "60", "300"])
def test_the_least_the_average_and_the_most_are_compared_whatever_is_typed(
    ma_lan: LintingClient, base: str
) -> None:
    rows = compared(read_back(ma_lan, base))
    assert [row[0] for row in rows] == ["60%", "100%", "300%"]
    assert [row[0] for row in rows if "您填的" in row] == ([f"{base}%"] if base.isdigit() else [])


def test_nothing_is_compared_before_the_months_can_be_assessed(ma_lan: LintingClient) -> None:
    address = "/assessment/self/read-back?start=2026-05&end=2026-01&base=60"
    assert compared(ma_lan.page(address, htmx=True)) == []
