"""A large database against a small one: the same pages, for people spread over all rows.

Both contain generated people (`flask demo generate`), stored as the product stores them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from random import Random

from flask import Flask

from flexapp.demo.generated_people import SEEDS
from tools.bench import (
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
from tools.bench.options import PAGES, Options
from tools.bench.prepare import MADE, Browser

EACH = 10
"""Average number of assessments per person."""

READERS = 400
WARM = 40


class Crowded:
    """A served product with generated people, some of them signed in."""

    def __init__(self, folder: Path, options: Options, rows: int, url: str, fill: bool) -> None:
        folder.mkdir()
        self.folder, self.environment = folder, prepare.settings(folder, url)
        self.app: Flask = prepare.product(self.environment)
        if fill:
            crowd = ("--people", str(rows // EACH), "--assessments", str(rows))
            prepare.run(self.app, "demo", "generate", *crowd)
        self.readers = prepare.signed_in_again(self.app, READERS, Random(SEEDS))
        count = options.rounds * options.posts + WARM
        # A database from an earlier run already has the residents of that run.
        first = prepare.nobody_yet(self.app)
        self.fresh: Iterator[Browser] = iter(prepare.residents(self.app, count, first=first))

    def serve(self, stack: ExitStack) -> Side:
        """Start the server."""
        return Side([stack.enter_context(serving.product(self.environment, self.folder))])

    def pages(self, path: str) -> list[bytes]:
        """Return GET requests for the page by each signed-in person."""
        return [load.get(path, cookie=reader.cookie) for reader in self.readers]

    def creations(self, count: int) -> list[bytes]:
        """Return 核定 requests of residents without records."""
        return [prepare.creation(browser) for browser in islice(self.fresh, count)]


def contests(folder: Path, options: Options, stack: ExitStack) -> list[Contest]:
    """Compare the large database (ours) with the small one; 100 % means the cost does not grow."""
    url = options.large or f"sqlite:///{folder / 'large.sqlite3'}"
    large = Crowded(folder / "large", options, options.rows, url, fill=options.large is None)
    small = Crowded(
        folder / "small", options, options.few, f"sqlite:///{folder / 'few.sqlite3'}", fill=True
    )
    ours, other = large.serve(stack), small.serve(stack)
    made = []
    for path in PAGES:
        mine, theirs = large.pages(path), small.pages(path)
        made.append(
            compete(
                f"GET {path}",
                (ours, lambda mine=mine: repeat(mine, options.requests)),  # type: ignore[misc]
                (other, lambda theirs=theirs: repeat(theirs, options.requests)),  # type: ignore[misc]
                rounds=options.rounds,
                warm=(mine, theirs),
            )
        )
    made.append(
        compete(
            "POST 核定 (12 months)",
            (ours, lambda: large.creations(options.posts)),
            (other, lambda: small.creations(options.posts)),
            rounds=options.rounds,
            expected=(MADE, MADE),
            warm=(large.creations(WARM), small.creations(WARM)),
        )
    )
    return made
