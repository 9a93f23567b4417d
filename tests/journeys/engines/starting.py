"""Firefox and WebKitGTK with a profile of their own, set up as a webview; where they are found."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from glob import glob
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.firefox.options import Options as FirefoxOptions
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.webkitgtk.options import Options as WebKitOptions
from selenium.webdriver.webkitgtk.service import Service

from tests.journeys.engines.marionette import PATIENCE, Marionette

WIDTH, HEIGHT = 375, 812
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
    packages: str
    """Debian's."""
    start: Callable[[Path], AbstractContextManager[WebDriver]]

    @property
    def missing(self) -> str:
        """A sentence where it is not here, else nothing."""
        lacking = [part for part, path in self.needs.items() if path is None]
        if not lacking:
            return ""
        return (
            f"the walk in {self.name}: no {' and no '.join(lacking)} is here"
            f" (Debian: apt-get install {self.packages})"
        )


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
    "firefox-esr",
    firefox,
)
WEBKIT = Engine(
    "WebKitGTK",
    {
        "Xvfb": shutil.which("Xvfb"),
        "MiniBrowser": next(iter(sorted(glob(MINI_BROWSER))), None),
        "WebKitWebDriver": shutil.which("WebKitWebDriver"),
    },
    "webkit2gtk-driver xvfb",
    webkit,
)
