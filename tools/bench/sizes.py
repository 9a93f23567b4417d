"""Bytes over the wire, headers included: a first visit, later pages and a fragment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tools.bench import load

KB = 1024
FRAGMENT = "/assessment/self/read-back?start=2026-05&end=2026-12&base=60"
REFERENCE = re.compile(r'(?:src|href)="(/static/[^"]+)"')


@dataclass(frozen=True, slots=True)
class Transfer:
    """The bytes and requests of one transfer, with their budget."""

    name: str
    sent: int
    requests: int
    budget: int
    most_requests: int = 1

    @property
    def within(self) -> bool:
        """Whether the budget is met."""
        return self.sent <= self.budget and self.requests <= self.most_requests

    def __str__(self) -> str:
        return (
            f"{self.name:44}{self.sent / KB:6.1f} KB of {self.budget / KB:.0f} KB, "
            f"{self.requests} of {self.most_requests} requests"
            f"{'' if self.within else '  MISSED'}"
        )


def measure(port: int, cookie: str, pages: Sequence[str]) -> list[Transfer]:
    """Measure a first visit to the home page, each page with a warm cache, and a fragment."""
    first = load.fetch(port, load.get("/", accept="identity"))
    # Icons are fragments (#…) of one file.
    references = sorted({r.partition("#")[0] for r in REFERENCE.findall(first.body.decode())})
    if not any(r.endswith(".css") for r in references):
        raise RuntimeError("the home page refers to no style sheet")
    found = [
        Transfer(
            "first visit to /, with styles, script, icon",
            sum(_sent(port, path) for path in ("/", *references)),
            1 + len(references),
            40 * KB,
            5,
        )
    ]
    found += [Transfer(f"later page {p}", _sent(port, p, cookie), 1, 6 * KB) for p in pages]
    found.append(
        Transfer("fragment: read-back", _sent(port, FRAGMENT, cookie, htmx=True), 1, 2 * KB)
    )
    return found


def _sent(port: int, path: str, cookie: str = "", *, htmx: bool = False) -> int:
    answer = load.fetch(port, load.get(path, cookie=cookie, htmx=htmx))
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}")
    return answer.wire_bytes
