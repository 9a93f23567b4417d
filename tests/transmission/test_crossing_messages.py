"""What the two sides do at the same time, and in which order each hears of it."""

from __future__ import annotations

from typing import Any

from flask import Flask

from flexapp.services import services_of
from flexapp.transmission.gateway import TaxUnreachable
from tests.support.client import LintingClient
from tests.support.walks import MA_LAN, assess, clerk, sign_in, state, transmit, work


def test_a_payment_that_crosses_a_request_to_revoke_is_not_lost(
    app: Flask, client: LintingClient
) -> None:
    sign_in(client, MA_LAN.phone)
    serial = assess(client, "2026-01", "2026-06")
    transmit(client, serial)
    work(app)
    dialog = client.submit(client.page(f"/assessment/records/{serial}"), "申请税务撤销")
    client.submit(dialog, "确认", reason="缴费基数填错了")
    clerk(client, serial, "标记已缴费")
    gateway: Any = services_of(app).tax
    ask, gateway.ask_revocation = gateway.ask_revocation, _unreachable
    work(app)  # the feed is read while the request could not be delivered
    gateway.ask_revocation = ask
    assert state(client, serial) == "已缴费"


def _unreachable(*_: object) -> None:
    raise TaxUnreachable("no answer")
