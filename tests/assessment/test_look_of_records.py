"""What a record's own page links to, how its dates are written, and in what order one tabs."""

from __future__ import annotations

import re

import pytest

from tests.support.client import LintingClient
from tests.support.html import words
from tests.support.walks import YANG, assess, revoke, sign_in, transmit

DATE = re.compile(r"20\d\d-\d\d(-\d\d)?")


@pytest.mark.parametrize("then", [None, transmit, revoke])
def test_the_page_of_a_record_does_not_lead_to_itself(ma_lan: LintingClient, then: object) -> None:
    serial = assess(ma_lan, "2026-01", "2026-03")
    if callable(then):
        then(ma_lan, serial)
    own = f"/assessment/records/{serial}"
    assert own in ma_lan.page("/assessment/self").links().values()
    page = ma_lan.page(own)
    assert own not in {a.get("href") for a in page.root.iter("a") if "go" in a.get("class", "")}
    assert f"核定流水号 {serial}" in page.words


def test_a_card_that_asks_for_its_own_news_stays_as_it_was_drawn(ma_lan: LintingClient) -> None:
    serial = assess(ma_lan, "2026-01", "2026-03")
    own = f"/assessment/records/{serial}"
    alone = ma_lan.page(f"{own}/card", htmx=True)
    listed = ma_lan.page(f"{own}/card?listed=1", htmx=True)
    goes = [[a.get("href") for a in page.all("a", class_="go")] for page in (alone, listed)]
    assert goes == [[], [own]]


def test_dates_of_a_record_are_not_broken(ma_lan: LintingClient) -> None:
    serial = assess(ma_lan, "2026-01", "2026-03")
    page = ma_lan.page(f"/assessment/records/{serial}")
    whole = [words(time) for time in page.root.iter("time")]
    assert whole[:2] == ["2026-01", "2026-03"]
    assert set(DATE.findall(page.words)) == {"", "-24"}
    said = [found[0] for found in DATE.finditer(page.words)]
    assert sorted(whole) == sorted(said)


@pytest.mark.parametrize(("phone", "path", "last"), [(YANG.phone, "/registration", "提交")])
def test_in_the_large_look_the_way_back_comes_before_the_way_on_and_enter_goes_on(
    client: LintingClient, phone: str, path: str, last: str
) -> None:
    sign_in(client, phone)
    client.submit(client.page("/me"), "长辈版")
    page = client.page(path)
    (form,) = (each for each in page.forms() if "division" in each.offered)
    assert [words(b) for b in form.buttons if b.get("aria-hidden") is None][:1] == ["下一步"]
    page = client.submit(page, "下一步", division="640502")
    (form,) = (each for each in page.forms() if "ethnic_group" in each.offered)
    seen = [words(b) for b in form.buttons if b.get("aria-hidden") is None]
    assert seen[:2] == ["上一步", "下一步"]
    # The Enter key presses the first button of a form, seen or not.
    first = form.buttons[0]
    assert (words(first), first.get("value")) == ("下一步", "address")
    assert (first.get("tabindex"), first.get("aria-hidden")) == ("-1", "true")
    page = client.submit(page, "下一步", ethnic_group="01")
    (form,) = (each for each in page.forms() if "credit_code" in each.fields)
    assert words(form.buttons[0]) == last
    assert form.buttons[0].get("name") is None
