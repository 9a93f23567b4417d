"""The files in which the processes of one service count, and what else lies in their folder.

A process that was killed, a full disk or another program leaves files behind that hold nothing,
half of something, or something else. They are left out of the sums, and never stop a process from
counting or /metrics from answering.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

logger = logging.getLogger(__name__)

NAME = re.compile(r"(?:counter|histogram|summary|gauge_[a-z]+)_([0-9]{1,10})\.db", re.ASCII)
"""How the library names the file of a process; nothing else in the folder is looked at."""

_reported: set[Path] = set()


class SharedFiles:
    """A collector of what all processes have counted; files that cannot be read are left out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def describe(self) -> tuple[Metric, ...]:
        """Nothing ahead of time: the files would be read for it."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The sums."""
        from prometheus_client.multiprocess import MultiProcessCollector

        files = [str(file) for _, file in _named(self._folder) if is_readable(file)]
        yield from MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]


def is_readable(file: Path) -> bool:
    """Whether a file holds counts; the first time that it does not, the log says so."""
    found = _says_how_much_is_used(file) and _can_be_merged(file)
    if not found and file not in _reported:
        _reported.add(file)
        logger.warning("metrics: %s holds no counts and is left out", file.name)
    return found


def _says_how_much_is_used(file: Path) -> bool:
    # Anything but a regular file could make the reader wait for ever.
    if not file.is_file():
        return False
    try:
        with file.open("rb") as opened:
            head = opened.read(4)
            size = os.fstat(opened.fileno()).st_size
    except OSError:
        return False
    used = int.from_bytes(head, sys.byteorder, signed=True)
    return size > 8 and (used == 0 or 8 <= used <= size)


def _can_be_merged(file: Path) -> bool:
    from prometheus_client.multiprocess import MultiProcessCollector

    try:
        MultiProcessCollector.merge([str(file)])  # type: ignore[no-untyped-call]
    except Exception:
        # The library names no errors: bytes, texts, JSON and numbers of the file can all be wrong.
        return False
    return True


def remove_left_by_namesake(folder: Path) -> None:
    """Remove unreadable files under this process's own number, before it begins to count.

    In a container every start has the same numbers, so a file that broke there would meet each new
    process, and the library cannot go on counting in it.
    """
    for process, file in _named(folder):
        if process == os.getpid() and not is_readable(file):
            try:
                file.unlink()
            except OSError:
                logger.warning("metrics: %s cannot be removed", file.name)


def remove_of_the_dead(folder: Path) -> None:
    """Remove what processes that are gone have counted."""
    for process, file in _named(folder):
        if not _lives(process) and file.is_file():
            file.unlink(missing_ok=True)


def _named(folder: Path) -> Iterator[tuple[int, Path]]:
    """(process, file) of every file that is named as a process's counts are."""
    try:
        found = sorted(folder.iterdir())
    except OSError:
        return
    for file in found:
        match = NAME.fullmatch(file.name)
        if match is not None:
            yield int(match[1]), file


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)  # asks, and does nothing to it
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True  # somebody else's
    return True
