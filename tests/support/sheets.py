"""Helpers for receipts (缴费核定凭证) and their verification."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from tests.support.client import LintingClient
from tests.support.codes import read_code
from tests.support.html import Page

Another = Callable[[], LintingClient]


WRONG = "没有验证通过"


VOID = "此核定已撤销，凭证已失效"


def sheet_of(client: LintingClient, serial: str) -> Page:
    """Open the receipt that the record's page links to."""
    record = client.page(f"/assessment/records/{serial}")
    (address,) = [url for name, url in record.links().items() if name.startswith("凭证")]
    page = client.page(address)
    assert page.title == "缴费核定凭证"
    return page


def code_of(sheet: Page) -> str:
    """Return the verification code on a receipt."""
    return sheet.facts()["验证码"]


def scan(client: LintingClient, serial: str, code: str) -> Page:
    """Open the verification page that the receipt's QR code links to."""
    page = client.page(f"/verify?{urlencode({'serial': serial, 'check': code})}")
    assert page.title == "凭证验证"
    return page


def type_in(client: LintingClient, serial: str, code: str, status: int = 200) -> Page:
    """Submit the form of 凭证验证."""
    return client.submit(client.page("/verify"), "验证", status, serial=serial, check=code)


def picture(sheet: Page) -> str:
    """Decode the QR code on a receipt."""
    svg = next(part for part in sheet.root.iter() if part.get("viewBox", "").startswith("-4.5 -4 "))
    ground, drawn = svg
    assert (ground.get("fill"), drawn.get("stroke")) == ("#fff", "#000")
    return read_code(drawn.get("d", ""), int(svg.get("viewBox", "").split()[2]) - 8)


def ask_tax(client: LintingClient, serial: str) -> None:
    """Submit 申请税务撤销 for a record."""
    form = client.submit(client.page(f"/assessment/records/{serial}"), "申请税务撤销")
    client.submit(form, "确认", reason="基数填错了")


def outcome(page: Page) -> str:
    """Return the heading of the verification result."""
    return page.texts("h2")[0]
