"""The set-up behind `make`: what it skips, in which order it looks for a browser, what it says."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from steps import browser, packages, pythons, toolbox
from steps.toolbox import Trouble

from tests.architecture.checkout import ROOT

SETUP = ROOT / "deploy" / "bootstrap.py"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the stamps, the log and the lock of these tests out of the real checkout."""
    for module in (toolbox, browser):
        monkeypatch.setattr(module, "STAMPS", tmp_path / "stamps")
    monkeypatch.setattr(toolbox, "VAR", tmp_path / "var")
    monkeypatch.setattr(toolbox, "LOG", tmp_path / "var" / "setup.log")
    monkeypatch.delenv(browser.SETTING, raising=False)


def test_finished_work_is_skipped_until_an_input_changes(tmp_path: Path) -> None:
    source = tmp_path / "src"
    (source / "css").mkdir(parents=True)
    (source / "css" / "a.css").write_text("a{}")
    before = toolbox.fingerprint([source])
    toolbox.mark_done("front-end", before)
    assert toolbox.is_done("front-end", toolbox.fingerprint([source]))
    (source / "css" / "a.css").rename(source / "css" / "b.css")
    renamed = toolbox.fingerprint([source])
    (source / "css" / "b.css").write_text("b{}")
    changed = toolbox.fingerprint([source])
    assert len({before, renamed, changed, toolbox.fingerprint([source], "3.12")}) == 4
    assert not toolbox.is_done("front-end", changed)


def test_a_failed_command_ends_in_a_sentence_with_its_last_lines(tmp_path: Path) -> None:
    program = "for n in range(99): print('line', n)\nraise SystemExit(3)"
    with pytest.raises(Trouble, match="No luck") as caught:
        toolbox.run([sys.executable, "-c", program], "No luck.")
    assert "line 98" in str(caught.value)
    assert "line 5\n" not in str(caught.value)
    assert "line 5\n" in (tmp_path / "var" / "setup.log").read_text()


def test_a_command_that_waits_for_the_keyboard_gets_an_end_instead() -> None:
    assert toolbox.run(
        [sys.executable, "-c", "import sys; print(sys.stdin.read() == '')"], "x"
    ) == ("True\n")


def test_a_second_setup_waits_for_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "var").mkdir()
    with (tmp_path / "var" / "setup.lock").open("a") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        release = threading.Timer(0.3, fcntl.flock, (first, fcntl.LOCK_UN))
        release.start()
        with toolbox.alone():
            assert "waiting" in capsys.readouterr().out
        release.join()


class Machine:
    """A machine with certain browsers, and what can be installed on it."""

    def __init__(
        self,
        *present: str,
        downloads: bool = False,
        debian: bool = False,
        packages: tuple[str, ...] = (browser.SHELL, "chromium"),
    ) -> None:
        self.present = set(present)
        self.packages = packages
        self.downloads = downloads
        self.debian = debian
        self.done: list[str] = []

    def playwrights_own(self) -> Iterator[str]:
        yield "playwright"

    def on_the_machine(self) -> Iterator[str]:
        yield from sorted(self.present & {browser.SHELL, "chromium", "google-chrome"})

    def run(self, command: list[object], otherwise: str, **_: object) -> str:
        self.done.append("playwright install")
        if not self.downloads:
            raise Trouble(otherwise)
        self.present.add("playwright")
        return ""

    def install(self, names: list[str], otherwise: str) -> None:
        self.done.append("apt-get install")
        if names[0] not in self.packages:
            raise Trouble(otherwise)
        self.present.add(names[0])


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[Machine], Machine]:
    """Let the search for a browser happen on a made-up machine."""

    def place(machine: Machine) -> Machine:
        monkeypatch.setattr(browser, "_playwrights_own", machine.playwrights_own)
        monkeypatch.setattr(browser, "_on_the_machine", machine.on_the_machine)
        monkeypatch.setattr(browser, "_starts", lambda path: path in machine.present)
        monkeypatch.setattr(browser, "run", machine.run)
        monkeypatch.setattr(browser, "install_debian_packages", machine.install)
        monkeypatch.setattr(browser, "can_install_debian_packages", lambda: machine.debian)
        return machine

    return place


def _chosen(tmp_path: Path) -> str:
    return (tmp_path / "stamps" / browser.STAMP).read_text().strip()


@pytest.mark.parametrize(
    ("machine", "chosen", "installed"),
    [
        (Machine("playwright", "chromium"), "playwright", []),
        (Machine("chromium", "google-chrome"), "chromium", []),
        (Machine("google-chrome"), "google-chrome", []),
        (Machine(downloads=True, debian=True), "playwright", ["playwright install"]),
        (Machine(debian=True), browser.SHELL, ["playwright install", "apt-get install"]),
        (
            Machine(debian=True, packages=("chromium",)),
            "chromium",
            ["playwright install", "apt-get install", "apt-get install"],
        ),
    ],
)
def test_the_browser_is_looked_for_before_one_is_installed(
    on: Callable[[Machine], Machine],
    tmp_path: Path,
    machine: Machine,
    chosen: str,
    installed: list[str],
) -> None:
    on(machine)
    browser.found()
    assert _chosen(tmp_path) == chosen
    assert machine.done == installed


