"""A practice is one browser's: kept in its cookie, ended by itself, and nobody's in earnest."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from flexapp.practice.cookie import LASTS, MOST
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.practising import (
    FORM,
    RECORDS,
    assess,
    everything,
    record,
    register,
    serials,
    whole_way,
)
from tests.support.walks import MA_LAN, sign_in


def test_leaving_forgets_everything(client: LintingClient) -> None:
    register(client)
    serial = assess(client, "2026-01", "2026-01")
    home = client.submit(client.page(RECORDS), "退出练习")
    assert home.path == "/"
    assert client.get_cookie("practice", path="/practice") is None
    assert client.page(FORM).value("address") == ""
    assert "还没有参保登记" in client.page(RECORDS).words
    assert "练习已经结束" in client.page(f"/practice/records/{serial}", 422).title


def test_a_practice_ends_by_itself(client: LintingClient, app: Flask) -> None:
    register(client)
    cookie = client.get_cookie("practice", path="/practice")
    assert cookie is not None
    assert cookie.max_age == LASTS.total_seconds() == 7200
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert cookie.path == "/practice"


def test_a_cookie_that_is_too_old_is_not_read(
    client: LintingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    register(client)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + LASTS.total_seconds() + 60)
    cookie = client.get_cookie("practice", path="/practice")
    assert cookie is not None  # the browser may be slow to forget
    assert client.page(FORM).value("address") == ""


@pytest.mark.parametrize("text", ["", "x", "bm90IG91cnM.x.y", "W10.aaaaaa.bbbb"])
def test_a_cookie_that_is_not_ours_is_no_practice(client: LintingClient, text: str) -> None:
    client.set_cookie("practice", text, path="/practice")
    assert client.page("/practice").links()["开始练习"] == FORM


def test_a_changed_cookie_is_no_practice(client: LintingClient) -> None:
    register(client)
    cookie = client.get_cookie("practice", path="/practice")
    assert cookie is not None
    changed = ("A" if cookie.value[0] != "A" else "B") + cookie.value[1:]
    client.set_cookie("practice", changed, path="/practice")
    assert "还没有参保登记" in client.page(RECORDS).words


def test_the_cookie_stays_below_what_browsers_keep(client: LintingClient, clock: Clock) -> None:
    text = "".join(chr(0x4E00 + (n * 7919) % 20000) for n in range(200))
    register(client, address=text)
    for _ in range(12):
        serial = assess(client, "2026-01", "2026-12")
        client.submit(record(client, serial), "传输")
        clock.advance(seconds=4)
        ask = client.submit(record(client, serial), "申请税务撤销")
        client.submit(ask, "确认", reason=text[::2])
        clock.advance(seconds=4)
        client.submit(client.submit(record(client, serial), "撤销"), "确认")
        cookie = client.get_cookie("practice", path="/practice")
        assert cookie is not None
        assert len(cookie.value) <= MOST
        assert serial in serials(client.page(RECORDS))  # the newest is never the one that goes
    assert client.page(FORM).value("address") == text


def test_whoever_is_signed_in_practises_as_nobody_and_keeps_what_is_theirs(
    client: LintingClient, app: Flask, clock: Clock
) -> None:
    sign_in(client, MA_LAN.phone)
    mine = client.page("/assessment/self").words
    before = everything(app)
    for page in whole_way(client, clock):
        for own in ("马*", "0021", "199****0001", "演示路1号"):
            assert own not in page.words, page
    assert everything(app) == before
    assert client.page("/assessment/self").words == mine
    assert "马*" in client.page("/me").words


def test_a_practised_serial_opens_nothing_in_earnest(client: LintingClient) -> None:
    register(client)
    serial = assess(client, "2026-01", "2026-01")
    assert serial == "00000020261124000001"
    sign_in(client, MA_LAN.phone)
    client.page(f"/assessment/records/{serial}", 404)


def test_each_browser_practises_by_itself(
    client: LintingClient, another: Callable[[], LintingClient]
) -> None:
    register(client)
    assert another().page(FORM).value("address") == ""
