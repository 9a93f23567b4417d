"""Flows through the pages that many tests use, and the residents who use them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from flask import Flask
from stdnum.cn.ric import calc_check_digit

from flexapp.services import services_of
from flexapp.transmission.delivery import work_once
from flexapp.transmission.gateway import TaxGateway
from flexapp.transmission.outbox_worker import deliver_events
from tests.support.client import LintingClient
from tests.support.html import Page


@dataclass(frozen=True, slots=True)
class Resident:
    """A demo resident, as in the design's table."""

    name: str
    identity: str
    phone: str


MA_LAN = Resident("马兰", "640104198503120021", "19900000001")
YANG = Resident("杨志强", "640321199007250031", "19900000002")
WANG = Resident("王建国", "640203196601150011", "19900000003")
ZHANG = Resident("张秀英", "642124196409200042", "19900000004")
DING = Resident("丁海燕", "64032419920229002X", "")

ADDRESS = "中卫市沙坡头区迎水桥镇一号院"


def identity(first_17: str) -> str:
    """Append the check digit of GB 11643 to the first 17 digits of an ID number."""
    return first_17 + calc_check_digit(first_17 + "0")


def newcomer(number: int = 1) -> Resident:
    """Return an unregistered person; a different one for each number up to 99."""
    return Resident(
        "李明",
        identity(f"640502198001{number % 28 + 1:02d}{number:02d}1"),
        f"138000001{number:02d}",
    )


def request_code(client: LintingClient, phone: str) -> tuple[Page, str]:
    """Request a sign-in code; return the page that shows it, and the code."""
    page = client.submit(client.page("/sign-in"), "获取验证码", phone=phone)
    return page, shown_code(page)


def shown_code(page: Page) -> str:
    """Return the code in the demo's status element."""
    (status,) = page.texts("p", role="status")
    found = re.fullmatch(r"演示验证码：(\d{6})", status)
    assert found is not None, status
    return found[1]


def sign_in(client: LintingClient, phone: str) -> Page:
    """Sign in with a code; return the resulting page."""
    page, code = request_code(client, phone)
    return client.submit(page, "登录", code=code)


def real_name(client: LintingClient, who: Resident, status: int = 200) -> Page:
    """Submit the real-name form."""
    page = client.page("/real-name")
    return client.submit(page, "确认", status, name=who.name, identity=who.identity)


def arrive(client: LintingClient, who: Resident) -> None:
    """Sign in as a new person and confirm the real name."""
    sign_in(client, who.phone)
    real_name(client, who)


def register(client: LintingClient, division: str = "640502", address: str = ADDRESS) -> Page:
    """Register for the first time; return 提交成功."""
    page = client.page("/registration")
    return client.submit(page, "提交", division=division, ethnic_group="01", address=address)


def assess(client: LintingClient, start: str, end: str, base: str = "60", who: str = "self") -> str:
    """Submit the assessment form and return the serial of the new record."""
    page = client.page(f"/assessment/{who}/new")
    done = client.submit(page, "核定", start=start, end=end, base=base)
    return serials(done)[0]


def serials(page: Page) -> list[str]:
    """Return the serials of a list, newest first."""
    return [
        text.removeprefix("核定流水号 ") for text in page.links() if text.startswith("核定流水号")
    ]


def state(client: LintingClient, serial: str) -> str:
    """Return the state shown on the record's page."""
    (tag,) = client.page(f"/assessment/records/{serial}").texts("span", class_="tag")
    return tag


def transmit(client: LintingClient, serial: str) -> Page:
    """Press 传输 on the record's page."""
    return client.submit(client.page(f"/assessment/records/{serial}"), "传输")


def revoke(client: LintingClient, serial: str) -> Page:
    """Press 撤销 and confirm."""
    dialog = client.submit(client.page(f"/assessment/records/{serial}"), "撤销")
    return client.submit(dialog, "确认")


def work(app: Flask, gateway: TaxGateway | None = None) -> int:
    """Run the outbox worker and the stand-in's event delivery once; return their count."""
    with app.app_context():
        sent = work_once(gateway or services_of(app).tax)
    return sent + deliver_events(app)


def clerk(client: LintingClient, serial: str, button: str, reason: str | None = None) -> Page:
    """Press a button on the tax bureau's clerk page, with a reason if one is given."""
    page = client.page(f"/tax-bureau/assessments/{serial}")
    if reason is None:
        return client.submit(page, button)
    return client.submit(page, button, reason=reason)


def proxy_for(client: LintingClient, who: Resident, status: int = 200) -> Page:
    """Choose 代他人核定 for a person."""
    return client.submit(
        client.page("/assessment"),
        "提交",
        status,
        who="other",
        name=who.name,
        identity=who.identity,
    )


sentence = pytest.param
"""A parametrized case whose id is a sentence: `sentence(…, id="…")`."""
