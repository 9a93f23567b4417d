"""The months of the year on 核定: chosen by tapping on the form, told of above the records."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.client import LintingClient
from tests.support.database import execute
from tests.support.html import words
from tests.support.months import boxes, chosen, period, polled, said, tap
from tests.support.walks import (
    DING,
    MA_LAN,
    WANG,
    Resident,
    arrive,
    assess,
    proxy_for,
    revoke,
    serials,
    sign_in,
    transmit,
    work,
)

NEW = "/assessment/self/new"
HOW = "点一个月作为开始，再点一个月作为结束"


def test_the_form_shows_the_year_with_the_months_it_would_assess(ma_lan: LintingClient) -> None:
    assess(ma_lan, "2026-01", "2026-02")
    form = ma_lan.page(NEW)
    assert said(form)[:3] == ["1月已核定", "2月已核定", "3月已选"]
    assert len(said(form)) == 12
    assert period(form) == ("2026-03", "2026-12")
    assert HOW in form.words
    assert "已选 2026年3月至12月，共 10 个月。" in form.words
    assert form.options("start")[0] == "2026-03"


def test_one_tap_chooses_to_the_end_of_the_free_months_and_a_second_ends_earlier(
    ma_lan: LintingClient,
) -> None:
    assess(ma_lan, "2026-09", "2026-09")
    first = tap(ma_lan, ma_lan.page(NEW), "3")
    assert period(first) == ("2026-03", "2026-08")
    assert "共 6 个月。想早点结束，就再点结束的那个月。" in first.words
    second = tap(ma_lan, first, "5")
    assert period(second) == ("2026-03", "2026-05")
    assert "已选 2026年3月至5月，共 3 个月。" in second.words
    assert "想早点结束" not in second.words
    assert period(tap(ma_lan, second, "4")) == ("2026-04", "2026-08")
    assert period(tap(ma_lan, first, "3")) == ("2026-03", "2026-03")
    assert period(tap(ma_lan, first, "2")) == ("2026-02", "2026-08")
    assert period(tap(ma_lan, first, "11")) == ("2026-11", "2026-12")


def test_the_base_stays_while_months_are_tapped_and_the_tap_while_a_base_is_chosen(
    ma_lan: LintingClient,
) -> None:
    form = tap(ma_lan, ma_lan.page(f"{NEW}?start=2026-01&end=2026-12&base=80"), "3")
    assert form.value("base") == "80"
    assert form.facts()["月数"] == "10 个月"
    other = ma_lan.page(form.links()["100%"].partition("#")[0])
    assert period(other) == ("2026-03", "2026-12")
    ended = tap(ma_lan, other, "4")
    assert period(ended) == ("2026-03", "2026-04")
    assert ended.facts()["缴费总额"] == "¥3348.40"


def test_months_of_the_selects_are_marked_when_they_are_reckoned_without_the_script(
    ma_lan: LintingClient,
) -> None:
    form = tap(ma_lan, ma_lan.page(NEW), "6")
    tried = ma_lan.submit(form, "先算一算", end="2026-07", base="60")
    assert period(tried) == ("2026-06", "2026-07")
    assert tried.facts()["月数"] == "2 个月"


def test_the_read_back_says_what_is_chosen_and_why_it_cannot_be(ma_lan: LintingClient) -> None:
    assess(ma_lan, "2026-05", "2026-05")
    address = "/assessment/self/read-back?base=&start=2026-03&end="
    (line,) = ma_lan.page(f"{address}2026-04&tap=end", htmx=True).all(
        "div", hx_swap_oob="innerHTML:#chosen"
    )
    assert words(line).startswith("已选 2026年3月至4月，共 2 个月。想早点结束")
    assert "该月份已核定：2026年5月" in ma_lan.page(f"{address}2026-06", htmx=True).words


@pytest.mark.parametrize(
    "months", ["start=&end=", "start=2026-8&end=x", "start=2026-08&end=2026-03"]
)
def test_nothing_is_marked_where_no_range_is_chosen(ma_lan: LintingClient, months: str) -> None:
    form = ma_lan.page(f"{NEW}?{months}&base=60&tap=end")
    if "start=&" in months:
        assert len(chosen(form)) == 12  # the form begins with the whole run
    else:
        assert chosen(form) == []
    assert period(tap(ma_lan, form, "8"))[0] == "2026-08"


def test_what_was_submitted_wrongly_stays_marked(ma_lan: LintingClient) -> None:
    form = tap(ma_lan, tap(ma_lan, ma_lan.page(NEW), "2"), "4")
    refused = ma_lan.submit(form, "核定", 422, base="5")
    assert period(refused) == ("2026-02", "2026-04")
    assert serials(ma_lan.submit(refused, "核定", base="60"))


def test_every_open_year_has_its_months(ma_lan: LintingClient, app: Flask) -> None:
    execute(app, "INSERT INTO declaration_year (year, open) VALUES (2025, true)")
    form = ma_lan.page(NEW)
    assert [title for title in form.texts("h2") if "月份" in title] == [
        "2025 年的月份",
        "2026 年的月份",
    ]
    assert len(boxes(form)) == 24
    assert period(form) == ("2025-01", "2025-12")


def test_home_leads_to_the_form_as_the_first_tap(ma_lan: LintingClient) -> None:
    home = ma_lan.page("/")
    (march,) = [to for text, to in home.links().items() if text.replace(" ", "") == "3月可核定"]
    form = ma_lan.page(march)
    assert period(form) == ("2026-03", "2026-12")
    assert period(tap(ma_lan, form, "8")) == ("2026-03", "2026-08")


def test_the_list_shows_the_same_months_and_a_free_one_leads_to_the_form(
    ma_lan: LintingClient,
) -> None:
    assess(ma_lan, "2026-03", "2026-04")
    listed = ma_lan.page("/assessment/self")
    assert said(listed) == said(ma_lan.page("/"))
    (may,) = [to for text, to in listed.links().items() if text.replace(" ", "") == "5月可核定"]
    assert period(ma_lan.page(may)) == ("2026-05", "2026-12")


def test_a_card_that_arrives_brings_the_months_that_agree_with_it(
    ma_lan: LintingClient, app: Flask
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-02")
    transmit(ma_lan, serial)
    listed = ma_lan.page("/assessment/self")
    assert said(listed)[:3] == ["1月传输中", "2月传输中", "3月可核定"]
    again = ma_lan.page(polled(listed), htmx=True)
    assert said(again)[:2] == ["1月传输中", "2月传输中"]
    work(app)
    arrived = ma_lan.page(polled(again), htmx=True)
    assert arrived.texts("span", class_="tag") == ["已传输"]
    (months,) = arrived.all("section", id="months", hx_swap_oob="true")
    assert said(arrived) == said(ma_lan.page("/assessment/self"))
    assert said(arrived)[:3] == ["1月已传输", "2月已传输", "3月可核定"]
    assert len(arrived.all("article")) == 1
    assert words(months).startswith("2026 年的月份")


def test_a_card_on_a_page_of_its_own_brings_no_months(ma_lan: LintingClient, app: Flask) -> None:
    serial = assess(ma_lan, "2026-01", "2026-02")
    transmit(ma_lan, serial)
    alone = polled(ma_lan.page(f"/assessment/records/{serial}"))
    assert not boxes(ma_lan.page(alone, htmx=True))
    whole = ma_lan.page(polled(ma_lan.page("/assessment/self")))
    assert not whole.all("section", id="months")


def test_after_a_move_the_list_is_loaded_anew_and_its_months_agree(ma_lan: LintingClient) -> None:
    serial = assess(ma_lan, "2026-01", "2026-02")
    answer = ma_lan.submit(ma_lan.page("/assessment/self"), "传输", htmx=True)
    assert answer.texts("span", class_="tag") == ["传输中"]
    assert said(answer)[:2] == ["1月传输中", "2月传输中"]
    done = revoke(ma_lan, serial)
    assert done.texts("span", class_="tag") == ["已撤销"]
    assert said(done)[:2] == ["1月可核定", "2月可核定"]


def test_a_proxy_sees_which_months_are_taken_and_the_state_only_of_what_they_made(
    client: LintingClient, another: Callable[[], LintingClient], app: Flask
) -> None:
    person = another()
    arrive(person, Resident(DING.name, DING.identity, "19900000009"))
    theirs = assess(person, "2026-01", "2026-02")
    transmit(person, theirs)
    sign_in(client, MA_LAN.phone)
    listed = proxy_for(client, DING)
    who = listed.path.rpartition("/")[2]
    assert said(listed)[:3] == ["1月已核定", "2月已核定", "3月可核定"]
    assert "传输中" not in listed.words
    assert "¥" not in listed.words
    assert said(client.page(f"/assessment/{who}/new"))[:3] == ["1月已核定", "2月已核定", "3月已选"]
    transmit(client, assess(client, "2026-03", "2026-04", who=who))
    listed = client.page(f"/assessment/{who}")
    assert said(listed)[:4] == ["1月已核定", "2月已核定", "3月传输中", "4月传输中"]
    (may,) = [to for text, to in listed.links().items() if text.replace(" ", "") == "5月可核定"]
    assert client.page(may).path.startswith(f"/assessment/{who}/new?")
    work(app)
    arrived = client.page(polled(listed), htmx=True)
    assert said(arrived)[:4] == ["1月已核定", "2月已核定", "3月已传输", "4月已传输"]


def test_a_proxy_whose_case_is_over_is_brought_no_months(
    client: LintingClient, another: Callable[[], LintingClient]
) -> None:
    sign_in(client, MA_LAN.phone)
    who = proxy_for(client, DING).path.rpartition("/")[2]
    if who == "new":
        who = proxy_for(client, DING).path.split("/")[2]
    transmit(client, assess(client, "2026-03", "2026-04", who=who))
    address = polled(client.page(f"/assessment/{who}"))
    person = another()
    arrive(person, Resident(DING.name, DING.identity, "19900000009"))
    person.submit(person.page("/me/proxy-handling"), "关闭他人代办")
    assert not boxes(client.page(address, htmx=True))


def test_months_after_retirement_cannot_be_tapped(client: LintingClient) -> None:
    sign_in(client, WANG.phone)
    form = client.page(NEW)
    assert said(form)[4:6] == ["5月已选", "6月已退休"]
    assert [a.get("data-month") for a in form.all("a") if a.get("data-month")][-1] == "2026-05"
