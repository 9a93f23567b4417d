"""The virtual environment in the checkout and the locked Python packages inside it."""

from __future__ import annotations

import importlib.util
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

SITE = "requirements.txt"
CHECKS = "requirements-dev.txt"
"""Everything in `SITE`, in the same versions, and the tools of the checks, tests and audit."""


def for_running() -> None:
    """The packages of the running site."""
    _environment()
    # Whoever has the packages of the checks has those of the site as well.
    if not is_done(CHECKS, _key(CHECKS)):
        _install(SITE, "Python packages")


def for_checks() -> None:
    """The packages of the running site, the checks and the tests."""
    _environment()
    _install(CHECKS, "Python packages and test tools")


def install(file: str, what: str) -> None:
    """Install one more locked list into the environment, which has to be there."""
    _install(file, what)


def _key(file: str) -> str:
    # The two lists are locked together; a change of either is a change of both.
    return fingerprint([ROOT / SITE, ROOT / file], minor_version())


def _install(file: str, what: str) -> None:
    key = _key(file)
    stamp = Path(file).name
    if is_done(stamp, key):
        return
    say(f"installing {what} (first time, about a minute)")
    run(
        [VENV_PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", ROOT / file],
        f"The packages of {file} could not be installed: is the package index reachable?",
    )
    mark_done(stamp, key)


def _environment() -> None:
    """Make .venv with the Python that runs this, unless a working one of its version is there."""
    asked = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
    if answers([VENV_PYTHON, "-c", asked]) == minor_version():
        return
    say(f"making a virtual environment in .venv (Python {minor_version()})")
    if importlib.util.find_spec("ensurepip") is None and can_install_debian_packages():
        _install_ensurepip()
    if importlib.util.find_spec("ensurepip") is not None:
        maker = ["-m", "venv", "--clear"]
    elif importlib.util.find_spec("virtualenv") is not None:
        maker = ["-m", "virtualenv", "--quiet", "--clear"]
    else:
        raise Trouble(
            f"Python {minor_version()} is here without its venv module: install it (Debian and "
            f"Ubuntu: apt-get install python{minor_version()}-venv), then run this again."
        )
    run([sys.executable, *maker, VENV], "The virtual environment could not be made.")


def _install_ensurepip() -> None:
    if not sys.executable.startswith("/usr/bin/"):
        return  # Debian's package would serve Debian's Python only
    say(f"installing python{minor_version()}-venv")
    try:
        install_debian_packages([f"python{minor_version()}-venv"], "no package for venv")
    except Trouble:
        return  # the sentence about the missing module says what to do
    importlib.invalidate_caches()
