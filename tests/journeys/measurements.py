"""What a page looks like in figures: targets, letters, lines, contrast, nothing beyond the edge."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from tests.journeys.inspection import RUNS_OUT

MEASURE = (Path(__file__).parent / "measuring.js").read_text()


@dataclass(frozen=True, slots=True)
class Least:
    """CSS pixels that a finger and an eye need."""

    target: int
    letters: int


USUAL = Least(target=44, letters=13)
"""44: this service's own bar, and WCAG 2.2's for AAA; AA asks for 24."""
ELDER = Least(target=60, letters=24)
"""长辈版; MIIT's norm for apps asks for 18 and for targets of 60 by 60."""


def measure(page: Page, least: Least) -> list[str]:
    """What is smaller, closer or wider than it may be."""
    faults = page.evaluate(MEASURE, {"target": least.target, "letters": least.letters})
    faults += [f"runs out: {part}" for part in page.evaluate(RUNS_OUT)]
    return [f"{page.title()} {page.url}: {fault}" for fault in faults]
