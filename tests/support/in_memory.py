"""Where the folders of the tests are: in memory, where the machine has room for them there.

Each commit waits for the disk, as in service, and a run makes tens of thousands of them.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")
ENOUGH = 2 * 1024**3
"""Bytes; a run needs a few hundred million at once. Containers have a fixed 64 MB of it."""

ROOT = "PYTEST_DEBUG_TEMPROOT"
"""pytest's own setting for the place of `tmp_path`."""


def begin(memory: Path = MEMORY, enough: int = ENOUGH) -> None:
    """Have `tmp_path` in memory from now on; not where there is none or too little of it, where
    programs may not be run from it (a test makes some), or where somebody chose another place.
    """
    if not memory.is_dir() or not os.access(memory, os.W_OK | os.X_OK):
        return
    if os.statvfs(memory).f_flag & os.ST_NOEXEC:
        return
    if shutil.disk_usage(memory).free >= enough:
        os.environ.setdefault(ROOT, str(memory))
