"""`python -m tools.performance.slow_phone`: annex 2 (核定, 传输) tap by tap on a slow phone.

150 ms latency, 1.6 Mbit/s and a quarter of the CPU speed, as the design states; served by Granian
as in production, to a signed-in person with an empty browser cache. For each page it measures the
bytes received, the first paint, and when the page is usable (the script has run). It prints the
table of docs/performance.md; exit status 1 if a limit of the design is missed. The figures depend
on this machine and on its other load, so this is not a test.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.journeys.conftest import arguments
from tests.journeys.phone import HEIGHT, WIDTH
from tools.bench import (
    load,
    prepare,
    serving,
)

TODAY = "2026-06-15"
LINE = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
SLOWER = 4
KB = 1024
FIRST, LATER = 40 * KB, 6 * KB
PAINTED, USABLE = 900, 1000
"""Milliseconds after the tap, with style sheet and script in the cache."""
BUDGET = 120
"""Seconds that a resident may need in total; reading and typing count as 8 s per page."""
READING = 8

TIMES = """() => {
  const page = performance.getEntriesByType('navigation')[0];
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  return [paint ? paint.startTime : 0, page.domContentLoadedEventEnd];
}"""


@dataclass(frozen=True, slots=True)
class Stop:
    """A page on the way: how many taps led to it, and what was measured."""

    name: str
    taps: int
    requests: int
    size: int
    painted: float
    usable: float


class Traveller:
    """A slow phone and the pages it has visited."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.stops: list[Stop] = []
        self._arrived: list[int] = []
        developer = page.context.new_cdp_session(page)
        developer.send("Network.enable")
        developer.send("Network.emulateNetworkConditions", LINE)
        developer.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        developer.on("Network.loadingFinished", self._count)
        developer.on("Network.requestWillBeSent", self._count_redirect)

    def go(self, name: str, taps: int, act: Callable[[], Any], shown: str) -> None:
        """Run the action that opens a page, and record the measurements."""
        self._arrived = []
        act()
        self.page.locator("#main").get_by_text(shown).first.wait_for()
        self.page.wait_for_load_state("networkidle")
        painted, usable = self.page.evaluate(TIMES)
        self.stops.append(Stop(name, taps, len(self._arrived), sum(self._arrived), painted, usable))

    def _count(self, event: dict[str, Any]) -> None:
        if event["encodedDataLength"]:
            self._arrived.append(round(event["encodedDataLength"]))

    def _count_redirect(self, event: dict[str, Any]) -> None:
        if "redirectResponse" in event:
            self._arrived.append(round(event["redirectResponse"]["encodedDataLength"]))


def main() -> int:
    """Measure and print; return 1 if a limit was missed."""
    with tempfile.TemporaryDirectory(prefix="flexapp-phone-") as name:
        folder, port = Path(name), serving.free_port()
        environment = {
            "FLEXAPP_DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}",
            "FLEXAPP_TAX_DATABASE": str(folder / "tax.sqlite3"),
            "FLEXAPP_PORT": str(port),
            "FLEXAPP_TODAY": TODAY,
        }
        app = prepare.product(environment)
        (resident,) = prepare.residents(app, 1, first=1)
        with (
            serving.serving(["app.py"], port, load.get("/readyz"), environment, folder / "log"),
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(
                executable_path=os.environ["FLEXAPP_BROWSER"], args=arguments()
            )
            context = browser.new_context(
                viewport={"width": WIDTH, "height": HEIGHT}, is_mobile=True, has_touch=True
            )
            site = f"http://127.0.0.1:{port}"
            context.add_cookies([{"name": "session", "value": resident.cookie, "url": site}])
            stops = walk(context.new_page(), site)
            browser.close()
    return report(stops)


def walk(page: Page, site: str) -> list[Stop]:
    """Go from 首页 to 已传输."""
    phone = Traveller(page)

    def link(text: str) -> Callable[[], None]:
        return page.get_by_role("link", name=text).first.click

    def button(text: str) -> Callable[[], None]:
        return page.get_by_role("button", name=text, exact=True).first.click

    phone.go("首页（手机里什么都没有）", 0, lambda: page.goto(site + "/"), "社保专题")
    phone.go("社保专题", 1, link("社保专题"), "社保办事")
    phone.go("社保办事", 1, link("社保办事"), "灵活就业核定缴费")
    phone.go("核定：给谁办", 1, link("核定"), "本人缴费核定")
    phone.go("核定表单", 1, button("提交"), "缴费基数")
    base = page.get_by_role("link", name="100%", exact=True).first
    phone.go("点 100%，读回金额", 1, base.click, "缴费总额")
    phone.go("核定好，记录", 1, button("核定"), "已核定")
    phone.go("传输，已传输", 1, button("传输"), "已传输")
    return phone.stops


def report(stops: list[Stop]) -> int:
    """Print the table and the missed limits."""
    print("| step | taps | requests | bytes | painted | usable |")
    print("|---|---|---|---|---|---|")
    missed: list[str] = []
    for number, stop in enumerate(stops):
        new_page = stop.name not in ("点 100%，读回金额",)
        times = f"{stop.painted:.0f} ms | {stop.usable:.0f} ms" if new_page else "– | –"
        print(f"| {stop.name} | {stop.taps} | {stop.requests} | {stop.size} | {times} |")
        if stop.size > (LATER if number else FIRST):
            missed.append(f"{stop.name}: {stop.size} bytes")
        if number and new_page and (stop.painted > PAINTED or stop.usable > USABLE):
            missed.append(f"{stop.name}: painted {stop.painted:.0f}, usable {stop.usable:.0f} ms")
    taps = sum(stop.taps for stop in stops)
    waiting = sum(stop.usable for stop in stops) / 1000
    whole = waiting + READING * len(stops)
    print(
        f"\n{taps} taps, nothing typed; {waiting:.1f} s of waiting; with {READING} s to read each"
        f" page {whole:.0f} s of {BUDGET}"
    )
    if whole > BUDGET:
        missed.append(f"{whole:.0f} s in all")
    for sentence in missed:
        print(f"MISSED {sentence}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
