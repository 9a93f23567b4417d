"""Further engines for the walks in webviews: Firefox's and WebKitGTK's, where they can be had.

The tests do without what is missing and say so at their end; nothing here stops them.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping

from steps.toolbox import (
    Trouble,
    can_install_debian_packages,
    install_debian_packages,
    is_done,
    mark_done,
    say,
)

STAMP = "engines"
"""Marked once it was tried: what could not be installed is not waited for at every run."""

PARTS: Mapping[str, tuple[str, ...]] = {
    "firefox-esr": ("firefox-esr", "firefox"),
    "webkit2gtk-driver": ("WebKitWebDriver",),
    "xvfb": ("Xvfb",),
}
"""Debian's packages, and the programs (any of them) by which each is known to be here."""


def looked_for() -> None:
    """Install what is missing, where that is possible."""
    missing = [
        package
        for package, programs in PARTS.items()
        if not any(shutil.which(program) for program in programs)
    ]
    if not missing or sys.platform != "linux" or is_done(STAMP, " ".join(missing)):
        return
    advice = f"walks in other engines are left out until there is {' and '.join(missing)}"
    if not can_install_debian_packages():
        say(advice)
        return
    say(f"installing {', '.join(missing)} for walks in other engines (about a minute)")
    try:
        install_debian_packages(missing, "no package")
    except Trouble:
        say(advice)
        mark_done(STAMP, " ".join(missing))
