"""The faults inside the demo's own process: what a clerk switches on, the sender copes with."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.support.client import LintingClient
from tests.support.database import execute, rows
from tests.support.walks import MA_LAN, assess, sign_in, state, transmit, work


@pytest.mark.parametrize(
    ("fault", "typed"), [("收下后断线", {}), ("没有回音", {"seconds": "1"}), ("系统出错", {})]
)
def test_a_fault_that_a_clerk_switches_on_delays_and_loses_nothing(
    app: Flask, client: LintingClient, fault: str, typed: dict[str, str]
) -> None:
    sign_in(client, MA_LAN.phone)
    serial = assess(client, "2026-01", "2026-06")
    page = client.page("/tax-bureau/faults")
    client.submit(page, f"打开{fault}", fill={"amount": "1", **typed})
    assert any(fault in said for said in client.page("/tax-bureau/").texts("p"))
    transmit(client, serial)
    work(app)
    message = "SELECT status, maybe_sent, attempt FROM outbox_message"
    (first_try,) = rows(app, message)
    assert first_try[1:] == (1, 1)
    execute(app, "UPDATE outbox_message SET due_at = '2000-01-01 00:00:00.000000'")
    work(app)
    assert state(client, serial) == "已传输"
    assert [row[0] for row in rows(app, message)] == ["done"]
