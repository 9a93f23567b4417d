"""核定 is the same at every desk: phone, proxy, window at either rate, and the practice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest

from tests.support import practising
from tests.support.client import LintingClient
from tests.support.html import Page
from tests.support.walks import MA_LAN, WANG, proxy_for, sentence, serials, sign_in

YEAR = {"start": "2026-01", "end": "2026-12"}


@dataclass(frozen=True)
class Desk:
    """A browser at a desk, for a person of 兴庆区 who has no assessments yet."""

    client: LintingClient
    new: str
    """Path of the form; the list's read-back and explanation are beside it."""
    beside: str
    listing: str
    records: str
    """Path above the records' own pages."""
    total: str = "¥12055.20"
    """Of 2026 at 60 %."""
    repeated: int = 303
    """Status of the same submission again. The practice stores no form keys: it refuses."""

    def enter(self, status: int = 200, **typed: str) -> Page:
        return self.client.submit(self.client.page(self.new), "核定", status, fill=typed)

    def assess(self, **typed: str) -> str:
        done = self.enter(200, **(YEAR | {"base": "60"} | typed))
        assert done.path == self.listing
        return serials(done)[0]

    def record(self, serial: str, page: str = "", status: int = 200) -> Page:
        return self.client.page(f"{self.records}/{serial}{page}", status)


def at_the_phone(client: LintingClient, _: object) -> Desk:
    sign_in(client, MA_LAN.phone)
    path = "/assessment/self"
    return Desk(client, f"{path}/new", path, path, "/assessment/records")


def by_proxy(client: LintingClient, _: object) -> Desk:
    sign_in(client, WANG.phone)
    path = proxy_for(client, MA_LAN).path
    return Desk(client, f"{path}/new", path, path, "/assessment/records")


def at_the_window(_: object, at_the_desk: Callable[[str], LintingClient]) -> Desk:
    client = at_the_desk("dt01")
    path = client.submit(client.page("/counter/people"), "查找", identity=MA_LAN.identity).path
    return Desk(client, f"{path}/assess", path, path, f"{path}/records")


def at_the_unit_rate(_: object, at_the_desk: Callable[[str], LintingClient]) -> Desk:
    client = at_the_desk("dt01")
    path = client.submit(client.page("/counter/people"), "查找", identity=MA_LAN.identity).path
    unit = f"{path}/unit-rate"
    return Desk(client, unit, unit, path, f"{path}/records", total="¥14466.24")


def in_practice(client: LintingClient, _: object) -> Desk:
    practising.register(client)
    path = "/practice/assessment"
    return Desk(client, f"{path}/new", path, path, "/practice/records", repeated=422)


@pytest.fixture(params=[at_the_phone, by_proxy, at_the_window, at_the_unit_rate, in_practice])
def desk(
    request: pytest.FixtureRequest,
    client: LintingClient,
    at_the_desk: Callable[[str], LintingClient],
) -> Desk:
    made = request.param(client, at_the_desk)
    assert isinstance(made, Desk)
    return made


REFUSED = [
    sentence({"base": ""}, "base", id="no base"),
    sentence({"base": "59.99"}, "base", id="below 60 percent"),
    sentence({"base": "六十"}, "base", id="not a number"),
    sentence({"base": "60.123"}, "base", id="three decimals"),
    sentence({"start": "2026-06", "end": "2026-03"}, "end", id="the end before the start"),
    sentence({"start": "2031-01", "end": "2031-12"}, "start", id="a year without figures"),
]


@pytest.mark.parametrize(("typed", "field"), REFUSED)
def test_every_desk_refuses_the_same_entries_at_the_same_field(
    desk: Desk, typed: dict[str, str], field: str
) -> None:
    entry = YEAR | {"base": "60"} | typed
    answer = desk.client.submit(desk.client.page(desk.new), "核定", 422, by_hand=True, fill=entry)
    assert list(answer.errors) == [field]
    assert answer.value("base") == entry["base"]
    assert serials(desk.client.page(desk.listing)) == []


def test_the_read_back_says_the_same_before_anything_is_stored(desk: Desk) -> None:
    query = urlencode(YEAR | {"base": "60"})
    shown = desk.client.page(f"{desk.beside}/read-back?{query}", htmx=True)
    assert "5023.00" in shown.words
    assert desk.total in shown.words
    explained = desk.client.page(f"{desk.beside}/explained?{query}")
    assert explained.title == "怎么算的"
    assert "试算，尚未核定" in explained.words
    assert serials(desk.client.page(desk.listing)) == []


def test_what_was_assessed_stands_in_the_list_and_on_its_own_page(desk: Desk) -> None:
    serial = desk.assess()
    record = desk.record(serial)
    assert record.title == "核定记录"
    assert desk.total in record.words
    assert record.texts("span", class_="tag") == ["已核定"]
    assert "怎么算的" in desk.record(serial, "/explained").title


def test_a_month_is_assessed_once(desk: Desk) -> None:
    desk.assess(start="2026-03", end="2026-05")
    again = YEAR | {"start": "2026-05", "end": "2026-06", "base": "60"}
    answer = desk.client.submit(desk.client.page(desk.new), "核定", 422, by_hand=True, fill=again)
    assert "2026年5月" in answer.alert
    assert len(serials(desk.client.page(desk.listing))) == 1


def test_the_same_form_sent_twice_makes_one_assessment(desk: Desk) -> None:
    form = desk.client.page(desk.new)
    entry = YEAR | {"base": "60"}
    first = desk.client.submit(form, "核定", fill=entry)
    second = desk.client.submit(
        form, "核定", 200 if desk.repeated == 303 else 422, by_hand=True, fill=entry
    )
    assert first.path == desk.listing
    assert (second.path == desk.listing) is (desk.repeated == 303)
    assert len(serials(desk.client.page(desk.listing))) == 1


def test_what_was_revoked_frees_its_months_and_stays_visible(desk: Desk) -> None:
    serial = desk.assess(start="2026-03", end="2026-05")
    dialog = desk.client.submit(desk.record(serial), "撤销")
    assert dialog.title == "撤销核定"
    done = desk.client.submit(dialog, "确认")
    assert done.path == desk.listing
    assert desk.record(serial).texts("span", class_="tag") == ["已撤销"]
    assert desk.assess(start="2026-03", end="2026-05") != serial


def test_what_was_transmitted_cannot_be_revoked_at_once(desk: Desk) -> None:
    serial = desk.assess()
    assert desk.client.submit(desk.record(serial), "传输").path == desk.listing
    assert desk.record(serial).texts("span", class_="tag") == ["传输中"]
    again = desk.client.post(f"{desk.records}/{serial}/transmit", data={})
    assert again.status_code in (400, 422)
    assert desk.record(serial, "/ask-tax").title == "申请税务撤销"
    assert "现在不能申请" in desk.record(serial, "/ask-tax").words
