"""The poster as it hangs on a wall: scanned from what is painted, and counted in sheets."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect

from flexapp.channels import service
from flexapp.channels.catalogue import App
from tests.journeys.conftest import Scripted, World
from tests.journeys.phone import Phone

TITLE = "2019 年宁夏灵活就业人员养老保险指尖办核定渠道"
USABLE = tuple(app for app in service.registry().apps if app.usable)
DAY = "2019-09-24"
A4 = ViewportSize(width=794, height=1123)
"""CSS pixels of 210 by 297 mm."""

LEVEL = 10
"""CSS pixels."""

LEAVES = re.compile(rb"/Type\s*/Page\b")
BOX = re.compile(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]")


@pytest.fixture
def world(scripted: Scripted) -> Iterator[World]:
    """A site whose poster is looked at."""
    with scripted(DAY) as running:
        yield running


@pytest.fixture
def desk(browser: Browser) -> Iterator[Page]:
    """A page on the computer of somebody who prints."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    yield context.new_page()
    context.close()


def scanned(page: Page) -> list[str]:
    """What a camera reads in the painted page, line by line as people count."""
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    found = sorted(zxingcpp.read_barcodes(picture), key=lambda code: code.position.top_left.y)
    lines: list[list[zxingcpp.Barcode]] = []
    for code in found:
        # The codes of a line stand level to a pixel or two, those of two lines far apart.
        if lines and code.position.top_left.y - lines[-1][0].position.top_left.y < LEVEL:
            lines[-1].append(code)
        else:
            lines.append([code])
    return [
        code.text for line in lines for code in sorted(line, key=lambda c: c.position.top_left.x)
    ]


def addresses(world: World, apps: tuple[App, ...] = USABLE) -> list[str]:
    """What the codes are to say, in order."""
    return [f"{world.site.url}/c/{app.code}" for app in apps]


def many(count: int) -> tuple[App, ...]:
    """That many usable apps with the names of the real ones."""
    named = ((n, USABLE[n % len(USABLE)]) for n in range(count))
    return tuple(replace(app, code=f"{app.code}{n}", order=n + 1) for n, app in named)


@pytest.mark.parametrize("width", [1280, 375])
def test_every_code_on_the_screen_leads_to_its_app(world: World, desk: Page, width: int) -> None:
    desk.set_viewport_size({"width": width, "height": 812})
    desk.goto(f"{world.site.url}/channels/poster")
    expect(desk).to_have_title(TITLE)
    assert scanned(desk) == addresses(world)


def test_every_code_on_paper_leads_to_its_app(world: World, desk: Page) -> None:
    desk.set_viewport_size(A4)
    desk.goto(f"{world.site.url}/channels/poster")
    desk.emulate_media(media="print")
    expect(desk.get_by_role("button", name="打印")).to_be_hidden()
    expect(desk.get_by_role("heading", name="单个二维码下载")).to_be_hidden()
    assert scanned(desk) == addresses(world)
    assert desk.evaluate("document.documentElement.scrollWidth") == A4["width"]
    assert desk.evaluate("document.documentElement.scrollHeight") <= A4["height"]


@pytest.mark.parametrize(
    ("count", "sheets"), [(1, 1), (6, 1), (12, 1), (13, 1), (20, 1), (30, 1), (31, 2)]
)
def test_however_many_apps_there_are_no_code_is_lost(
    world: World, desk: Page, monkeypatch: pytest.MonkeyPatch, count: int, sheets: int
) -> None:
    apps = many(count)
    monkeypatch.setattr(service, "usable", lambda: apps)
    desk.set_viewport_size(A4)
    desk.goto(f"{world.site.url}/channels/poster")
    printed = desk.pdf(prefer_css_page_size=True)
    assert len(LEAVES.findall(printed)) == sheets
    (width, height), *_ = ((float(w), float(h)) for w, h in BOX.findall(printed))
    assert (round(width), round(height)) == (595, 842)  # A4 in points
    desk.emulate_media(media="print")
    assert scanned(desk) == addresses(world, apps)


def test_the_button_opens_the_printers_dialog(world: World, desk: Page) -> None:
    desk.add_init_script("window.print = () => { document.title = 'printed'; };")
    desk.goto(f"{world.site.url}/channels/poster")
    desk.get_by_role("button", name="打印").click()
    expect(desk).to_have_title("printed")


def test_an_expert_has_nothing_to_object_to(world: World) -> None:
    phone: Phone = world.phone()
    phone.open("/channels")
    phone.follow("打印宣传页")
    phone.on(TITLE, "登记", "核定", "传输", "经办机构")
