"""`make guide-pictures`: takes the pictures of the illustrated steps and prints them as a PDF.

`python -m tools.guide pictures` performs all steps on its own site and writes the pictures to
static/src/img/guide. After the front end was built with them, `python -m tools.guide document`
prints /guide/steps to var/walkthrough/guide.pdf. No picture is replaced if a step fails.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from flexapp.web import clock
from tests.journeys.conftest import World, arguments, executable
from tests.journeys.phone import Mode
from tests.journeys.site import Site, make_template
from tools.guide.printing import print_document
from tools.guide.walking import TODAY, walk

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "static" / "src" / "img" / "guide"
DOCUMENT = ROOT / "var" / "walkthrough" / "guide.pdf"


def main(arguments_given: list[str]) -> int:
    """Run the command; return 2 for an unknown one."""
    if arguments_given == ["pictures"]:
        _take_pictures()
    elif arguments_given == ["document"]:
        DOCUMENT.parent.mkdir(parents=True, exist_ok=True)
        with _world() as world:
            DOCUMENT.write_bytes(print_document(world))
        print(f"→ {DOCUMENT.relative_to(ROOT)}")
    else:
        print("usage: python -m tools.guide pictures|document", file=sys.stderr)
        return 2
    return 0


def _take_pictures() -> None:
    with tempfile.TemporaryDirectory(prefix="flexapp-pictures-") as name:
        folder = Path(name)
        _begin_in_the_morning()
        with _world() as world:
            walk(world, folder)
            for phone in world.phones:
                phone.check()
        taken = {path.name: path.read_bytes() for path in folder.iterdir()}
    PICTURES.mkdir(parents=True, exist_ok=True)
    for path in PICTURES.iterdir():
        if path.name not in taken:
            path.unlink()
    for name, content in taken.items():
        (PICTURES / name).write_bytes(content)
    print(f"→ {len(taken)} pictures, {sum(map(len, taken.values())) // 1024} KB")


def _begin_in_the_morning() -> None:
    """Set this process's clock to nine in Ningxia, so that all pictures show the same greeting."""
    real = datetime.now(clock.BEIJING)
    shift = real.replace(hour=9, minute=0) - real

    class Morning(datetime):
        """`datetime` with a shifted `now`."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(seconds=shift.total_seconds())

    pytest.MonkeyPatch().setattr(clock, "datetime", Morning)


@contextmanager
def _world() -> Iterator[World]:
    """Run a site in the notice's year, and a browser."""
    with (
        tempfile.TemporaryDirectory(prefix="flexapp-walkthrough-") as name,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium
        browser = chromium.launch(executable_path=executable(chromium), args=arguments())
        site = Site(Path(name), make_template(Path(name), TODAY), TODAY)
        try:
            yield World(site, Mode.SCRIPT, browser)
        finally:
            browser.close()
            site.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
