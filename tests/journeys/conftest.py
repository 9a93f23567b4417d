"""A browser for each test process, a site for each walk, and a picture of what went wrong."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserType, sync_playwright

from tests.journeys.inspection import memory
from tests.journeys.phone import Mode, Phone
from tests.journeys.site import Site
from tests.journeys.snapshot import Snapshot, take
from tests.support.client import LintingClient, linting
from tests.support.database import Templates
from tests.support.staff import enter
from tests.support.walks import sign_in

PICTURES = Path(__file__).resolve().parents[2] / "var" / "journeys"
ON_THE_MACHINE = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)


@dataclass
class World:
    """A site and the phones of the people who use it."""

    site: Site
    mode: Mode
    browser: Browser
    phones: list[Phone] = field(default_factory=list)

    def phone(self, *, webview: bool = False) -> Phone:
        """Another person's phone; with `webview`, the part of an app that shows the pages."""
        self.phones.append(Phone(self.browser, self.site.url, self.mode, webview=webview))
        return self.phones[-1]

    def let_in(self, phone: Phone, number: str) -> None:
        """As if the holder of that number had signed in on this phone before.

        By the same pages, but without the browser: each of them costs it a tenth of a second, and
        walks that are about something else need not see them again. What becomes of signing in on
        the screen is walked in `test_registering`, `test_assessing`, `test_proxy`, `test_counter`.
        """
        client = self._client()
        sign_in(client, number)
        phone.bring(client.get_cookie("session"))

    def desk(self, user_name: str, *, by_hand: bool = False) -> Phone:
        """A clerk's window, signed in; as wide as a desk's. `by_hand`: on the screen."""
        window = Phone(self.browser, self.site.url, self.mode, desk=True)
        self.phones.append(window)
        if by_hand:
            window.sign_in_to_counter(user_name)
        else:
            client = self._client()
            enter(client, user_name)
            window.bring(client.get_cookie("session"))
            window.open("/counter")
            window.on("经办工作台", window.button("退出登录"))
        return window

    def _client(self) -> LintingClient:
        self.site.app.test_client_class = LintingClient
        return linting(self.site.app.test_client())

    def command(self, *words: str) -> str:
        """What an operator types; what it prints."""
        done = self.site.app.test_cli_runner().invoke(args=list(words))
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output


Walk = Callable[[World], None]
ThreeWays = Callable[[Walk, str], Snapshot]
Scripted = Callable[[str], AbstractContextManager[World]]


@pytest.fixture(scope="session")
def browser(shared_folder: Path) -> Iterator[Browser]:
    """The one browser of this test process."""
    inspected = shared_folder / "inspected"
    inspected.mkdir(exist_ok=True)
    memory.share(inspected)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=executable(playwright.chromium), args=arguments()
        )
        yield running
        running.close()


def arguments() -> list[str]:
    """What every browser of these walks is started with."""
    return [*QUIET, *(["--no-sandbox"] if _is_root() else [])]


def executable(chromium: BrowserType) -> str:
    """The browser on this machine, or the one that the settings name."""
    setting = os.environ.get("FLEXAPP_BROWSER")
    if setting:
        return setting
    if Path(chromium.executable_path).is_file():
        return chromium.executable_path
    found = (shutil.which(name) for name in ON_THE_MACHINE)
    return next(filter(None, found), "/usr/bin/chromium")


def _is_root() -> bool:
    # Chromium refuses to run its sandbox for root; there is no such thing on Windows.
    return getattr(os, "geteuid", lambda: 1)() == 0


@pytest.fixture(scope="session")
def database_for(templates: Templates) -> Callable[[str], Path]:
    """`database_for("2019-09-24")`: a database to copy, made once for each business date."""
    return lambda today: templates.path(date.fromisoformat(today))


@pytest.fixture
def three_ways(
    browser: Browser,
    database_for: Callable[[str], Path],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> ThreeWays:
    """`three_ways(walk, today)` walks in each mode on a fresh site and gives what it left behind.

    Fails where the databases differ after walks in different modes.
    """
    return partial(_walk_in, tuple(Mode), browser, database_for, tmp_path, request.node.name)


@pytest.fixture
def two_ways(
    browser: Browser,
    database_for: Callable[[str], Path],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> ThreeWays:
    """`three_ways` for what staff do at windows of their own: JavaScript on and off.

    With htmx blocked they get what they get with JavaScript off: no page has a script of its own
    (the policy forbids it) or anything for JavaScript that is off (`support.lint` refuses
    `noscript`), and where every file of ours fails to load nothing runs either. Two walks at a
    counter go all three ways (`test_counter`), so that axe, which needs JavaScript, sees such pages
    without our script as well; and so does everything that residents do.
    """
    modes = (Mode.SCRIPT, Mode.NO_SCRIPT)
    return partial(_walk_in, modes, browser, database_for, tmp_path, request.node.name)


def _walk_in(
    modes: Sequence[Mode],
    browser: Browser,
    database_for: Callable[[str], Path],
    tmp_path: Path,
    name: str,
    walk: Walk,
    today: str,
) -> Snapshot:
    left: dict[Mode, Snapshot] = {}
    for mode in modes:
        folder = tmp_path / mode.name.lower()
        folder.mkdir()
        picture = f"{name}-{mode.name.lower()}"
        with _world(browser, database_for(today), folder, today, mode, picture) as world:
            walk(world)
            left[mode] = take(world.site)
    first = left[Mode.SCRIPT]
    assert first
    for mode, snapshot in left.items():
        assert snapshot.keys() == first.keys()
        for table, rows in snapshot.items():
            assert rows == first[table], f"{table}: {mode} differs from {Mode.SCRIPT}"
    return first


@pytest.fixture
def scripted(
    browser: Browser,
    database_for: Callable[[str], Path],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Scripted:
    """`with scripted(today) as world`: a site to try what the script adds."""

    def begin(today: str) -> AbstractContextManager[World]:
        name = str(request.node.name)
        return _world(browser, database_for(today), tmp_path, today, Mode.SCRIPT, name)

    return begin


@contextmanager
def _world(
    browser: Browser, template: Path, folder: Path, today: str, mode: Mode, name: str
) -> Iterator[World]:
    """A running site and its phones; pictures of them where the walk fails."""
    site = Site(folder, template, today)
    world = World(site, mode, browser)
    try:
        yield world
        for phone in world.phones:
            phone.check()
    except BaseException:
        _take_pictures(world, name)
        raise
    finally:
        for phone in world.phones:
            phone.close()
        site.close()


def _take_pictures(world: World, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for number, phone in enumerate(world.phones):
        try:
            phone.picture(PICTURES / re.sub(r"[^\w-]+", "-", f"{name}-{number}"))
        except Exception as fault:
            # The walk's own failure is what matters; a browser that is gone has no picture.
            print(f"no picture: {fault}")
