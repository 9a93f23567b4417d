"""传输 to the tax bureau's stand-in and back: what the clerk there does shows up on the record."""

from __future__ import annotations

import hashlib
import json

import httpx
import pytest
from flask import Flask

from flexapp import signing
from flexapp.config import DEMO_SIGNING_KEY
from flexapp.transmission.delivery import work_once
from flexapp.transmission.protocol import HEADER, OURS, THEIRS
from flexapp.web.clock import utcnow
from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import rows
from tests.support.tax import (
    Handler,
    answering,
    lost_answer,
    receipt,
    through,
    to_stand_in,
    unreachable,
)
from tests.support.walks import (
    MA_LAN,
    assess,
    revoke,
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


def test_transmitting_queues_the_record_and_its_message_together(
    ma_lan: LintingClient, app: Flask
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    listed = ma_lan.submit(ma_lan.page("/assessment/self"), "传输")
    assert listed.path == "/assessment/self"
    assert listed.texts("span", class_="tag") == ["传输中"]
    assert rows(app, "SELECT serial, kind, status FROM outbox_message") == [
        (serial, "submit", "waiting")
    ]


def test_the_sender_takes_it_to_the_tax_bureau_which_then_has_it(
    sent: str, ma_lan: LintingClient, app: Flask
) -> None:
    assert state(ma_lan, sent) == "已传输"
    facts = ma_lan.page(f"/tax-bureau/assessments/{sent}").facts()
    assert facts["缴费总额"] == "¥12055.20"
    assert facts["虚拟单位"] == "兴庆区灵活就业人员虚拟单位"
    assert sent in ma_lan.page("/tax-bureau/").html
    assert rows(app, "SELECT status FROM outbox_message") == [("done",)]


@pytest.mark.today("2019-09-24")
def test_the_notices_own_record_arrives_as_it_stands_there(
    ma_lan: LintingClient, app: Flask
) -> None:
    serial = assess(ma_lan, "2019-01", "2019-12", "60")
    transmit(ma_lan, serial)
    work(app)
    facts = ma_lan.page(f"/tax-bureau/assessments/{serial}").facts()
    assert (facts["缴费基数"], facts["缴费总额"]) == ("37236.00", "¥7447.20")
    assert state(ma_lan, serial) == "已传输"


def test_the_message_carries_text_only_and_is_signed_by_us(
    ma_lan: LintingClient, app: Flask
) -> None:
    seen: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return receipt(request)

    serial = assess(ma_lan, "2026-01", "2026-12", "100")
    transmit(ma_lan, serial)
    work(app, through(take))
    request = seen[0]
    assert (request.method, request.url.path) == ("PUT", f"/v1/assessments/{serial}")
    signature = signing.verify(
        request.headers[HEADER],
        signing.public_keys(json.dumps(signing.public_set((DEMO_SIGNING_KEY,)))),
        issuer=OURS,
        audience=THEIRS,
        at=utcnow(),
    )
    assert {name: signature.claims[name] for name in ("htm", "htu", "body_sha256")} == {
        "htm": "PUT",
        "htu": f"/v1/assessments/{serial}",
        "body_sha256": hashlib.sha256(request.content).hexdigest(),
    }
    assert json.loads(request.content) == {
        "serial": serial,
        "person_name": MA_LAN.name,
        "id_number": MA_LAN.identity,
        "division_code": "640104",
        "unit_name": "兴庆区灵活就业人员虚拟单位",
        "start_month": "2026-01",
        "end_month": "2026-12",
        "monthly_base": "8371.00",
        "period_base": "100452.00",
        "total": "20090.40",
        "kind": "flexible",
    }


DOWN = [
    pytest.param(unreachable, id="unreachable"),
    pytest.param(lost_answer, id="its answer lost"),
    pytest.param(answering(500, {}), id="failing"),
    pytest.param(answering(503, {}), id="busy"),
    pytest.param(answering(401, {}), id="refusing our signature"),
]


@pytest.mark.parametrize("handler", DOWN)
def test_while_the_tax_bureau_is_down_it_waits_and_goes_out_later(
    ma_lan: LintingClient, app: Flask, handler: Handler, clock: Clock
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    transmit(ma_lan, serial)
    for _ in range(3):
        work(app, through(handler))
        assert state(ma_lan, serial) == "传输中"
        clock.advance(minutes=10)
        expect_still_signed_in(ma_lan)
    work(app)
    assert state(ma_lan, serial) == "已传输"
    assert len(rows(app, "SELECT * FROM outbox_message")) == 1


def expect_still_signed_in(client: LintingClient) -> None:
    """Half an hour of waiting does not end a session; this proves it."""
    assert client.page("/assessment").path == "/assessment"


def test_a_message_is_not_tried_again_at_once(
    ma_lan: LintingClient, app: Flask, clock: Clock
) -> None:
    tries: list[str] = []

    def count(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            tries.append(request.url.path)
        return unreachable(request)

    transmit(ma_lan, assess(ma_lan, "2026-01", "2026-12"))
    work(app, through(count))
    work(app, through(count))
    assert len(tries) == 1
    clock.advance(seconds=2)
    work(app, through(count))
    assert len(tries) == 2


@pytest.mark.parametrize("status", [404, 409, 422])
def test_what_the_tax_bureau_refuses_is_sent_back_with_its_reason(
    ma_lan: LintingClient, app: Flask, status: int
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    transmit(ma_lan, serial)
    work(app, through(answering(status, {"detail": "该人员在税务没有登记"})))
    page = ma_lan.page(f"/assessment/records/{serial}")
    assert page.texts("span", class_="tag") == ["税务退回"]
    assert "税务退回：该人员在税务没有登记" in page.texts("b")
    assert revoke(ma_lan, serial).texts("span", class_="tag") == ["已撤销"]


def test_before_the_sender_claims_it_a_queued_record_can_be_revoked(
    ma_lan: LintingClient, app: Flask
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    transmit(ma_lan, serial)
    revoke(ma_lan, serial)
    assert state(ma_lan, serial) == "已撤销"
    work(app)
    assert state(ma_lan, serial) == "已撤销"
    assert ma_lan.get(f"/tax-bureau/assessments/{serial}").status_code == 404
    assert rows(app, "SELECT status FROM outbox_message") == [("dropped",)]


def test_after_the_claim_it_can_not(ma_lan: LintingClient, app: Flask) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    transmit(ma_lan, serial)
    dialog = ma_lan.page(f"/assessment/records/{serial}/revoke")

    def meanwhile(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            assert "现在不能撤销" in ma_lan.submit(dialog, "确认", 422).alert
            assert "撤销" not in ma_lan.page("/assessment/self").buttons()
        return receipt(request)

    work(app, through(meanwhile))
    assert state(ma_lan, serial) == "已传输"


def test_what_may_have_arrived_cannot_be_revoked_while_nobody_knows(
    ma_lan: LintingClient, app: Flask
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    transmit(ma_lan, serial)
    work(app, through(lost_answer))
    page = ma_lan.page(f"/assessment/records/{serial}/revoke")
    assert "现在不能撤销" in page.words
    assert "确认" not in page.buttons()


def test_what_certainly_never_left_can_be_revoked_while_the_tax_bureau_is_down(
    ma_lan: LintingClient, app: Flask
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    transmit(ma_lan, serial)
    work(app, through(unreachable))
    revoke(ma_lan, serial)
    assert state(ma_lan, serial) == "已撤销"


def test_a_worker_that_died_after_the_claim_is_made_up_for(
    ma_lan: LintingClient, app: Flask, clock: Clock
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    transmit(ma_lan, serial)

    def dies(request: httpx.Request) -> httpx.Response:
        raise SystemExit

    with pytest.raises(SystemExit):
        work(app, through(dies))
    work(app)
    assert state(ma_lan, serial) == "传输中"  # still leased
    clock.advance(seconds=61)
    work(app)
    assert state(ma_lan, serial) == "已传输"


def test_an_answer_lost_on_the_way_makes_no_second_record(
    ma_lan: LintingClient, app: Flask, clock: Clock
) -> None:
    serial = assess(ma_lan, "2026-01", "2026-12")
    transmit(ma_lan, serial)
    asked: list[str] = []

    class Losing(httpx.BaseTransport):
        """Everything arrives; the first answer is lost."""

        def __init__(self, real: httpx.BaseTransport) -> None:
            self._real = real

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            asked.append(request.method)
            answer = self._real.handle_request(request)
            if len(asked) == 1:
                answer.read()
                raise httpx.ReadTimeout("lost", request=request)
            return answer

    gateway = to_stand_in(app, Losing)
    with app.app_context():
        work_once(gateway)
    assert state(ma_lan, serial) == "传输中"
    clock.advance(minutes=1)
    with app.app_context():
        work_once(gateway)
    assert state(ma_lan, serial) == "已传输"
    assert asked == ["PUT", "GET"]  # never sent again before it was asked for
    history = ma_lan.page(f"/tax-bureau/assessments/{serial}").texts("li")
    assert len(history) == 1
