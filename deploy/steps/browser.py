"""A browser for the walkthroughs in the tests, and glyphs so that its pictures show Chinese."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from steps.toolbox import (
    STAMPS,
    VENV_PYTHON,
    Trouble,
    answers,
    can_install_debian_packages,
    install_debian_packages,
    mark_done,
    run,
    say,
)

SETTING = "FLEXAPP_BROWSER"
STAMP = "browser"
"""The stamp holds the browser's path; the Makefile hands it on to tests that were told none."""

SHELL = "chromium-headless-shell"
"""Chromium without the windows that nobody looks at: walks take a quarter less time."""

ON_THE_MACHINE = (
    SHELL,
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
GLYPHS = "fonts-noto-cjk"
ASK_PLAYWRIGHT = (
    "from playwright.sync_api import sync_playwright\n"
    "with sync_playwright() as p: print(p.chromium.executable_path)"
)


def found() -> None:
    """The browser of the setting starts, or the stamp `browser` holds the path of one that does."""
    setting = os.environ.get(SETTING)
    if setting:
        if not _starts(setting):
            raise Trouble(f"{SETTING} is {setting!r}, and that is no browser that starts.")
        return
    known = (STAMPS / STAMP).read_text().strip() if (STAMPS / STAMP).is_file() else ""
    if known and os.access(known, os.X_OK):
        return
    for path in _candidates():
        if _starts(path):
            say(f"the walkthroughs use {path}")
            mark_done(STAMP, path)
            return
    raise Trouble(
        "No browser for the walkthroughs is here and none could be installed: install Chromium "
        f"(Debian: apt-get install chromium {GLYPHS}), or set {SETTING} to the path of one."
    )


def _candidates() -> Iterator[str]:
    """Paths in the order of preference; what comes later is installed only when it is reached."""
    yield from _playwrights_own()
    yield from _on_the_machine()
    say("no browser is here: fetching Playwright's Chromium (about 150 MB)")
    try:
        # Its own retries can take many minutes where its download host is out of reach.
        run([VENV_PYTHON, "-m", "playwright", "install", "chromium"], "no download", timeout=600)
        yield from _playwrights_own()
    except Trouble:
        say("Playwright's Chromium cannot be fetched from here")
    if can_install_debian_packages():
        for package in (SHELL, "chromium"):
            say(f"installing Debian's {package} (some minutes)")
            try:
                install_debian_packages([package, GLYPHS], "no package")
                yield from _on_the_machine()
            except Trouble as trouble:
                say(f"Debian's {package} could not be installed: {trouble}")


def _playwrights_own() -> Iterator[str]:
    path = answers([VENV_PYTHON, "-c", ASK_PLAYWRIGHT])
    if path:
        yield path


def _on_the_machine() -> Iterator[str]:
    for name in ON_THE_MACHINE:
        path = shutil.which(name)
        if path:
            yield path


def _starts(path: str) -> bool:
    """Whether it is a program that tells its version (a distribution's place-holder does not)."""
    return Path(path).is_file() and bool(answers([path, "--version"], timeout=30))


def chinese_glyphs() -> None:
    """Make sure that Chinese can be drawn; without, pages are boxes but the tests still hold."""
    if sys.platform != "linux" or answers(["fc-list", ":lang=zh", "family"]):
        return
    advice = f"no font with Chinese is here: pictures show boxes until {GLYPHS} is installed"
    if not can_install_debian_packages():
        say(advice)
        return
    say(f"installing {GLYPHS}, so that pages show Chinese")
    try:
        install_debian_packages([GLYPHS, "fontconfig"], "no package")
    except Trouble:
        say(advice)