def test_without_any_way_to_a_browser_one_sentence_says_what_to_do(
    on: Callable[[Machine], Machine],
) -> None:
    on(Machine())
    with pytest.raises(Trouble, match="install Chromium") as caught:
        browser.found()
    assert "\n" not in str(caught.value)


def test_an_explicit_browser_comes_first_and_must_start(
    on: Callable[[Machine], Machine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(Machine("playwright", "mine"))
    monkeypatch.setenv(browser.SETTING, "mine")
    browser.found()
    assert not (tmp_path / "stamps" / browser.STAMP).exists()
    monkeypatch.setenv(browser.SETTING, "broken")
    with pytest.raises(Trouble, match="broken"):
        browser.found()


def test_a_python_without_venv_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "answers", lambda *_, **__: None)
    monkeypatch.setattr(packages, "can_install_debian_packages", lambda: False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(Trouble, match=r"apt-get install python3\.\d+-venv"):
        packages.for_running()


def test_a_python_without_venv_uses_virtualenv_where_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commands: list[list[object]] = []
    monkeypatch.setattr(packages, "answers", lambda *_, **__: None)
    monkeypatch.setattr(packages, "can_install_debian_packages", lambda: False)
    monkeypatch.setattr(packages, "is_done", lambda *_: True)
    monkeypatch.setattr(packages, "run", lambda command, *_, **__: commands.append(command))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "virtualenv" or None)
    packages.for_running()
    assert [str(word) for word in commands[0][1:3]] == ["-m", "virtualenv"]


def test_an_unknown_preparation_is_misuse_and_changes_nothing() -> None:
    done = subprocess.run(
        [sys.executable, SETUP, "everything"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "usage" in done.stderr


@pytest.fixture
def pip_conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one file that pip reads its settings from."""
    for name in [each for each in os.environ if each.startswith(("PIP_", "UV_", "SSL_"))]:
        monkeypatch.delenv(name)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS"):
        monkeypatch.setenv(name, str(tmp_path))
    file = tmp_path / "pip.conf"
    file.write_text("")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    return file


def test_an_index_set_for_pip_in_a_file_is_the_one_that_uv_asks(pip_conf: Path) -> None:
    pip_conf.write_text(
        "[global]\nindex-url = https://mirror.example/simple\n"
        "extra-index-url = https://one.example/simple\n    https://two.example/simple\n"
        "trusted-host = mirror.example\n"
    )
    found = pythons.index_settings()
    assert found["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert found["UV_INDEX"] == "https://one.example/simple https://two.example/simple"
    assert found["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert found["UV_INSECURE_HOST"] == "mirror.example"


def test_of_several_settings_of_pip_the_one_that_pip_follows_counts(
    pip_conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_conf.write_text(
        "[install]\nindex-url = https://install.example/simple\n"
        "[global]\nindex-url = https://global.example/simple\n"
    )
    assert pythons.index_settings()["UV_DEFAULT_INDEX"] == "https://install.example/simple"
    monkeypatch.setenv("PIP_INDEX_URL", "https://environment.example/simple")
    assert pythons.index_settings()["UV_DEFAULT_INDEX"] == "https://environment.example/simple"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://uv.example/simple")
    assert "UV_DEFAULT_INDEX" not in pythons.index_settings()


def test_an_index_that_is_not_reached_is_not_taken_for_a_lock_that_does_not_fit(
    pip_conf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pythons, "on_this_machine", lambda: {(3, 11, 0): Path(sys.executable)})
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    pip_conf.write_text("[global]\nindex-url = http://127.0.0.1:9/simple\n")
    with pytest.raises(Trouble, match="the package index cannot be reached") as fault:
        pythons.lock_fits()
    assert "make the lock again" not in str(fault.value).splitlines()[0]


def test_a_lock_that_does_not_fit_is_said_to_be_made_again(
    pip_conf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index" / "iniconfig").mkdir(parents=True)
    (tmp_path / "index" / "iniconfig" / "index.html").write_text("<html></html>")
    (tmp_path / "lock.txt").write_text(f"iniconfig==2.0.0 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setattr(pythons, "LOCK", str(tmp_path / "lock.txt"))
    monkeypatch.setattr(pythons, "on_this_machine", lambda: {(3, 11, 0): Path(sys.executable)})
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    pip_conf.write_text(f"[global]\nindex-url = {(tmp_path / 'index').as_uri()}\n")
    with pytest.raises(Trouble, match="make the lock again"):
        pythons.lock_fits()
