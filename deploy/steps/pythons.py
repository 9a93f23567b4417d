"""The Pythons of this machine, and that the locked packages fit the oldest and the newest of them.

The lock is made for every Python from `OLDEST` on. A package that only some versions need is easily
left out of it, and whoever has such a version then cannot install anything.
"""

from __future__ import annotations

import ast
import os
from pathlib import Path

from steps.toolbox import (
    ROOT,
    VENV,
    VENV_PYTHON,
    Trouble,
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

NOT_REACHED = ("Request failed after", "Failed to fetch", "error sending request", "HTTP status")
"""What uv says where an index did not answer; not where it answered and nothing fits."""

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
        try:
            run(
                command,
                f"{LOCK} cannot be installed with Python {name}: make the lock again (make lock).",
                extra_env=index_settings(),
            )
        except Trouble as fault:
            if any(sign in str(fault) for sign in NOT_REACHED):
                raise Trouble(
                    f"Whether {LOCK} fits Python {name} could not be checked: the package index"
                    f" cannot be reached, or does not answer as one.\n{fault}"
                ) from None
            raise
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


def index_settings() -> dict[str, str]:
    """Where pip finds packages, as pip itself says, under the names that uv knows."""
    told: dict[str, str] = {}
    # From the weakest to the strongest: files, then what the files say of `install`, then PIP_….
    lines = (answers([VENV_PYTHON, "-m", "pip", "config", "list"]) or "").splitlines()
    for section in ("global", "install", ":env:"):
        for line in lines:
            name, _, value = line.partition("=")
            if name.startswith(f"{section}."):
                told[name.removeprefix(f"{section}.")] = str(ast.literal_eval(value))
    found = {
        "UV_DEFAULT_INDEX": told.get("index-url", ""),
        "UV_INDEX": " ".join(told.get("extra-index-url", "").split()),
        # pip takes the best version of all indexes; uv alone would look no further than the first.
        "UV_INDEX_STRATEGY": "unsafe-best-match" if "extra-index-url" in told else "",
        "UV_FIND_LINKS": ",".join(told.get("find-links", "").split()),
        "UV_INSECURE_HOST": " ".join(told.get("trusted-host", "").split()),
        "SSL_CERT_FILE": told.get("cert", ""),
    }
    # What is set for uv itself counts.
    return {name: value for name, value in found.items() if value and name not in os.environ}
