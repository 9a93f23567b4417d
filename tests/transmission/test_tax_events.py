"""What the tax bureau does afterwards, and what a person then sees and may do."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.support.client import LintingClient
from tests.support.database import stored
from tests.support.walks import (
    MA_LAN,
    assess,
    clerk,
    revoke,
    serials,
    sign_in,
    state,
    transmit,
    work,
)


@pytest.fixture
def ma_lan(client: LintingClient) -> LintingClient:
    """马兰, insured since 2008."""
    sign_in(client, MA_LAN.phone)
    return client


@pytest.fixture
def sent(ma_lan: LintingClient, app: Flask) -> str:
    """The serial of a record that the tax bureau has."""
    serial = assess(ma_lan, "2026-01", "2026-12")
    transmit(ma_lan, serial)
    work(app)
    return serial


def test_a_payment_there_shows_up_here(sent: str, ma_lan: LintingClient, app: Flask) -> None:
    clerk(ma_lan, sent, "标记已缴费")
    work(app)
    assert state(ma_lan, sent) == "已缴费"
    page = ma_lan.page("/assessment/self")
    assert page.buttons() == []
    refused = ma_lan.page(f"/assessment/records/{sent}/revoke")
    assert "已缴费的月份不能撤销" in refused.words
    assert "2026年1月至12月 缴费到账" in ma_lan.page("/me/messages").texts("h2")


def test_a_transmitted_record_cannot_be_revoked_here_first(
    sent: str, ma_lan: LintingClient, app: Flask
) -> None:
    page = ma_lan.page("/assessment/self")
    assert page.buttons() == ["申请税务撤销"]
    fields = page.form("申请税务撤销")[0].fields
    assert fields == {}
    token = ma_lan.page("/assessment").form("提交")[0].fields["csrf_token"]
    before = stored(app)
    answer = ma_lan.post(f"/assessment/records/{sent}/revoke", data={"csrf_token": token})
    assert answer.status_code == 422
    assert "已传输的核定要先由税务撤销" in answer.text
    assert stored(app) == before


def test_the_tax_bureau_may_revoke_unasked_and_then_it_can_be_revoked_here(
    sent: str, ma_lan: LintingClient, app: Flask
) -> None:
    clerk(ma_lan, sent, "撤销", reason="基数有误")
    work(app)
    page = ma_lan.page(f"/assessment/records/{sent}")
    assert page.texts("span", class_="tag") == ["税务已撤销"]
    assert "税务已撤销：基数有误" in page.texts("b")
    revoke(ma_lan, sent)
    again = assess(ma_lan, "2026-01", "2026-12", "100")
    assert serials(ma_lan.page("/assessment/self")) == [again, sent]


def ask(client: LintingClient, serial: str, reason: str = "基数填错了") -> None:
    """申请税务撤销 with a reason."""
    form = client.submit(client.page(f"/assessment/records/{serial}"), "申请税务撤销")
    client.submit(form, "确认", reason=reason)


def test_asked_to_revoke_the_tax_bureau_may_agree(
    sent: str, ma_lan: LintingClient, app: Flask
) -> None:
    ask(ma_lan, sent)
    assert state(ma_lan, sent) == "税务撤销中"
    work(app)
    assert "基数填错了" in ma_lan.page(f"/tax-bureau/assessments/{sent}").words
    clerk(ma_lan, sent, "同意撤销")
    work(app)
    assert state(ma_lan, sent) == "税务已撤销"
    revoke(ma_lan, sent)
    assert state(ma_lan, sent) == "已撤销"


def test_or_decline_with_a_reason(sent: str, ma_lan: LintingClient, app: Flask) -> None:
    ask(ma_lan, sent)
    work(app)
    clerk(ma_lan, sent, "不同意撤销", reason="已在扣款")
    work(app)
    page = ma_lan.page(f"/assessment/records/{sent}")
    assert page.texts("span", class_="tag") == ["已传输"]
    assert "税务不同意撤销：已在扣款" in page.texts("b")


@pytest.mark.parametrize("reason", ["", " ", "错", "长" * 101])
def test_asking_needs_a_reason(sent: str, ma_lan: LintingClient, app: Flask, reason: str) -> None:
    form = ma_lan.page(f"/assessment/records/{sent}/ask-tax")
    before = stored(app)
    page = ma_lan.submit(form, "确认", 422, reason=reason)
    assert page.errors == {"reason": "请写明撤销原因，2 至 100 个字。"}
    assert page.value("reason") == reason.strip()
    assert stored(app) == before


def test_asking_is_refused_where_the_table_has_no_such_move(
    ma_lan: LintingClient,
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    page = ma_lan.page(f"/assessment/records/{serial}/ask-tax")
    assert "这笔核定还没有传输，不用找税务" in page.words
    assert "确认" not in page.buttons()


def test_transmitting_twice_says_that_it_is_on_its_way(ma_lan: LintingClient, app: Flask) -> None:
    assess(ma_lan, "2026-01", "2026-12")
    first, second = ma_lan.page("/assessment/self"), ma_lan.page("/assessment/self")
    ma_lan.submit(first, "传输")
    before = stored(app)
    assert "正在传输，不用再点" in ma_lan.submit(second, "传输", 422).alert
    assert stored(app) == before


def test_the_waiting_card_asks_for_itself_until_it_has_arrived(
    ma_lan: LintingClient, app: Flask
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    listed = transmit(ma_lan, serial)
    (card,) = listed.all("article", id=f"record-{serial}")
    address = card.get("hx-get", "")
    assert address.startswith(f"/assessment/records/{serial}/card")
    assert listed.links()["刷新"] == "/assessment/self"
    waiting = ma_lan.page(address, htmx=True)
    assert waiting.all("article")[0].get("hx-get", "") != address
    work(app)
    arrived = ma_lan.page(address, htmx=True)
    assert arrived.texts("span", class_="tag") == ["已传输"]
    assert arrived.all("article")[0].get("hx-get") is None


def test_the_polling_stops_by_itself(ma_lan: LintingClient) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    listed = transmit(ma_lan, serial)
    address: str | None = listed.all("article", id=f"record-{serial}")[0].get("hx-get")
    asked = 0
    while address is not None:
        asked += 1
        assert asked < 100
        address = ma_lan.page(address, htmx=True).all("article")[0].get("hx-get")
    assert 5 <= asked <= 60
    assert ma_lan.page("/assessment/self").links()["刷新"]
