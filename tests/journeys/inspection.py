"""An expert eye on a page: accessibility by axe, and nothing that runs out of a narrow screen."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import CDPSession, Page

AXE = Axe().axe_script
AXE_IS_HERE = "() => 'axe' in window"
AXE_RUNS = """([options, kinds]) => axe.run(document, options).then(
  (found) => Object.fromEntries(kinds.map((kind) => [kind, found[kind]]))
)"""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

NARROW = 320
"""CSS pixels: the narrowest phone, and WCAG's width for reflow."""

BIG_TEXT = 32
"""CSS pixels: twice the 16 that a browser begins with."""

RUNS_OUT = """() => {
  const width = document.documentElement.clientWidth;
  const out = document.documentElement.scrollWidth > width ? ['the page itself'] : [];
  for (const part of document.querySelectorAll('body *')) {
    const box = part.getBoundingClientRect();
    if (part.closest('svg') || box.width === 0 || box.right <= width + 1) continue;
    const text = part.textContent.trim().slice(0, 30);
    out.push(`${Math.round(box.right - width)} px: ${part.tagName}.${part.className} ${text}`);
  }
  return out.slice(0, 5);
}"""
STRUCTURE = "() => document.title + document.body.outerHTML"
LETTER_SIZE = "() => parseFloat(getComputedStyle(document.documentElement).fontSize)"


class Memory:
    """Which pages were seen and found good; in a folder, by all test processes of one run."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._folder: Path | None = None

    def share(self, folder: Path) -> None:
        """From now on with every process that shares this folder."""
        self._folder = folder

    def __contains__(self, digest: str) -> bool:
        if digest in self._known:
            return True
        return self._folder is not None and (self._folder / digest).exists()

    def add(self, digest: str) -> None:
        self._known.add(digest)
        if self._folder is not None:
            (self._folder / digest).touch()


memory = Memory()


def inspect(page: Page) -> list[str]:
    """What axe finds, and what runs out sideways at 320 px or with letters twice as big.

    A page that differs from one seen before in digits, keys and input only is not looked at again.
    """
    html = page.evaluate(STRUCTURE)
    plain = re.sub(r'(value|href|action|hx-[a-z]+|style|data-records)="[^"]*"|[\d*]+', "", html)
    digest = hashlib.sha256(plain.encode()).hexdigest()
    if digest in memory:
        return []
    faults = [
        f"{fault['id']}: {fault['help']}: {node['html']} {node['failureSummary']}"
        for fault in axe(page, TAGS, "violations")["violations"]
        for node in fault["nodes"]
    ]
    faults += _running_out(page)
    if not faults:
        memory.add(digest)
    return [f"{page.title()} {page.url}: {fault}" for fault in faults]


def axe(page: Page, rules: object, *kinds: str) -> dict[str, list[dict[str, Any]]]:
    """What axe says of the page, of these kinds of its results only; `rules`: its `runOnly`.

    Nearly half of a run was otherwise spent on what nobody reads here: what passes, and selectors.
    """
    if not page.evaluate(AXE_IS_HERE):
        page.evaluate(AXE)
    options = {"runOnly": rules, "resultTypes": kinds, "selectors": False, "preload": False}
    found: dict[str, list[dict[str, Any]]] = page.evaluate(AXE_RUNS, [options, kinds])
    return found


def _running_out(page: Page) -> list[str]:
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": NARROW, "height": size["height"]})
    faults = [f"runs out at {NARROW} px: {part}" for part in page.evaluate(RUNS_OUT)]
    page.set_viewport_size(size)
    developer = page.context.new_cdp_session(page)
    try:
        _set_letters(developer, BIG_TEXT)
        assert page.evaluate(LETTER_SIZE) == BIG_TEXT
        faults += [f"runs out with letters of 200 %: {part}" for part in page.evaluate(RUNS_OUT)]
        _set_letters(developer, BIG_TEXT // 2)
    finally:
        developer.detach()
    return faults


def _set_letters(developer: CDPSession, pixels: int) -> None:
    developer.send("Page.setFontSizes", {"fontSizes": {"standard": pixels, "fixed": pixels}})
