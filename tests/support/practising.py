"""Helpers for tests of 练习."""

from __future__ import annotations

from flask import Flask

from tests.support.client import LintingClient
from tests.support.clock import Clock
from tests.support.database import rows, tables
from tests.support.html import Page
from tests.support.walks import ADDRESS

MARK = "练习 — 不会真的办理"


FORM, NEW, RECORDS = "/practice/registration", "/practice/assessment/new", "/practice/assessment"


def everything(app: Flask) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    return {name: rows(app, f'SELECT * FROM "{name}"') for name in tables(app)}


def register(client: LintingClient, address: str = ADDRESS, status: int = 200) -> Page:
    page = client.page(FORM)
    return client.submit(
        page, "提交", status, division="640104", ethnic_group="03", address=address
    )


def assess(client: LintingClient, start: str, end: str, base: str = "60") -> str:
    """Assess and return the serial of the new record."""
    done = client.submit(client.page(NEW), "核定", start=start, end=end, base=base)
    assert done.path == RECORDS
    return serials(done)[0]


def serials(page: Page) -> list[str]:
    return [
        text.removeprefix("核定流水号 ") for text in page.links() if text.startswith("核定流水号")
    ]


def record(client: LintingClient, serial: str) -> Page:
    return client.page(f"/practice/records/{serial}")


def state(client: LintingClient, serial: str) -> str:
    (tag,) = record(client, serial).texts("span", class_="tag")
    return tag


def whole_way(client: LintingClient, clock: Clock) -> list[Page]:
    """Return all pages of a complete practice, from the start to the tax bureau's revocation."""
    seen = [client.page("/practice"), client.page(RECORDS), client.page(FORM)]
    seen.append(client.submit(seen[-1], "提交", 422))
    seen.append(register(client))
    review = client.submit(client.page(FORM), "提交", address="兴庆区演示路2号")
    seen += [review, client.submit(review, "提交")]
    seen.append(client.page(seen[-1].links()["去核定缴费"]))
    seen.append(client.submit(seen[-1], "核定", 422, base="59"))
    serial = assess(client, "2026-01", "2026-12")
    seen.append(record(client, serial))
    seen.append(client.submit(seen[-1], "传输"))
    seen.append(client.page(f"/practice/records/{serial}/card"))
    clock.advance(seconds=4)
    seen.append(record(client, serial))
    seen.append(client.page(f"/practice/records/{serial}/explained"))
    ask = client.submit(seen[-2], "申请税务撤销")
    seen += [ask, client.submit(ask, "确认", reason="填错了")]
    clock.advance(seconds=4)
    dialog = client.submit(record(client, serial), "撤销")
    seen += [dialog, client.submit(dialog, "确认")]
    token = dialog.form("确认")[0].fields
    seen.append(Page(client.post(f"/practice/records/{serial}/transmit", data=token)))
    seen.append(client.page("/practice/records/00000020261124000099", 422))
    return seen
