"""The grid of months, as it is read and tapped."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from tests.support.client import LintingClient
from tests.support.html import Page, words


def boxes(page: Page) -> list[Element]:
    """The boxes of every grid on the page."""
    return [box for grid in page.all("ul", class_="months") for box in grid]


def said(page: Page) -> list[str]:
    """What stands in each of them."""
    return [words(box).replace(" ", "") for box in boxes(page)]


def chosen(page: Page) -> list[str]:
    """The months marked as chosen: to screen readers and in a word alike."""
    marked = [words(a) for a in page.all("a", aria_current="true") if a.get("data-month")]
    assert [month for month in said(page) if "已选" in month] == marked
    return [month.removesuffix("已选") for month in marked]


def tap(client: LintingClient, page: Page, month: str) -> Page:
    """Follow the month of that name on the form."""
    (link,) = [
        a for a in page.all("a") if a.get("data-month") and words(a).partition("月")[0] == month
    ]
    address, _, place = link.get("href", "").partition("#")
    answer = client.page(address)
    assert answer.by_id(place) is not None
    return answer


def period(page: Page) -> tuple[str, str]:
    """The months of the two selects, which must be the ones marked."""
    start, end = page.value("start"), page.value("end")
    numbers = [f"{number}月" for number in range(int(start[-2:]), int(end[-2:]) + 1)]
    assert chosen(page) == numbers
    return start, end


def polled(page: Page) -> str:
    """Where the one card that waits asks for its news."""
    (address,) = [card.get("hx-get", "") for card in page.all("article") if card.get("hx-get")]
    return address
