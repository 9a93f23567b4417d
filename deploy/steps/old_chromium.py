"""Chromium 69 for the tests: the oldest engine that the pages are made for, in Qt's package of it.

It stands in an environment of its own inside .venv. The tests do without where it cannot be had,
and say so at their end; nothing here stops them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from steps.toolbox import (
    ROOT,
    VENV,
    VENV_PYTHON,
    Trouble,
    answers,
    can_install_debian_packages,
    fingerprint,
    install_debian_packages,
    is_done,
    mark_done,
    minor_version,
    run,
    say,
)

STAMP = "old-chromium"
"""Marked once it was tried: what could not be had is not waited for at every run."""

LOCK = "deploy/locks/old-chromium.txt"
ENVIRONMENT = VENV / "old-chromium"
PYTHON = ENVIRONMENT / "bin" / "python"

LIBRARIES = (
    *("libdbus-1-3", "libexpat1", "libfontconfig1", "libgl1", "libnss3", "libx11-xcb1"),
    *("libxcomposite1", "libxcursor1", "libxdamage1", "libxi6", "libxrender1", "libxtst6"),
)
"""Debian's packages of what Qt's are linked with."""

RENAMED = (("libasound2", "libglib2.0-0"), ("libasound2t64", "libglib2.0-0t64"))
"""Those that later Debians call otherwise."""


def looked_for() -> None:
    """It is here, or is installed now where that is possible."""
    key = fingerprint([ROOT / LOCK], minor_version())
    if sys.platform != "linux" or is_done(STAMP, key):
        return
    say("installing Chromium 69 for walks as on an old phone (about 90 MB)")
    try:
        _install()
    except Trouble as trouble:
        first = str(trouble).partition("\n")[0]
        say(f"walks in Chromium 69 are left out: {first}")
    mark_done(STAMP, key)


def _install() -> None:
    run([VENV_PYTHON, "-m", "venv", "--clear", ENVIRONMENT], "there is no environment for it.")
    run(
        [PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", ROOT / LOCK],
        f"the packages of {LOCK} could not be installed.",
    )
    if _starts(PYTHON):
        return
    if can_install_debian_packages():
        for renamed in RENAMED:
            try:
                install_debian_packages([*LIBRARIES, *renamed], "no package")
                break
            except Trouble:
                continue
    if not _starts(PYTHON):
        raise Trouble(f"libraries are missing (Debian: {' '.join((*LIBRARIES, *RENAMED[0]))}).")


def _starts(python: Path) -> bool:
    """Whether everything that it is linked with is here."""
    return answers([python, "-c", "import PyQt5.QtWebEngineWidgets; print('yes')"]) == "yes"
