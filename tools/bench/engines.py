"""Two nodes against one on PostgreSQL, and PostgreSQL against SQLite.

A node is a server with one worker; PostgreSQL runs with durable commits as in production. Servers,
database and load generator share this machine's CPUs: the result shows what sharing one database
costs, not what a second machine would add.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

from tests.support import postgresql
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

READERS, WARM = 40, 40


class Site:
    """A database with residents, and its servers."""

    def __init__(self, folder: Path, url: str, options: Options, contests: int) -> None:
        folder.mkdir()
        self.folder, self.url = folder, url
        app = prepare.product(self._environment())
        self.readers = prepare.residents(app, READERS, first=0, with_records=True)
        count = (options.rounds * options.posts + WARM) * contests
        self.fresh: Iterator[Browser] = iter(prepare.residents(app, count, first=READERS))

    def serve(self, stack: ExitStack, *, nodes: int, workers: int) -> Side:
        """Start `nodes` servers on this database."""
        environment = self._environment() | {"FLEXAPP_WORKERS": str(workers)}
        return Side(
            [stack.enter_context(serving.product(environment, self.folder)) for _ in range(nodes)]
        )

    def pages(self, path: str, count: int) -> list[bytes]:
        """Return GET requests for the page by each reader in turn."""
        return repeat([load.get(path, cookie=reader.cookie) for reader in self.readers], count)

    def creations(self, count: int) -> list[bytes]:
        """Return 核定 requests of residents without records."""
        return [prepare.creation(browser) for browser in islice(self.fresh, count)]

    def _environment(self) -> dict[str, str]:
        return prepare.settings(self.folder, self.url)


def contests(
    name: str, ours: tuple[Site, Side], other: tuple[Site, Side], options: Options
) -> list[Contest]:
    """Compare every page, and 核定."""
    made = [
        compete(
            f"{name}: GET {path}",
            (ours[1], lambda path=path: ours[0].pages(path, options.requests)),  # type: ignore[misc]
            (other[1], lambda path=path: other[0].pages(path, options.requests)),  # type: ignore[misc]
            rounds=options.rounds,
            warm=(ours[0].pages(path, READERS * 2), other[0].pages(path, READERS * 2)),
        )
        for path in PAGES
    ]
    made.append(
        compete(
            f"{name}: POST 核定 (12 months)",
            (ours[1], lambda: ours[0].creations(options.posts)),
            (other[1], lambda: other[0].creations(options.posts)),
            rounds=options.rounds,
            expected=(MADE, MADE),
            warm=(ours[0].creations(WARM), other[0].creations(WARM)),
        )
    )
    return made


def nodes(folder: Path, options: Options, stack: ExitStack) -> list[Contest]:
    """Compare two nodes on one database (ours) with one node on an equal database."""
    server = _postgresql(stack)
    two = Site(folder / "two", server.create("two"), options, 1)
    one = Site(folder / "one", server.create("one"), options, 1)
    return contests(
        "2 nodes : 1",
        (two, two.serve(stack, nodes=2, workers=1)),
        (one, one.serve(stack, nodes=1, workers=1)),
        options,
    )


def engines(folder: Path, options: Options, stack: ExitStack) -> list[Contest]:
    """Compare PostgreSQL (ours) with SQLite, one server with two workers each."""
    there = Site(folder / "postgresql", _postgresql(stack).create("bench"), options, 1)
    here = Site(folder / "sqlite", f"sqlite:///{folder / 'engine.sqlite3'}", options, 1)
    return contests(
        "PostgreSQL : SQLite",
        (there, there.serve(stack, nodes=1, workers=2)),
        (here, here.serve(stack, nodes=1, workers=2)),
        options,
    )


def _postgresql(stack: ExitStack) -> postgresql.Server:
    server = postgresql.Server(postgresql.DURABLE)
    stack.callback(server.stop)
    return server
