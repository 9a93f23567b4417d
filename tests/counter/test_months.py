"""The months of a person at a counter: chosen by tapping, and told of above the records."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from tests.support.client import LintingClient
from tests.support.months import period, polled, said, tap
from tests.support.walks import MA_LAN, assess, sign_in, transmit, work


def test_a_clerk_taps_the_months_and_sees_them_change_with_the_card(
    at_the_desk: Callable[[str], LintingClient], client: LintingClient, app: Flask
) -> None:
    sign_in(client, MA_LAN.phone)
    serial = assess(client, "2026-01", "2026-02")
    desk = at_the_desk("dt01")
    person = desk.submit(desk.page("/counter/people"), "查找", identity=MA_LAN.identity)
    form = desk.page(f"{person.path}/assess")
    first = tap(desk, form, "4")
    assert first.path.startswith(f"{person.path}/assess?")
    assert period(tap(desk, first, "6")) == ("2026-04", "2026-06")
    unit = tap(desk, desk.page(f"{person.path}/unit-rate"), "4")
    assert unit.path.startswith(f"{person.path}/unit-rate?")
    transmit(client, serial)
    waiting = desk.page(person.path)
    work(app)
    arrived = desk.page(polled(waiting), htmx=True)
    assert arrived.texts("span", class_="tag") == ["已传输"]
    assert said(arrived) == said(desk.page(person.path))
    assert said(arrived)[:2] == ["1月已传输", "2月已传输"]


def test_a_clerk_shows_how_it_is_reckoned_before_it_is_assessed(
    at_the_desk: Callable[[str], LintingClient],
) -> None:
    desk = at_the_desk("dt01")
    person = desk.submit(desk.page("/counter/people"), "查找", identity=MA_LAN.identity)
    for form, rate in (("assess", "× 20%"), ("unit-rate", "× 24%")):
        typed = "start=2026-01&end=2026-12&base=80"
        filled = desk.page(f"{person.path}/{form}?{typed}")
        (address,) = [
            a.get("href", "")
            for a in filled.by_id("read-back").iter("a")
            if "explained" in a.get("href", "")
        ]
        tried = desk.page(address)
        assert tried.texts("h2")[0] == "试算，尚未核定"
        assert rate in tried.words
        assert tried.links()["返回接着填"] == f"{person.path}/{form}?{typed}"
        refused = desk.page(address.replace("base=80", "base=5"))
        assert refused.path.startswith(f"{person.path}/{form}?")
