"""Puts the temporary folders of the tests into memory if there is enough.

Each commit waits for the disk, as in production, and a run makes tens of thousands of commits.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")
ENOUGH = 2 * 1024**3
"""Bytes. A run needs a few hundred million at a time; containers usually have 64 MB."""

ROOT = "PYTEST_DEBUG_TEMPROOT"
"""pytest's environment variable for the root of `tmp_path`."""


def begin(memory: Path = MEMORY, enough: int = ENOUGH) -> None:
    """Put `tmp_path` into memory from now on.

    Does nothing if memory is missing or too small, if it does not allow executing programs (a test
    creates some), or if the environment sets another root.
    """
    if not memory.is_dir() or not os.access(memory, os.W_OK | os.X_OK):
        return
    if os.statvfs(memory).f_flag & os.ST_NOEXEC:
        return
    if shutil.disk_usage(memory).free >= enough:
        os.environ.setdefault(ROOT, str(memory))
