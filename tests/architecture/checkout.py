"""The project's own files: what git holds or would take up, without what was built or installed."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {".git", ".venv", "node_modules", "var", "dist", "__pycache__"}
CACHES = "_cache"


@cache
def project_files() -> tuple[Path, ...]:
    """Paths relative to the checkout, sorted; works in a source archive without git as well."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
        ).stdout
        names = [Path(os.fsdecode(name)) for name in listed.split(b"\0") if name]
    else:
        names = [path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file()]
        names = [path for path in names if not any(_is_made(part) for part in path.parts)]
    # A file that was just removed may still be in git's list.
    return tuple(sorted(path for path in names if (ROOT / path).is_file()))


def _is_made(part: str) -> bool:
    return part in NOT_OURS or part.endswith(CACHES) or part == ".hypothesis"


def files_below(*folders: str, ending: str = "") -> list[Path]:
    """The project's files in these folders whose names end so."""
    return [
        path
        for path in project_files()
        if path.name.endswith(ending) and any(path.is_relative_to(folder) for folder in folders)
    ]


def text_of(path: Path) -> str | None:
    """The content of a text file of the project; None for a picture or other binary file."""
    content = (ROOT / path).read_bytes()
    if b"\0" in content:
        return None
    return content.decode("utf-8")
