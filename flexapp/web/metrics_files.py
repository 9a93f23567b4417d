"""The files in which the processes of one service store their metrics.

A killed process, a full disk or another program may leave empty, incomplete or unrelated files in
the folder. Such files are excluded from the sums. They never prevent a process from counting or
/metrics from responding.
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
"""The library's file name for a process; group 1: process id. Other files are ignored."""

_reported: set[Path] = set()


class SharedFiles:
    """Collector of the sums over all processes; unreadable files are excluded."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def describe(self) -> tuple[Metric, ...]:
        """Empty, so that registering the collector does not read the files."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The sums over all readable files."""
        from prometheus_client.multiprocess import MultiProcessCollector

        files = [str(file) for _, file in _named(self._folder) if is_readable(file)]
        yield from MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]


def is_readable(file: Path) -> bool:
    """Whether a file contains valid metrics; logs a warning once for each file that does not."""
    found = _has_valid_length(file) and _can_be_merged(file)
    if not found and file not in _reported:
        _reported.add(file)
        logger.warning("metrics: %s holds no counts and is left out", file.name)
    return found


def _has_valid_length(file: Path) -> bool:
    # Opening anything but a regular file (such as a pipe) could block for ever.
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
        # The library documents no exceptions: the file's bytes, text, JSON or numbers can be wrong.
        return False
    return True


def remove_files_of_same_pid(folder: Path) -> None:
    """Remove unreadable files with this process's own id, before it begins to count.

    In a container, process ids repeat at every start. A new process would get the damaged file of
    its predecessor, in which the library cannot count.
    """
    for process, file in _named(folder):
        if process == os.getpid() and not is_readable(file):
            try:
                file.unlink()
            except OSError:
                logger.warning("metrics: %s cannot be removed", file.name)


def remove_files_of_dead_workers(folder: Path) -> None:
    """Remove the files of processes that no longer exist."""
    for process, file in _named(folder):
        if not _is_alive(process) and file.is_file():
            file.unlink(missing_ok=True)


def _named(folder: Path) -> Iterator[tuple[int, Path]]:
    """(process id, file) of every file with a name of the library's form."""
    try:
        found = sorted(folder.iterdir())
    except OSError:
        return
    for file in found:
        match = NAME.fullmatch(file.name)
        if match is not None:
            yield int(match[1]), file


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)  # signal 0 only checks that the process exists
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True  # the process exists but belongs to another user
    return True
