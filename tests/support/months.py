"""Helpers for the month grid."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from tests.support.client import LintingClient
from tests.support.html import Page, words


def boxes(page: Page) -> list[Element]:
    """Return the cells of all month grids on the page."""
    return [box for grid in page.all("ul", class_="months") for box in grid]


def said(page: Page) -> list[str]:
    """Return the text of each cell without spaces."""
    return [words(box).replace(" ", "") for box in boxes(page)]


def chosen(page: Page) -> list[str]:
    """Return the chosen months; the aria attribute and the visible text must agree."""
    marked = [words(a) for a in page.all("a", aria_current="true") if a.get("data-month")]
    assert [month for month in said(page) if "已选" in month] == marked
    return [month.removesuffix("已选") for month in marked]


def tap(client: LintingClient, page: Page, month: str) -> Page:
    """Follow the link of a month on the form."""
    (link,) = [
        a for a in page.all("a") if a.get("data-month") and words(a).partition("月")[0] == month
    ]
    address, _, place = link.get("href", "").partition("#")
    answer = client.page(address)
    assert answer.by_id(place) is not None
    return answer


def period(page: Page) -> tuple[str, str]:
    """Return the values of both selects, which must match the marked months."""
    start, end = page.value("start"), page.value("end")
    numbers = [f"{number}月" for number in range(int(start[-2:]), int(end[-2:]) + 1)]
    assert chosen(page) == numbers
    return start, end


def polled(page: Page) -> str:
    """Return the URL that the one waiting card polls."""
    (address,) = [card.get("hx-get", "") for card in page.all("article") if card.get("hx-get")]
    return address
