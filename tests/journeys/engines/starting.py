"""The engines, each with a profile of its own and as a webview is set up; where they are found."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from glob import glob
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.options import Options as ChromeOptions
from selenium.webdriver.firefox.options import Options as FirefoxOptions
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.webkitgtk.options import Options as WebKitOptions
from selenium.webdriver.webkitgtk.service import Service

from tests.architecture.checkout import ROOT
from tests.journeys.conftest import ON_THE_MACHINE, arguments
from tests.journeys.engines.devtools import DevTools
from tests.journeys.engines.marionette import PATIENCE, Marionette

WIDTH, HEIGHT = 375, 812
VIEW = Path(__file__).with_name("view.py")
OLD = ROOT / ".venv" / "old-chromium"
FIREFOX_PORT = "MarionetteActivePort"
"""The file in the profile in which Firefox tells the port that it chose."""

FIREFOX_SETTINGS = {
    "marionette.port": 0,
    "network.cookie.cookieBehavior": 1,  # none of others
    "intl.accept_languages": "zh-CN",
    "ui.prefersReducedMotion": 1,
    # Nothing outside this machine is to be had, and nothing is looked for.
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
}
MINI_BROWSER = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"


@dataclass(frozen=True)
class Engine:
    """An engine: where its parts are here, and how it starts."""

    name: str
    needs: dict[str, str | None]
    advice: str
    """How it is to be had."""
    start: Callable[[Path], AbstractContextManager[WebDriver]]

    @property
    def missing(self) -> str:
        """A sentence where it is not here, else nothing."""
        lacking = [part for part, path in self.needs.items() if path is None]
        if not lacking:
            return ""
        return f"walks in {self.name}: no {' and no '.join(lacking)} is here ({self.advice})"


@contextmanager
def firefox(folder: Path) -> Iterator[WebDriver]:
    """Firefox without a screen."""
    lines = [f"user_pref({name!r}, {_js(value)});" for name, value in FIREFOX_SETTINGS.items()]
    (folder / "user.js").write_text("\n".join(lines))
    program = FIREFOX.needs["firefox"]
    assert program is not None
    process = subprocess.Popen(
        [program, "--headless", "--marionette", "--no-remote", "--profile", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_own(folder),
    )
    try:
        connection = Marionette(_port(process, folder / FIREFOX_PORT))
        driver = WebDriver(connection, options=FirefoxOptions())  # type: ignore[arg-type]
        try:
            yield driver
        finally:
            driver.quit()
            connection.close()
    finally:
        _end(process)


@contextmanager
def webkit(folder: Path) -> Iterator[WebDriver]:
    """WebKitGTK's MiniBrowser on a screen that nobody sees."""
    screen, program, driver_path = (WEBKIT.needs[name] for name in WEBKIT.needs)
    assert screen is not None
    assert program is not None
    size = f"{2 * WIDTH}x{HEIGHT + 200}x24"
    process = subprocess.Popen(
        [screen, "-displayfd", "1", "-screen", "0", size, "-nolisten", "tcp"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        display = process.stdout.readline().decode().strip()
        options = WebKitOptions()
        options.binary_location = program
        for argument in ("--automation", "--cookies-policy=no-third-party"):
            options.add_argument(argument)
        service = Service(driver_path, env={**_own(folder), "DISPLAY": f":{display}"})
        driver = webdriver.WebKitGTK(options=options, service=service)
        try:
            driver.set_page_load_timeout(PATIENCE)
            yield driver
        finally:
            driver.quit()
    finally:
        _end(process)


@contextmanager
def chromium(folder: Path) -> Iterator[WebDriver]:
    """The Chromium of today without a screen."""
    program = CHROMIUM.needs["chromium"]
    assert program is not None
    port = _free_port()
    command = [program, *arguments(), f"--remote-debugging-port={port}"]
    command += [f"--user-data-dir={folder}", f"--window-size={WIDTH},{HEIGHT}", "about:blank"]
    with _by_devtools(command, port, _own(folder)) as driver:
        yield driver


@contextmanager
def old_chromium(folder: Path) -> Iterator[WebDriver]:
    """Chromium 69 without a screen, inside Qt."""
    program = OLD_CHROMIUM.needs["Chromium 69"]
    assert program is not None
    port = _free_port()
    settings = {
        "QT_QPA_PLATFORM": "offscreen",
        "QTWEBENGINE_DISABLE_SANDBOX": "1",
        "QTWEBENGINE_CHROMIUM_FLAGS": "--no-sandbox --disable-gpu",
        "QTWEBENGINE_REMOTE_DEBUGGING": str(port),
    }
    with _by_devtools([program, str(VIEW)], port, _own(folder) | settings) as driver:
        yield driver


@contextmanager
def _by_devtools(command: list[str], port: int, environment: dict[str, str]) -> Iterator[WebDriver]:
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )
    try:
        connection = DevTools(port)
        try:
            yield WebDriver(connection, options=ChromeOptions())  # type: ignore[arg-type]
        finally:
            connection.close()
    finally:
        # Debian's program is a shell script that starts the browser and waits for it.
        os.killpg(process.pid, signal.SIGTERM)
        _end(process)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _own(folder: Path) -> dict[str, str]:
    """An environment in which nothing of the machine's user is read or changed."""
    own = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "LANG": "C.UTF-8"}
    return {**own, "PATH": "/usr/local/bin:/usr/bin:/bin", "TMPDIR": "/tmp"}


def _js(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _port(process: subprocess.Popen[bytes], file: Path) -> int:
    patience = time.monotonic() + 30
    while not (file.is_file() and file.read_text().strip()):
        assert process.poll() is None, "Firefox ended before it could be spoken to"
        assert time.monotonic() < patience, "Firefox does not begin"
        time.sleep(0.05)
    return int(file.read_text())


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


FIREFOX = Engine(
    "Firefox",
    {"firefox": shutil.which("firefox-esr") or shutil.which("firefox")},
    "Debian: apt-get install firefox-esr",
    firefox,
)
WEBKIT = Engine(
    "WebKitGTK",
    {
        "Xvfb": shutil.which("Xvfb"),
        "MiniBrowser": next(iter(sorted(glob(MINI_BROWSER))), None),
        "WebKitWebDriver": shutil.which("WebKitWebDriver"),
    },
    "Debian: apt-get install webkit2gtk-driver xvfb",
    webkit,
)
CHROMIUM = Engine(
    "Chromium",
    {
        "chromium": os.environ.get("FLEXAPP_BROWSER")
        or next(filter(None, map(shutil.which, ON_THE_MACHINE)), None)
    },
    "Debian: apt-get install chromium-headless-shell",
    chromium,
)
OLD_CHROMIUM = Engine(
    "Chromium 69",
    {
        "Chromium 69": str(OLD / "bin" / "python")
        if any(OLD.glob("lib/*/site-packages/PyQt5/Qt/libexec/QtWebEngineProcess"))
        else None
    },
    "make test installs it where that is possible",
    old_chromium,
)
