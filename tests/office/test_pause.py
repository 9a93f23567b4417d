"""The emergency switch: residents go on, nothing goes out, and afterwards everything does."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from flask import Flask

from flexapp.transmission.outbox_worker import Sender
from tests.support.client import LintingClient
from tests.support.database import rows
from tests.support.html import Page
from tests.support.tax import receipt, through, unreachable
from tests.support.walks import MA_LAN, assess, revoke, sign_in, state, transmit, work

AtTheDesk = Callable[[str], LintingClient]
PAGE = "/counter/transmission"
MAINTENANCE = "税务系统维护中，恢复后自动传输"


@pytest.fixture
def ma_lan(client: LintingClient) -> LintingClient:
    """马兰, insured since 2008."""
    sign_in(client, MA_LAN.phone)
    return client


def pause(officer: LintingClient, reason: str = "税务系统升级", status: int = 200) -> Page:
    page = officer.page(f"{PAGE}/pause")
    return officer.submit(page, "确认暂停传输", status, reason=reason)


def note(client: LintingClient, serial: str) -> str:
    return client.page(f"/assessment/records/{serial}").words


def test_while_it_is_on_people_assess_and_transmit_and_nothing_goes_out(
    at_the_desk: AtTheDesk, ma_lan: LintingClient, app: Flask
) -> None:
    officer = at_the_desk("jb01")
    page = pause(officer)
    assert page.facts()["原因"] == "税务系统升级"
    serial = assess(ma_lan, "2026-01", "2026-03")
    transmit(ma_lan, serial)
    work(app)
    assert state(ma_lan, serial) == "传输中"
    assert MAINTENANCE in note(ma_lan, serial)


def test_what_waited_goes_out_when_it_is_off_again(
    at_the_desk: AtTheDesk, ma_lan: LintingClient, app: Flask
) -> None:
    officer = at_the_desk("jb01")
    before = assess(ma_lan, "2026-01", "2026-01")
    transmit(ma_lan, before)
    pause(officer)
    during = assess(ma_lan, "2026-02", "2026-02")
    transmit(ma_lan, during)
    work(app)
    assert [state(ma_lan, each) for each in (before, during)] == ["传输中", "传输中"]
    assert MAINTENANCE in note(ma_lan, before)
    after = officer.submit(officer.page(PAGE), "恢复传输")
    assert "传输已暂停" not in after.words
    assert MAINTENANCE not in note(ma_lan, before)
    work(app)
    assert [state(ma_lan, each) for each in (before, during)] == ["已传输", "已传输"]


def test_what_waits_can_still_be_revoked(
    at_the_desk: AtTheDesk, ma_lan: LintingClient, app: Flask
) -> None:
    pause(at_the_desk("jb01"))
    serial = assess(ma_lan, "2026-01", "2026-03")
    transmit(ma_lan, serial)
    work(app)
    revoke(ma_lan, serial)
    assert state(ma_lan, serial) == "已撤销"


def test_the_tax_bureau_coming_back_does_not_throw_the_switch(
    at_the_desk: AtTheDesk, ma_lan: LintingClient, app: Flask
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-03")
    transmit(ma_lan, serial)
    work(app, through(unreachable))
    pause(at_the_desk("jb01"))
    asked: list[str] = []

    def listening(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return receipt(request)

    with app.app_context():
        sender = Sender(through(listening))
        assert sender.round() == 0
        assert sender.round() == 0
    assert asked == []
    assert state(ma_lan, serial) == "传输中"


def test_who_threw_it_and_why_is_on_record_and_throwing_it_twice_counts_once(
    at_the_desk: AtTheDesk, app: Flask
) -> None:
    pause(at_the_desk("jb01"))
    second = at_the_desk("jb02")
    pause(second, "再停一次")
    page = second.page(PAGE)
    assert page.facts()["原因"] == "税务系统升级"
    assert page.facts()["办理人"] == "经办机构管理员 王**（jb01）"
    second.submit(page, "恢复传输")
    found = rows(
        app,
        "SELECT action, actor_label FROM audit_event WHERE subject = 'tax_link' ORDER BY seq",
    )
    assert found == [
        ("transmission.paused", "经办机构管理员 王**（jb01）"),
        ("transmission.resumed", "经办机构管理员 哈**（jb02）"),
    ]


def test_without_a_reason_it_is_not_thrown(
    at_the_desk: AtTheDesk, ma_lan: LintingClient, app: Flask
) -> None:
    assert "请写明原因" in pause(at_the_desk("jb01"), "", 422).alert
    serial = assess(ma_lan, "2026-01", "2026-03")
    transmit(ma_lan, serial)
    work(app)
    assert state(ma_lan, serial) == "已传输"


def test_an_auditor_sees_it_and_cannot_throw_it(at_the_desk: AtTheDesk) -> None:
    pause(at_the_desk("jb01"))
    page = at_the_desk("sj01").page(PAGE)
    assert "应急：传输已暂停" in page.words
    assert "恢复传输" not in page.buttons()
