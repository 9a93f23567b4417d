"""Experiment: full disks while residents work; nothing may be half done or lost."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import httpx

from tools.chaos import altered, nodes
from tools.chaos.books import Books
from tools.chaos.crowd import Crowd
from tools.chaos.nodes import (
    NOTHING,
    RESIDENTS,
    YEAR,
)
from tools.chaos.result import Result
from tools.chaos.site import Site

NOTICED_AFTER = 20
"""Number of 503 responses that prove that the disk is full."""
GOES_ON_AFTER = 4
"""Number of transmissions that prove that the service works again."""
PATIENCE = 60.0
SIZE = 256
"""Size of the small disk in MB."""


def of_sqlite(folder: Path, times: int, environ: Mapping[str, str] = NOTHING) -> Result:
    """Limit the growth of SQLite (`max_page_count`) repeatedly while residents work."""
    site = Site(folder)
    pages = folder / "pages"
    pages.write_text("")
    more = {altered.PAGES: str(pages), **environ}
    with site.tax_bureau(), site.product(f"{altered.__name__}:serving_app", more):
        crowd = Crowd(
            site.app,
            lambda: httpx.Client(base_url=f"http://127.0.0.1:{site.web_port}", timeout=40),
            size=RESIDENTS,
            year=YEAR,
        )
        return _filled(
            site,
            crowd,
            times,
            fill=lambda: _write(pages, _pages_of(site.database)),
            empty=lambda: _write(pages, ""),
        )


def of_postgresql(times: int, environ: Mapping[str, str] = NOTHING) -> Result:
    """Fill the disk with PostgreSQL's files repeatedly while residents work."""
    with a_small_disk(SIZE) as disk, nodes.a_cluster(environ, parent=disk) as site:
        server, ballast = site.cluster.database, disk / "ballast"

        def empty() -> None:
            ballast.unlink()
            if not server.is_running:
                server.start()  # it ended; a service manager would restart it

        return _filled(
            site, nodes.crowd_of(site), times, fill=lambda: _to_the_brim(ballast), empty=empty
        )


@contextmanager
def a_small_disk(megabytes: int) -> Iterator[Path]:
    """Mount a small tmpfs; raises `RuntimeError` if mounting is not permitted."""
    folder = Path(tempfile.mkdtemp(prefix="flexapp-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode != 0:
        folder.rmdir()
        raise RuntimeError(
            f"A small disk for PostgreSQL needs the right to mount one: {done.stderr.strip()}"
        )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def _filled(
    site: Books,
    crowd: Crowd,
    times: int,
    *,
    fill: Callable[[], None],
    empty: Callable[[], None],
) -> Result:
    result = Result()
    with crowd.at_work() as kept:
        for _ in range(times):
            _grows_by(GOES_ON_AFTER, lambda: len(kept.transmitted), result)
            fill()
            _grows_by(NOTICED_AFTER, lambda: kept.answers["POST 503"], result)
            empty()
        _grows_by(GOES_ON_AFTER, lambda: len(kept.transmitted), result)
    result.lines.append(f"{times} times: no room on the disk, and room again")
    nodes.conclude(site, crowd, result)
    return result


def _grows_by(number: int, counted: Callable[[], int], result: Result) -> None:
    wanted, until = counted() + number, time.monotonic() + PATIENCE
    while counted() < wanted:
        if time.monotonic() > until:
            result.wrong.append("what was waited for did not come about")
            return
        time.sleep(0.05)


def _write(file: Path, text: str) -> None:
    # An atomic rename: a reading process sees the old or the new content.
    fresh = file.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(file)


def _pages_of(database: Path) -> str:
    with closing(sqlite3.connect(database)) as connection:
        return str(connection.execute("PRAGMA page_count").fetchone()[0])


def _to_the_brim(ballast: Path) -> None:
    block = b"\0" * 65536
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(block)
    # Fill the rest that is smaller than a block.
    with ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 512)
    os.sync()
