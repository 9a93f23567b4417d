"""The product against the floor: pages of equal size, 核定 against one row, and 32 writers."""

from __future__ import annotations

import os
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

from flask import Flask

from tools.bench import (
    floor,
    load,
    prepare,
    serving,
)
from tools.bench.comparing import (
    Contest,
    Side,
    compete,
    repeat,
)
from tools.bench.load import Expected, Outcome
from tools.bench.options import Options
from tools.bench.prepare import MADE, Browser

WRITERS = 32
VISITORS = 40
"""Number of signed-in residents whose pages are read in turn."""


class Bench:
    """Both servers with their data, and the comparisons between them."""

    def __init__(self, folder: Path, options: Options, stack: ExitStack) -> None:
        self.options = options
        environment = prepare.settings(folder, f"sqlite:///{folder / 'product.sqlite3'}")
        self.app: Flask = prepare.product(environment)
        self.readers = prepare.residents(self.app, VISITORS, first=0, with_records=True)
        writers = prepare.residents(
            self.app, options.rounds * options.posts + WRITERS * 10 + WRITERS, first=VISITORS
        )
        self.fresh = iter(writers)
        os.environ["BENCH_FLOOR_DATABASE"] = str(folder / "floor.sqlite3")
        self.floor_cookie = floor.prepare(floor.floor_app())
        floor_port = serving.free_port()
        self.floor = Side(
            [
                stack.enter_context(
                    serving.serving(
                        ["-m", "tools.bench.floor", str(floor_port)],
                        floor_port,
                        load.get("/page/1000", cookie=self.floor_cookie),
                        {},
                        folder / "floor.log",
                    )
                )
            ]
        )
        self.product = Side([stack.enter_context(serving.product(environment, folder))])

    @property
    def port(self) -> int:
        """The product's port."""
        return self.product.servers[0].port

    def page(self, path: str) -> Contest:
        """Compare a signed-in page with a floor page of as many bytes (before compression)."""
        size = len(self.plain(path, self.readers[0]))
        asked = [load.get(path, cookie=reader.cookie) for reader in self.readers]
        bare = [load.get(f"/page/{size}", cookie=self.floor_cookie)]
        return compete(
            f"GET {path} ({size:,} bytes)",
            (self.product, lambda: repeat(asked, self.options.requests)),
            (self.floor, lambda: repeat(bare, self.options.requests)),
            rounds=self.options.rounds,
            warm=(asked, bare * len(asked)),
        )

    def posts(self) -> Contest:
        """Compare 核定 of a whole year by residents without records with one plain row."""
        count = self.options.posts
        added = [load.post("/entry", {"value": "x"})] * count
        return compete(
            "POST 核定 (12 months)",
            (self.product, lambda: self.creations(count)),
            (self.floor, lambda: added),
            rounds=self.options.rounds,
            expected=(MADE, Expected(303, "/page/1000")),
            warm=(self.creations(WRITERS), added[:WRITERS]),
        )

    def writers(self) -> tuple[Outcome, list[str]]:
        """Run 核定 over 32 connections at once; return the outcome and the database's faults."""
        outcome = load.run(
            [self.port], self.creations(WRITERS * 10), connections=WRITERS, expected=MADE
        )
        return outcome, self.faults()

    def creations(self, count: int) -> list[bytes]:
        """Return 核定 requests of residents who have not assessed yet."""
        return [prepare.creation(browser) for browser in islice(self.fresh, count)]

    def faults(self) -> list[str]:
        """Return the differences between the database and all successful responses."""
        with self.app.app_context():
            return prepare.faults(
                assessments=2 * VISITORS + self.options.rounds * self.options.posts + WRITERS * 11
            )

    def plain(self, path: str, reader: Browser) -> bytes:
        """Return a page's body without compression; raises `RuntimeError` if it is another page."""
        answer = load.fetch(self.port, load.get(path, cookie=reader.cookie, accept="identity"))
        if answer.status != 200 or "测*".encode() not in answer.body:
            raise RuntimeError(f"{path} did not show the signed-in page: {answer.status}")
        return answer.body
