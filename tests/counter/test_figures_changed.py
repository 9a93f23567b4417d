"""Nobody is assessed at figures that the page they sent did not show."""

from __future__ import annotations

from collections.abc import Callable

from tests.counter.test_people import at, serve
from tests.office.publishing import publish
from tests.support.client import LintingClient
from tests.support.html import Page, words
from tests.support.walks import ADDRESS, MA_LAN, register, serials, sign_in

AtTheDesk = Callable[[str], LintingClient]
CORRECTED = {"year": "2026", "average": "9000", "lower": "5400", "upper": "27000"}
# 60 % of 9000 is 5400.00 a month; 20 % of it is 1080.00.
OLD, NEW = "¥2009.20", "¥2160.00"
CHOSEN = {"start": "2026-01", "end": "2026-02", "base": "60"}


def correct_the_figures(at_the_desk: AtTheDesk, **more: str) -> None:
    publish(at_the_desk("jb01"), at_the_desk("jb02"), **CORRECTED, **more)


def refused(page: Page) -> None:
    """The page says so and shows the new sums; nothing typed is lost."""
    assert "2026年度的缴费标准刚刚更新，还没有核定" in page.alert
    assert NEW in page.alert
    assert NEW in words(page.by_id("read-back"))
    form, _ = page.form("核定")
    assert {name: form.fields[name] for name in CHOSEN} == CHOSEN


def test_figures_that_changed_while_the_form_was_open_are_shown_before_they_are_assessed(
    at_the_desk: AtTheDesk, client: LintingClient
) -> None:
    sign_in(client, MA_LAN.phone)
    form = client.submit(client.page("/assessment/self/new"), "先算一算", fill=CHOSEN)
    assert OLD in words(form.by_id("read-back"))
    correct_the_figures(at_the_desk)
    again = client.submit(form, "核定", 422)
    refused(again)
    assert serials(client.page("/assessment/self")) == []
    done = client.submit(again, "核定")
    assert NEW in done.words
    assert len(serials(done)) == 1


def test_a_form_without_sums_of_its_own_still_shows_what_a_percentage_comes_to(
    at_the_desk: AtTheDesk, client: LintingClient
) -> None:
    """Three choices are compared before anything is typed: these sums were shown too."""
    sign_in(client, MA_LAN.phone)
    form = client.page("/assessment/self/new")
    correct_the_figures(at_the_desk)
    refused(client.submit(form, "核定", 422, fill=CHOSEN))


def test_sums_refreshed_while_somebody_types_count_as_shown(
    at_the_desk: AtTheDesk, client: LintingClient
) -> None:
    sign_in(client, MA_LAN.phone)
    form = client.page("/assessment/self/new")
    correct_the_figures(at_the_desk)
    query = "&".join(f"{name}={value}" for name, value in CHOSEN.items())
    fresh = client.page(f"/assessment/self/read-back?{query}", htmx=True)
    (field,) = fresh.all("input", name="shown")
    shown = field.get("value", "")
    done = client.submit(form, "核定", by_hand=True, fill={**CHOSEN, "shown": shown})
    assert NEW in done.words


def test_the_figures_of_another_year_change_nothing_of_this_one(
    at_the_desk: AtTheDesk, client: LintingClient
) -> None:
    sign_in(client, MA_LAN.phone)
    form = client.page("/assessment/self/new")
    publish(at_the_desk("jb01"), at_the_desk("jb02"))  # 2027
    assert OLD in client.submit(form, "核定", fill=CHOSEN).words


def test_a_clerk_is_shown_the_new_sums_before_they_assess(at_the_desk: AtTheDesk) -> None:
    desk = at_the_desk("dt01")
    form = desk.page(at(serve(desk, MA_LAN), "/assess"))
    correct_the_figures(at_the_desk)
    again = desk.submit(form, "核定", 422, fill=CHOSEN)
    refused(again)
    assert len(serials(desk.submit(again, "核定"))) == 1


def test_a_clerk_is_shown_the_new_unit_rate_before_they_assess(at_the_desk: AtTheDesk) -> None:
    desk = at_the_desk("dt01")
    form = desk.page(at(serve(desk, MA_LAN), "/unit-rate"))
    correct_the_figures(at_the_desk)
    again = desk.submit(form, "核定", 422, fill=CHOSEN)
    assert "¥2592.00" in again.alert  # 24 % of 5400.00, two months
    assert len(serials(desk.submit(again, "核定"))) == 1


def test_a_registration_changed_meanwhile_is_reviewed_again(
    at_the_desk: AtTheDesk, client: LintingClient
) -> None:
    """What a clerk changed between the review and its button is not undone unseen."""
    sign_in(client, MA_LAN.phone)
    review = register(client, "640104", f"{ADDRESS}甲")
    assert "甲" in review.words
    desk = at_the_desk("dt01")
    there = desk.submit(
        desk.page(at(serve(desk, MA_LAN), "/registration")), "提交", address=f"{ADDRESS}乙"
    )
    desk.submit(there, "提交")
    again = client.submit(review, "提交")
    assert f"{ADDRESS}乙" in again.words
    assert f"{ADDRESS}甲" in again.words
    assert client.submit(again, "提交").title == "提交成功"
