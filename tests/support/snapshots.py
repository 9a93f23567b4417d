"""Generated text files below `tests/snapshots`, reviewed in the diff like code.

To write them anew: `UPDATE_SNAPSHOTS=1 .venv/bin/python -m pytest FILE_OF_THE_TEST`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "snapshots"
UPDATE = "UPDATE_SNAPSHOTS"


def check(name: str, lines: Iterable[str]) -> None:
    """Compare lines with the stored file, or store them if `UPDATE_SNAPSHOTS` is set."""
    file, found = FOLDER / name, [*lines]
    if os.environ.get(UPDATE):
        FOLDER.mkdir(exist_ok=True)
        file.write_text("".join(f"{line}\n" for line in found), "utf-8")
    stored = file.read_text("utf-8").splitlines() if file.exists() else []
    assert found == stored, f"{file.name} is another one; set {UPDATE}=1 to write it anew"
