"""The Pythons of this machine, and that the locked packages fit the oldest and the newest of them.

The lock is made for every Python from `OLDEST` on. A package that only some versions need is easily
left out of it, and whoever has such a version then cannot install anything.
"""

from __future__ import annotations

import os
from pathlib import Path

from steps.toolbox import (
    ROOT,
    VENV,
    VENV_PYTHON,
    answers,
    fingerprint,
    is_done,
    mark_done,
    run,
    say,
)

OLDEST = (3, 11)
MINORS = range(11, 15)
LOCK = "requirements-dev.txt"
"""Everything in requirements.txt, in the same versions, and what the tests need."""

ASK_VERSION = "import sys; print('%d.%d.%d' % sys.version_info[:3])"


def lock_fits() -> None:
    """Resolve the lock, without installing it, for the oldest and the newest Python found here."""
    found = on_this_machine()
    ends = dict.fromkeys((min(found), max(found)))
    key = fingerprint([ROOT / LOCK], *(".".join(map(str, version)) for version in ends))
    if is_done("pythons", key):
        return
    for version in ends:
        name = ".".join(map(str, version))
        say(f"checking that the locked packages fit Python {name}")
        command: list[str | Path] = [
            VENV_PYTHON,
            "-m",
            "uv",
            "pip",
            "install",
            "--quiet",
            "--dry-run",
        ]
        command += ["--require-hashes", "--no-build", "--python", found[version]]
        # Nothing is written there; without it uv would look at what that Python has installed.
        command += ["--target", VENV / "nowhere", "-r", ROOT / LOCK]
        run(
            command,
            f"{LOCK} cannot be installed with Python {name}: make the lock again (make lock).",
            extra_env=_index(),
        )
    mark_done("pythons", key)


def on_this_machine() -> dict[tuple[int, ...], Path]:
    """Each Python from `OLDEST` on that starts, by its full version: on the path, Debian's own,
    those of pyenv, and the one in .venv."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    folders += [Path("/usr/bin"), Path("/usr/local/bin")]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders += sorted(pyenv.glob("versions/*/bin"))
    names = [f"python3.{minor}" for minor in MINORS]
    candidates = [folder / name for folder in folders for name in names]
    found: dict[tuple[int, ...], Path] = {}
    for path in [VENV_PYTHON, *dict.fromkeys(candidates)]:
        version = _version(path) if path.is_file() else ()
        if version >= OLDEST:
            found.setdefault(version, path)
    return found


def _version(path: Path) -> tuple[int, ...]:
    """(3, 11, 2), or () where it does not start, as a version switcher's empty name does not."""
    told = answers([path, "-c", ASK_VERSION]) or ""
    return tuple(int(part) for part in told.split(".") if part.isdecimal())


def _index() -> dict[str, str]:
    """pip's package index under the name that uv knows, where one is set."""
    index = os.environ.get("PIP_INDEX_URL")
    return {} if index is None else {"UV_DEFAULT_INDEX": index}
